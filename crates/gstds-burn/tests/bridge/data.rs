//! Features, and what the kernel crate keeps of them by itself.

use burn::tensor::{Device, Int, Tensor};
use gstds::{Keep, Options, Shape, adapter::AdapterRequest, select_blocking};
use gstds_burn::GpuDevice;
use std::sync::OnceLock;

/// One device for all tests of this binary.
pub(crate) fn device() -> &'static GpuDevice {
    static DEVICE: OnceLock<GpuDevice> = OnceLock::new();
    DEVICE.get_or_init(|| {
        GpuDevice::open(&AdapterRequest::default()).expect("the tests need an adapter")
    })
}

/// Features between 0 and 1 that differ by row, column and salt (xorshift).
pub(crate) fn values(rows: usize, features: usize, salt: u32) -> Vec<f32> {
    let mut state = 0x9e37_79b9u32 ^ salt.wrapping_mul(0x85eb_ca6b) ^ 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as f32 / (1u32 << 24) as f32
    };
    std::iter::repeat_with(next).take(rows * features).collect()
}

/// What the kernel crate keeps of a tensor's values.
pub(crate) fn expected(features: &Tensor<2>, options: &Options, keep: Keep) -> Vec<u32> {
    let [rows, width] = features.dims();
    let data = features
        .try_to_vec_as::<f32>()
        .expect("features can be read");
    let gpu = &device().gpu;
    let shape = Shape {
        rows,
        features: width,
    };
    select_blocking(&gpu.device, &gpu.queue, options, &data, shape, keep)
        .expect("the kernels select")
        .kept
}

pub(crate) fn read(kept: Tensor<1, Int>) -> Vec<u32> {
    kept.try_into_vec_as::<u32>()
        .expect("kept rows can be read")
}

pub(crate) fn floats<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    tensor.try_to_vec_as::<f32>().expect("a tensor can be read")
}

/// Rows of a row-major matrix.
pub(crate) fn rows_of(values: &[f32], width: usize, rows: &[u32]) -> Vec<f32> {
    let row = |&r: &u32| values[r as usize * width..][..width].to_vec();
    rows.iter().flat_map(row).collect()
}

/// Kept rows as an index of tensors on this device, with gradients or without.
pub(crate) fn on(kept: &Tensor<1, Int>, burn: &Device) -> Tensor<1, Int> {
    if burn.is_autodiff() {
        kept.clone().autodiff()
    } else {
        kept.clone()
    }
}
