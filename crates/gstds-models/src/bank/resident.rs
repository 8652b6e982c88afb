//! A bank on the device, where selection reads it by row list.

use super::{BankElement, FeatureBank};
use crate::error::{Error, Result};
use burn::tensor::{Int, Tensor, TensorData};
use gstds::Keep;
use gstds_burn::{FiedlerSelector, GpuDevice, Picked};

/// Features of all training images on the device.
///
/// A bank that one storage binding holds is read in place, without a gather, f16 or f32. A larger
/// one lies in parts of f32; then a batch's rows are gathered from all of them first, which reads
/// and writes the batch once for each part and is still done on the device alone.
#[derive(Debug)]
pub struct ResidentBank {
    parts: Vec<Tensor<2>>,
}

/// How a bank is stored on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BankLayout {
    element: BankElement,
    /// Rows of every part but the last.
    part_rows: usize,
    /// Bytes in all.
    pub bytes: u64,
}

impl BankLayout {
    /// The layout on a device.
    pub fn on(device: &GpuDevice, rows: usize, width: usize, element: BankElement) -> Self {
        Self::new(rows, width, element, crate::device_memory::binding(device))
    }

    /// The layout of `rows` x `width` features, where a binding holds `limit` bytes.
    fn new(rows: usize, width: usize, element: BankElement, limit: u64) -> Self {
        let total = |element: BankElement| rows as u64 * width as u64 * element.bytes() as u64;
        if total(element) <= limit {
            return Self {
                element,
                part_rows: rows.max(1),
                bytes: total(element),
            };
        }
        let row = (width * size_of::<f32>()) as u64;
        Self {
            // Burn gathers from f32 on every device; from f16 only where shaders have it.
            element: BankElement::F32,
            part_rows: (limit / row.max(1)).max(1) as usize,
            bytes: total(BankElement::F32),
        }
    }
}

impl ResidentBank {
    /// Copies a bank to a device.
    ///
    /// # Errors
    /// [`Error::DeviceMemory`], with the bytes needed, where the device has less free.
    pub fn upload(bank: &FeatureBank, device: &GpuDevice) -> Result<Self> {
        let layout = BankLayout::on(device, bank.rows(), bank.width(), bank.element());
        crate::device_memory::reserve(device, "the feature bank", layout.bytes)?;
        Ok(Self::placed(bank, layout, device))
    }

    fn placed(bank: &FeatureBank, layout: BankLayout, device: &GpuDevice) -> Self {
        let width = bank.width();
        let part = |bytes: &[u8]| {
            let rows = bytes.len() / bank.row_bytes();
            let data = if layout.element == bank.element() {
                let dtype = bank.element().dtype();
                TensorData::from_bytes_vec(bytes.to_vec(), [rows, width], dtype)
            } else {
                TensorData::new(bank.element().decode(bytes), [rows, width])
            };
            Tensor::from_data(data, (&device.burn, layout.element.dtype()))
        };
        let parts = bank.bytes().chunks(layout.part_rows * bank.row_bytes());
        Self {
            parts: parts.map(part).collect(),
        }
    }

    /// How many images.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.parts.iter().map(|part| part.dims()[0]).sum()
    }

    /// Features per image.
    #[must_use]
    pub fn width(&self) -> usize {
        self.parts.first().map_or(0, |part| part.dims()[1])
    }

    /// Selects among `rows` (i32 row numbers of the bank) of a batch; positions in it come back.
    ///
    /// # Errors
    /// [`Error::Gpu`], as [`FiedlerSelector::pick_rows`].
    pub fn pick(
        &self,
        selector: &FiedlerSelector,
        rows: &Tensor<1, Int>,
        keep: Keep,
        seed: u64,
    ) -> Result<Picked> {
        let picked = match self.parts.as_slice() {
            [whole] => selector.pick_rows(whole, rows, keep, seed),
            parts => selector.pick(&gather(parts, rows), keep, seed),
        };
        picked.map_err(Error::Gpu)
    }
}

/// A bank that the caller put on the device.
impl From<Tensor<2>> for ResidentBank {
    fn from(bank: Tensor<2>) -> Self {
        Self { parts: vec![bank] }
    }
}

/// The features of `rows`, `[rows, width]`: from each part the rows it has, and zeros for the rest.
fn gather(parts: &[Tensor<2>], rows: &Tensor<1, Int>) -> Tensor<2> {
    let mut start = 0;
    let gathered = parts.iter().map(|part| {
        let [length, width] = part.dims();
        let local = rows.clone().sub_scalar(start as i32);
        let outside = local
            .clone()
            .lower_elem(0)
            .bool_or(local.clone().greater_equal_elem(length as i32));
        start += length;
        let inside = local.clamp(0, length as i32 - 1);
        let outside = outside.unsqueeze_dim::<2>(1);
        let outside = outside.expand([rows.dims()[0], width]);
        part.clone().select(0, inside).mask_fill(outside, 0.0)
    });
    let sum = gathered.reduce(|sum, part| sum + part);
    sum.unwrap_or_else(|| Tensor::zeros([rows.dims()[0], 0], &rows.device()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gstds::{Options, adapter::AdapterRequest};

    const ROWS: usize = 40;
    const WIDTH: usize = 6;

    fn bank(element: BankElement) -> FeatureBank {
        let values: Vec<f32> = (0..ROWS * WIDTH)
            .map(|i| ((i * i + 3 * i) % 101) as f32 / 64.0)
            .collect();
        let mut bytes = vec![];
        assert_eq!(element.encode(&values, &mut bytes), None);
        FeatureBank {
            width: WIDTH,
            element,
            bytes,
            key: "test".into(),
        }
    }

    #[test]
    fn a_bank_within_a_binding_is_one_part_and_a_larger_one_several_of_f32() {
        let layout = |limit| BankLayout::new(ROWS, WIDTH, BankElement::F16, limit);
        let whole = layout(480);
        assert_eq!((whole.element, whole.bytes), (BankElement::F16, 480));
        let parts = layout(479);
        assert_eq!((parts.element, parts.bytes), (BankElement::F32, 960));
        assert_eq!(parts.part_rows, 19);
    }

    /// The first adapter without f16 in its shaders, as older ones are.
    fn without_shader_f16() -> GpuDevice {
        let mut gpu =
            gstds::adapter::open(&AdapterRequest::default()).expect("the tests need an adapter");
        let features = gpu.adapter.features() - wgpu::Features::SHADER_F16;
        let descriptor = wgpu::DeviceDescriptor {
            required_features: features & gpu.device.features(),
            required_limits: gpu.adapter.limits(),
            ..Default::default()
        };
        let opened = pollster::block_on(gpu.adapter.request_device(&descriptor));
        (gpu.device, gpu.queue) = opened.unwrap();
        GpuDevice::from_gpu(gpu).unwrap()
    }

    #[test]
    fn a_device_whose_shaders_lack_f16_takes_an_f16_bank_all_the_same() {
        let device = without_shader_f16();
        let selector = FiedlerSelector::new(&device, &Options::gstds()).unwrap();
        let rows = Tensor::<1, Int>::arange(0..ROWS as i64, &device.burn);
        let kept = |element| {
            let bank = ResidentBank::upload(&bank(element), &device).unwrap();
            let picked = bank.pick(&selector, &rows, Keep::Count(8), 0).unwrap();
            picked.kept.try_into_vec_as::<i32>().unwrap()
        };
        assert_eq!(kept(BankElement::F16), kept(BankElement::F32));
    }

    #[test]
    fn kept_rows_are_the_same_from_one_part_and_from_several_f16_and_f32() {
        let device =
            GpuDevice::open(&AdapterRequest::default()).expect("the tests need an adapter");
        let selector = FiedlerSelector::new(&device, &Options::gstds()).unwrap();
        let order: Vec<i32> = (0..ROWS as i32)
            .map(|i| (i * 7) % ROWS as i32)
            .take(30)
            .collect();
        let rows = Tensor::<1, Int>::from_data(TensorData::new(order, [30]), &device.burn);
        let kept = |bank: &ResidentBank| {
            assert_eq!((bank.rows(), bank.width()), (ROWS, WIDTH));
            let picked = bank.pick(&selector, &rows, Keep::Count(8), 0).unwrap();
            picked.kept.try_into_vec_as::<i32>().unwrap()
        };
        let expected = kept(&ResidentBank::upload(&bank(BankElement::F32), &device).unwrap());
        assert_eq!(expected.len(), 8);
        for element in [BankElement::F16, BankElement::F32] {
            let bank = bank(element);
            // These values are whole multiples of 1/64 and lose nothing in f16.
            assert_eq!(
                kept(&ResidentBank::upload(&bank, &device).unwrap()),
                expected
            );
            for limit in [100, 479] {
                let layout = BankLayout::new(ROWS, WIDTH, element, limit);
                let parts = ResidentBank::placed(&bank, layout, &device);
                assert!(parts.parts.len() > 1);
                assert_eq!(
                    kept(&parts),
                    expected,
                    "{element} in parts of {limit} bytes"
                );
            }
        }
    }
}
