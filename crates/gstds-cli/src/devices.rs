//! `gstds devices`: lists the adapters and their limits.

use std::io::Write as _;

use gstds::adapter::{AdapterRequest, Gpu, list, open};
use serde_json::{Value, json};

use crate::adapter;
use crate::doctor::{self, Found, System};
use crate::exit::Failure;

/// List the GPU adapters, and what is missing.
///
/// They are numbered as --adapter takes them. Where there is no GPU among them, or a requested
/// validation layer is not installed, it reports what is missing, why, and the command that
/// installs it on this system.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Print a JSON object instead of text.
    ///
    /// Its keys are `adapters` and what is `missing`.
    #[arg(long, help_heading = "Output")]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gstds devices
  gstds devices --json
  gstds devices --backend vulkan -v";

pub(crate) fn run(args: &Args, adapter: &adapter::Args) -> Result<(), Failure> {
    let wanted = adapter.wanted();
    let infos = list(wanted.backends);
    if !infos.is_empty() && wanted.name.is_some() {
        // Opening it gives the full error where no adapter has that name.
        open(&wanted)?;
    }
    let adapters: Vec<Value> = (0..infos.len())
        .zip(&infos)
        .map(|(index, info)| device(index, info, wanted.backends))
        .collect();
    let missing = doctor::missing(&System::here(), Found::among(&infos), wanted.backends);
    let text = if args.json {
        format!("{}\n", json!({"adapters": adapters, "missing": missing}))
    } else {
        let adapters = adapters.iter().map(shown);
        adapters.chain([doctor::shown(&missing)]).collect()
    };
    std::io::stdout()
        .write_all(text.as_bytes())
        .map_err(Failure::Stdout)?;
    if !adapters.iter().any(|adapter| adapter["usable"] == true) {
        // The error of any other command.
        open(&wanted)?;
    }
    Ok(())
}

/// One adapter; it is opened, as only that shows whether it can be used.
fn device(index: usize, info: &wgpu::AdapterInfo, backends: wgpu::Backends) -> Value {
    let mut device = json!({
        "index": index,
        "name": info.name,
        "type": kind(info.device_type),
        "backend": info.backend.to_string(),
        "driver": info.driver,
        "driver_info": info.driver_info,
    });
    let request = AdapterRequest::default().name(index.to_string());
    match open(&request.backends(backends)) {
        Ok(gpu) => {
            adapter::log_opened(&gpu);
            device["usable"] = json!(true);
            device["limits"] = limits(&gpu);
        }
        Err(error) => {
            device["usable"] = json!(false);
            device["error"] = json!(error.to_string());
        }
    }
    device
}

/// What bounds a selection on this device.
fn limits(gpu: &Gpu) -> Value {
    let limits = gpu.device.limits();
    let features = gpu.device.features();
    json!({
        "largest_batch": largest_batch(&limits),
        "largest_pool": gstds::MAX_LOW_RANK_ROWS,
        "buffer_bytes": limits.max_buffer_size,
        "storage_binding_bytes": limits.max_storage_buffer_binding_size,
        "workgroup_bytes": limits.max_compute_workgroup_storage_size,
        "workgroup_invocations": limits.max_compute_invocations_per_workgroup,
        "subgroups": features.contains(wgpu::Features::SUBGROUP),
        "f16": features.contains(wgpu::Features::SHADER_F16),
        "timestamps": features.contains(wgpu::Features::TIMESTAMP_QUERY),
    })
}

/// Rows whose f32 similarity matrix, padded to 64 rows both ways, still fits one storage binding;
/// shaders number its bytes in 32 bits.
fn largest_batch(limits: &wgpu::Limits) -> u64 {
    let bytes = limits
        .max_storage_buffer_binding_size
        .min(limits.max_buffer_size)
        .min(u32::MAX.into());
    let side = (bytes / 4).isqrt();
    (side - side % 64).min(gstds::MAX_ROWS as u64)
}

fn kind(device_type: wgpu::DeviceType) -> &'static str {
    match device_type {
        wgpu::DeviceType::DiscreteGpu => "discrete GPU",
        wgpu::DeviceType::IntegratedGpu => "integrated GPU",
        wgpu::DeviceType::VirtualGpu => "virtual GPU",
        wgpu::DeviceType::Cpu => "software",
        wgpu::DeviceType::Other => "other",
    }
}

fn shown(device: &Value) -> String {
    let text = |key: &str| device[key].as_str().unwrap_or_default();
    let head = format!(
        "{}: {} ({}, {}, {} {})\n",
        device["index"],
        text("name"),
        text("type"),
        text("backend"),
        text("driver"),
        text("driver_info"),
    );
    if device["usable"] == json!(false) {
        return format!("{head}   not usable: {}\n", text("error"));
    }
    let limits = &device["limits"];
    let with = |key: &str| {
        if limits[key] == json!(true) {
            "yes"
        } else {
            "no"
        }
    };
    format!(
        "{head}   batches up to {} rows with all pairs in memory, pools up to {} without; storage binding {}, workgroup memory {}, {} invocations a workgroup\n   \
         subgroups {}, f16 {}, timestamps {}\n",
        limits["largest_batch"],
        limits["largest_pool"],
        bytes(&limits["storage_binding_bytes"]),
        bytes(&limits["workgroup_bytes"]),
        limits["workgroup_invocations"],
        with("subgroups"),
        with("f16"),
        with("timestamps"),
    )
}

fn bytes(count: &Value) -> String {
    let count = count.as_u64().unwrap_or_default();
    match count {
        0..0x10_0000 => format!("{} KiB", count >> 10),
        0x10_0000..0x4000_0000 => format!("{} MiB", count >> 20),
        _ => format!("{:.1} GiB", count as f64 / f64::from(1 << 30)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gstds::{
        Error::{DeviceLimit, OutOfMemory, TooManyRows},
        Options, Path, Selector, Shape,
    };

    #[test]
    fn the_similarity_matrix_bounds_the_batch() {
        let mut limits = wgpu::Limits::default();
        // The default 128 MiB hold 5792 rows square, but those are padded to 5824.
        assert_eq!(largest_batch(&limits), 5760);
        limits.max_buffer_size = 4 * 1024 * 1024;
        assert_eq!(largest_batch(&limits), 1024);
        limits.max_buffer_size = 1 << 40;
        limits.max_storage_buffer_binding_size = 1 << 40;
        assert_eq!(largest_batch(&limits), 32_704);
    }

    #[test]
    fn the_largest_batch_is_the_last_that_can_be_prepared() {
        let gpu = open(&AdapterRequest::default()).unwrap();
        let options = Options::gstds().path(Path::Dense);
        let selector = Selector::new(&gpu.device, &options).unwrap();
        let rows = largest_batch(&gpu.device.limits()) as usize;
        let prepare = |rows| selector.prepare(Shape { rows, features: 16 });
        let at = prepare(rows).map(drop);
        // A device with large bindings may have too little memory at the moment.
        assert!(matches!(at, Ok(()) | Err(OutOfMemory { .. })), "{at:?}");
        let past = prepare(rows + 1).map(drop);
        assert!(
            matches!(past, Err(DeviceLimit { .. } | TooManyRows { .. })),
            "{past:?}"
        );
    }

    #[test]
    fn an_adapter_that_does_not_open_says_why() {
        let device = json!({
            "index": 1, "name": "Old GPU", "type": "discrete GPU", "backend": "vulkan",
            "driver": "nv", "driver_info": "1.2", "usable": false, "error": "device lost",
        });
        assert_eq!(
            shown(&device),
            "1: Old GPU (discrete GPU, vulkan, nv 1.2)\n   not usable: device lost\n"
        );
    }

    #[test]
    fn sizes_are_shown_in_binary_units() {
        assert_eq!(bytes(&json!(32768)), "32 KiB");
        assert_eq!(bytes(&json!(134_217_728)), "128 MiB");
        assert_eq!(bytes(&json!(2_147_483_647_u64)), "2.0 GiB");
    }
}
