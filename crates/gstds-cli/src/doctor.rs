//! Why no GPU was found: what is missing, why it is needed, and the command that installs it.

mod linux;
mod vulkan;

use gstds::adapter::NATIVE;
use serde::Serialize;

pub(crate) use vulkan::System;
use vulkan::{LAYER, Need};

/// Something that is missing.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Missing {
    /// A noun.
    pub(crate) what: String,
    /// What was looked at, and what it is needed for.
    pub(crate) why: String,
    /// The command that installs it, or what to do where there is none.
    pub(crate) fix: String,
}

impl Missing {
    fn new(what: impl Into<String>, why: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            why: why.into(),
            fix: fix.into(),
        }
    }
}

/// The kind of adapters that were found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Found {
    Nothing,
    /// Software adapters only.
    Software,
    Gpu,
}

impl Found {
    pub(crate) fn among(infos: &[wgpu::AdapterInfo]) -> Self {
        let software = |info: &wgpu::AdapterInfo| info.device_type == wgpu::DeviceType::Cpu;
        match infos {
            [] => Self::Nothing,
            infos if infos.iter().all(software) => Self::Software,
            _ => Self::Gpu,
        }
    }
}

/// What is missing on this system, the first cause first; nothing where a GPU was found and no
/// requested validation layer is missing.
pub(crate) fn missing(system: &System, found: Found, backends: wgpu::Backends) -> Vec<Missing> {
    let mut missing = match (found, system.os) {
        (Found::Gpu, _) => vec![],
        (Found::Nothing, _) if !backends.intersects(native(system.os)) => {
            vec![other_backend(backends, system.os)]
        }
        (_, "linux") => linux::missing(system, found),
        // Drivers here are not files that we know.
        _ => vec![Missing::new(
            "a usable GPU",
            "no driver offers one; GPU drivers of virtual machines often do not",
            system.install(Need::Driver),
        )],
    };
    missing.extend(validation_layer(system));
    missing
}

/// What the native backends are on an operating system.
fn native(os: &str) -> wgpu::Backends {
    match os {
        "macos" => wgpu::Backends::METAL,
        "windows" => wgpu::Backends::DX12 | wgpu::Backends::VULKAN,
        _ => NATIVE.intersection(wgpu::Backends::VULKAN),
    }
}

fn other_backend(backends: wgpu::Backends, os: &str) -> Missing {
    let names = |backends: wgpu::Backends| {
        let names = backends.iter_names().map(|(name, _)| name.to_lowercase());
        names.collect::<Vec<_>>().join(" or ")
    };
    let here = names(native(os));
    Missing::new(
        format!("backend {}", names(backends)),
        format!("this system has {here}"),
        format!("use --backend {here}, or leave it out"),
    )
}

/// The validation layer, where it was requested and is not installed: wgpu then silently runs
/// without it.
fn validation_layer(system: &System) -> Option<Missing> {
    // As wgpu reads it.
    let by_wgpu = system
        .variable("WGPU_VALIDATION")
        .is_some_and(|value| value != "0");
    let by_loader = || system.variable("VK_INSTANCE_LAYERS");
    let asked = if by_wgpu {
        "WGPU_VALIDATION"
    } else if by_loader().is_some_and(|layers| layers.to_string_lossy().contains(LAYER)) {
        "VK_INSTANCE_LAYERS"
    } else {
        return None;
    };
    let why = format!("{asked} requests it, and nothing is validated without it");
    (!system.has_validation_layer()).then(|| {
        Missing::new(
            "the validation layer",
            why,
            system.install(Need::Validation),
        )
    })
}

/// All of it, for people: three lines each.
pub(crate) fn shown(missing: &[Missing]) -> String {
    let shown = missing.iter().map(|Missing { what, why, fix }| {
        format!("missing: {what}\n   why: {why}\n   fix: {fix}\n")
    });
    shown.collect()
}

/// The first of it where nothing was found on these backends, as the rest of a sentence.
pub(crate) fn advice(backends: &str) -> String {
    let names = backends.split(", ");
    let backends = names.filter_map(wgpu::Backends::from_name).collect();
    let missing = missing(&System::here(), Found::Nothing, backends);
    match missing.first() {
        Some(Missing { what, why, fix }) => format!("missing: {what} ({why}); {fix}"),
        None => "see `gstds devices`".into(),
    }
}

#[cfg(test)]
mod tests;
