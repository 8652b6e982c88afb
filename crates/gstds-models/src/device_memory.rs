//! Device memory, checked before it is filled.
//!
//! wgpu does not report how much a device has free. So what a run will need is allocated once
//! under an error scope and freed: what does not fit is an error then, and not a crash later.

use crate::error::{Error, Result};
use gstds_burn::GpuDevice;

/// Makes sure that the device can hold `bytes` for `what` beside what it holds now.
///
/// # Errors
/// [`Error::DeviceMemory`].
pub fn reserve(device: &GpuDevice, what: &'static str, bytes: u64) -> Result<()> {
    // A software adapter allocates more than the machine has, and is killed when that is used.
    let overcommitted = device.is_software() && available().is_some_and(|free| bytes > free);
    match !overcommitted && fits(&device.gpu.device, bytes) {
        true => Ok(()),
        false => Err(Error::DeviceMemory {
            what,
            bytes,
            adapter: device.gpu.adapter.get_info().name,
        }),
    }
}

fn fits(gpu: &wgpu::Device, bytes: u64) -> bool {
    // A size that every driver accepts and that copies may address.
    let largest = gpu.limits().max_buffer_size.min(1 << 30) & !3;
    let whole = std::iter::repeat_n(largest, (bytes / largest) as usize);
    let sizes = whole
        .chain([(bytes % largest).next_multiple_of(4)])
        .filter(|&size| size > 0);
    let mut buffers = Vec::new();
    for size in sizes {
        let scope = gpu.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        buffers.push(gpu.create_buffer(&wgpu::BufferDescriptor {
            label: Some("gstds memory check"),
            size,
            usage: wgpu::BufferUsages::STORAGE,
            mapped_at_creation: false,
        }));
        if pollster::block_on(scope.pop()).is_some() {
            return false;
        }
    }
    true
}

/// Bytes that the machine has available, where Linux reports it.
fn available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Bytes that a device binds to a kernel as one buffer.
pub fn binding(device: &GpuDevice) -> u64 {
    gstds::largest_binding(&device.gpu.device.limits())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gstds::adapter::AdapterRequest;

    #[test]
    fn more_than_any_device_has_is_refused_with_its_bytes() {
        let device =
            GpuDevice::open(&AdapterRequest::default()).expect("the tests need an adapter");
        reserve(&device, "a small buffer", 1 << 20).unwrap();
        let error = reserve(&device, "the feature bank", 1 << 50).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("1125899906.8 MB"), "{message}");
        assert!(message.contains("the feature bank"), "{message}");
    }
}
