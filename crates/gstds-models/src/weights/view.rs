//! A tensor where it lies in a file's bytes.

use ::safetensors::Dtype;
use half::{bf16, f16};

/// One tensor, not yet copied; its bytes hold every value that it names.
#[derive(Debug, Clone)]
pub(super) struct TensorView<'a> {
    pub(super) element: Dtype,
    pub(super) shape: Vec<usize>,
    /// Steps between neighbours, in values, where they do not simply follow one another.
    pub(super) strides: Option<Vec<usize>>,
    pub(super) bytes: &'a [u8],
    /// The part of the file that has a checksum, this tensor included, and the CRC-32 it should
    /// have.
    pub(super) checksum: Option<(&'a [u8], u32)>,
}

/// Whether elements of this type can be weights.
pub(super) fn is_weight(element: Dtype) -> bool {
    use Dtype::{BF16, F16, F32, F64};
    matches!(element, F32 | F64 | F16 | BF16)
}

impl TensorView<'_> {
    /// Bytes of all its values, were they written one after the other.
    pub(super) fn byte_len(&self) -> usize {
        let values = self
            .shape
            .iter()
            .fold(1usize, |product, extent| product.saturating_mul(*extent));
        values.saturating_mul(self.element.bitsize() / 8)
    }

    /// The values, row-major, or what is wrong with them; none where it is not a
    /// [weight](is_weight).
    pub(super) fn values(&self) -> Result<Vec<f32>, String> {
        if let Some((bytes, expected)) = self.checksum {
            let mut crc = flate2::Crc::new();
            crc.update(bytes);
            if crc.sum() != expected {
                return Err("its bytes do not match the checksum in the file".into());
            }
        }
        Ok(match self.element {
            Dtype::F32 => self.decode(f32::from_le_bytes),
            Dtype::F64 => self.decode(|b| f64::from_le_bytes(b) as f32),
            Dtype::F16 => self.decode(|b| f16::from_le_bytes(b).to_f32()),
            Dtype::BF16 => self.decode(|b| bf16::from_le_bytes(b).to_f32()),
            _ => Vec::new(),
        })
    }

    fn decode<const N: usize>(&self, read: impl Fn([u8; N]) -> f32) -> Vec<f32> {
        let stored = self.bytes.as_chunks::<N>().0;
        let Some(strides) = &self.strides else {
            return stored.iter().map(|bytes| read(*bytes)).collect();
        };
        let place = |mut rest: usize| {
            let mut at = 0;
            for (extent, stride) in self.shape.iter().zip(strides).rev() {
                at += rest % extent * stride;
                rest /= extent;
            }
            at
        };
        let count = self.shape.iter().product();
        (0..count).map(|value| read(stored[place(value)])).collect()
    }
}
