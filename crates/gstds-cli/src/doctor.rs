//! What keeps a GPU from being found here: what is missing, why, and the command that brings it.

mod install;
mod linux;
mod system;

use gstds::adapter::NATIVE;
use serde::Serialize;

pub(crate) use system::System;

/// Something that is missing.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Missing {
    /// A noun.
    pub(crate) what: String,
    /// What was looked at, and what it is needed for.
    pub(crate) why: String,
    /// The command that brings it, or what to do where there is none.
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

/// The adapters that were found, as far as a doctor cares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Found {
    Nothing,
    /// CPUs that play GPUs.
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
/// validation layer was asked for in vain.
pub(crate) fn missing(system: &System, found: Found, backends: wgpu::Backends) -> Vec<Missing> {
    let mut missing = match (found, system.os) {
        (Found::Gpu, _) => vec![],
        (Found::Nothing, _) if !backends.intersects(native(system.os)) => {
            vec![other_backend(backends, system.os)]
        }
        (_, "linux") => linux::missing(system, found),
        _ => vec![driver(system)],
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

/// Where drivers are no files that we know: only what to do can be said.
fn driver(system: &System) -> Missing {
    Missing::new(
        "a GPU that can be used",
        "no driver offers one; GPU drivers of virtual machines often do not",
        system.install().driver(),
    )
}

/// The layer that checks our use of the API, where it was asked for and is not there: wgpu then
/// goes on without a word.
fn validation_layer(system: &System) -> Option<Missing> {
    let asked = system.asks_for_validation()?;
    if system.has_validation_layer() {
        return None;
    }
    Some(Missing::new(
        "the validation layer",
        format!("{asked} asks for it, and nothing is validated without it"),
        system.install().validation_layer(),
    ))
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
mod tests {
    use super::*;

    fn whats(missing: &[Missing]) -> Vec<&str> {
        missing.iter().map(|it| it.what.as_str()).collect()
    }

    #[test]
    fn a_gpu_that_was_found_leaves_nothing_to_say() {
        let root = tempfile::tempdir().unwrap();
        let system = System::at(root.path(), "linux");
        assert_eq!(missing(&system, Found::Gpu, NATIVE), []);
    }

    #[test]
    fn a_validation_layer_is_missed_only_where_it_was_asked_for() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("usr/share/vulkan/explicit_layer.d");
        std::fs::create_dir_all(&folder).unwrap();
        let missed = |value: &str| {
            let system = System::at(root.path(), "linux").with("WGPU_VALIDATION", value);
            missing(&system, Found::Gpu, NATIVE)
        };
        assert_eq!(whats(&missed("1")), ["the validation layer"]);
        assert!(missed("1")[0].why.contains("WGPU_VALIDATION"));
        assert_eq!(missed("0"), []);
        let text = r#"{"layer": {"name": "VK_LAYER_KHRONOS_validation"}}"#;
        std::fs::write(folder.join("VkLayer.json"), text).unwrap();
        assert_eq!(missed("1"), []);
    }

    #[test]
    fn a_backend_of_another_system_is_not_taken_for_a_missing_driver() {
        let root = tempfile::tempdir().unwrap();
        let system = System::at(root.path(), "linux");
        let missed = missing(&system, Found::Nothing, wgpu::Backends::METAL);
        assert_eq!(whats(&missed), ["backend metal"]);
        assert!(missed[0].fix.contains("--backend vulkan"), "{missed:?}");
    }

    #[test]
    fn every_operating_system_gets_advice() {
        let root = tempfile::tempdir().unwrap();
        for (os, part) in [
            ("macos", "softwareupdate"),
            ("windows", "driver"),
            ("freebsd", "driver"),
        ] {
            let missed = missing(&System::at(root.path(), os), Found::Nothing, NATIVE);
            assert!(missed[0].fix.contains(part), "{os}: {missed:?}");
        }
    }
}
