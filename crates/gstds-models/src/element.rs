//! Element types of stored features.

use burn::tensor::DType;
use half::f16;
use safetensors::Dtype;

gstds_data::named! {
    /// Element type of a feature bank.
    ///
    /// Selection computes in f32 either way. f16 halves the memory; its rounding leaves the picks
    /// of `signed` as they were and moves few of `quantile` (overlap 0.997 at 256 rows, see
    /// docs/decisions/0007-paths.md).
    #[derive(Default)]
    BankElement, "element type of a feature bank", {
        /// 2 bytes per feature.
        #[default]
        F16 = "f16",
        /// 4 bytes per feature.
        F32 = "f32",
    }
}

impl BankElement {
    /// Bytes of one feature.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::F16 => 2,
            Self::F32 => 4,
        }
    }

    pub(crate) const fn dtype(self) -> DType {
        match self {
            Self::F16 => DType::F16,
            Self::F32 => DType::F32,
        }
    }

    pub(crate) const fn stored(self) -> Dtype {
        match self {
            Self::F16 => Dtype::F16,
            Self::F32 => Dtype::F32,
        }
    }

    pub(crate) const fn of(dtype: Dtype) -> Option<Self> {
        match dtype {
            Dtype::F16 => Some(Self::F16),
            Dtype::F32 => Some(Self::F32),
            _ => None,
        }
    }

    /// Appends `values`; gives the place of the first that this type cannot hold, if there is one.
    pub(crate) fn encode(self, values: &[f32], into: &mut Vec<u8>) -> Option<usize> {
        match self {
            Self::F16 => {
                let halves = values.iter().map(|&value| f16::from_f32(value));
                into.extend(halves.clone().flat_map(f16::to_le_bytes));
                halves.into_iter().position(|half| !half.is_finite())
            }
            Self::F32 => {
                into.extend(values.iter().flat_map(|value| value.to_le_bytes()));
                values.iter().position(|value| !value.is_finite())
            }
        }
    }

    pub(crate) fn decode(self, bytes: &[u8]) -> Vec<f32> {
        match self {
            Self::F16 => {
                let halves = bytes.as_chunks::<2>().0.iter();
                halves.map(|b| f16::from_le_bytes(*b).to_f32()).collect()
            }
            Self::F32 => {
                let singles = bytes.as_chunks::<4>().0.iter();
                singles.map(|b| f32::from_le_bytes(*b)).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_rounded_to_their_type() {
        let values = [0.0, -1.5, 1.0 / 3.0, 65504.0];
        for element in [BankElement::F16, BankElement::F32] {
            let mut bytes = vec![];
            assert_eq!(element.encode(&values, &mut bytes), None);
            assert_eq!(bytes.len(), 4 * element.bytes());
            let back = element.decode(&bytes);
            let third = match element {
                BankElement::F16 => f16::from_f32(1.0 / 3.0).to_f32(),
                BankElement::F32 => 1.0 / 3.0,
            };
            assert_eq!(back, [0.0, -1.5, third, 65504.0]);
            assert_eq!(element.to_string().parse::<BankElement>().unwrap(), element);
        }
    }

    #[test]
    fn values_that_a_type_cannot_hold_are_found() {
        let encode = |element: BankElement, value| element.encode(&[1.0, value], &mut vec![]);
        assert_eq!(encode(BankElement::F16, 1e6), Some(1));
        assert_eq!(encode(BankElement::F32, 1e6), None);
        assert_eq!(encode(BankElement::F32, f32::NAN), Some(1));
        assert!("f64".parse::<BankElement>().is_err());
    }
}
