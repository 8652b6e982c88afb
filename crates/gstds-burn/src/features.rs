//! Feature tensors as the kernels read them, and what is checked of them beforehand.

use crate::{Error, GpuDevice, Result, device_tensor::TensorBuffer};
use burn::backend::wgpu::CubeTensor;
use burn::tensor::{DType, Device, Tensor};
use burn_cubecl::kernel::into_contiguous;
use gstds::{Dtype, Features};

/// That the kernels can read the features on this device.
pub(crate) fn check(device: &GpuDevice, features: &Tensor<2>) -> Result<()> {
    check_device(device, "features", &features.device())?;
    match features.dtype() {
        DType::F32 | DType::F16 => check_binding(device, features),
        found => Err(Error::ElementType {
            what: "features",
            found,
            readable: "f32 and f16",
        }),
    }
}

pub(crate) fn check_device(device: &GpuDevice, what: &'static str, found: &Device) -> Result<()> {
    if *found == device.burn {
        return Ok(());
    }
    Err(Error::OtherDevice {
        what,
        found: format!("{found:?}"),
        expected: format!("{:?}", device.burn),
    })
}

/// A bank can be larger than a binding although its tensor could be allocated.
fn check_binding(device: &GpuDevice, features: &Tensor<2>) -> Result<()> {
    let [rows, width] = features.dims();
    let row = width as u64 * features.dtype().size() as u64;
    let needed = (rows as u64).saturating_mul(row);
    let allowed = gstds::largest_binding(&device.gpu.device.limits());
    if needed <= allowed {
        return Ok(());
    }
    Err(Error::Selection(gstds::Error::DeviceLimit {
        what: "features",
        needed,
        limit: "max_storage_buffer_binding_size",
        allowed,
    }))
}

/// The kernels take any row stride, so a copy is made only where it is not [`readable`].
pub(crate) fn with_contiguous_rows(features: CubeTensor, limit: u64) -> CubeTensor {
    let shape = [features.meta.shape()[0], features.meta.shape()[1]];
    let strides = [features.meta.strides()[0], features.meta.strides()[1]];
    if readable(shape, strides, features.dtype.size(), limit) {
        features
    } else {
        into_contiguous(features)
    }
}

/// Whether the kernels can read a matrix where it lies: elements of `size` bytes side by side in a
/// row, rows that do not overlap, and all of it, gaps between rows too, within a binding of
/// `limit` bytes.
fn readable(
    [rows, width]: [usize; 2],
    [row, element]: [usize; 2],
    size: usize,
    limit: u64,
) -> bool {
    let last = (rows.saturating_sub(1) as u64).saturating_mul(row as u64);
    let span = last
        .saturating_add(width as u64)
        .saturating_mul(size as u64);
    (element == 1 || width == 1) && (rows == 1 || row >= width && span <= limit)
}

/// All rows of a tensor that [`with_contiguous_rows`] gave, where it lies.
pub(crate) fn view<'a>(features: &CubeTensor, at: &'a TensorBuffer) -> Features<'a> {
    let [rows, width] = [features.meta.shape()[0], features.meta.shape()[1]];
    let stride = match rows {
        1 => width,
        _ => features.meta.strides()[0],
    };
    let dtype = match features.dtype {
        DType::F16 => Dtype::F16,
        _ => Dtype::F32,
    };
    Features::new(&at.buffer)
        .offset(at.offset)
        .stride(stride)
        .dtype(dtype)
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn a_matrix_is_read_in_place_where_rows_are_whole_and_one_binding_spans_them() {
        assert!(readable([4, 8], [8, 1], 4, 128), "contiguous");
        assert!(!readable([8, 4], [1, 8], 4, 128), "transposed");
        assert!(!readable([8, 4], [0, 1], 4, 128), "broadcast");
        // Two columns of a matrix eight wide: the last row ends 3 * 8 + 2 elements in.
        assert!(readable([4, 2], [8, 1], 4, 104));
        assert!(!readable([4, 2], [8, 1], 4, 103));
        assert!(readable([4, 2], [8, 1], 2, 52), "f16");
        assert!(readable([1, 2], [8, 1], 4, 8), "one row has no gaps");
        assert!(!readable([usize::MAX, 2], [usize::MAX, 1], 4, u64::MAX - 1));
    }
}
