//! The kernel against its twin, and streamed images against resident ones.

mod batches;
mod kernel;
mod timing;

use gstds::adapter::AdapterRequest;
use gstds_burn::GpuDevice;
use std::sync::OnceLock;

/// One device for all tests here.
fn device() -> &'static GpuDevice {
    static DEVICE: OnceLock<GpuDevice> = OnceLock::new();
    DEVICE.get_or_init(|| {
        GpuDevice::open(&AdapterRequest::default()).expect("the tests need an adapter")
    })
}

/// Bytes that repeat late and differ between neighbours.
fn noise(count: usize) -> Vec<u8> {
    let mixed = |i: usize| (i as u32).wrapping_mul(2_654_435_761) >> 11;
    (0..count).map(|i| mixed(i) as u8).collect()
}
