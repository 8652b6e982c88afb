//! Named arrays of what a method has learned, as a safetensors file in checkpoints.

use super::MethodName;
use crate::error::{Result, device_lost};
use burn::tensor::Tensor;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

/// Collects arrays and writes them.
#[derive(Default)]
pub(super) struct StateWriter {
    arrays: Vec<(&'static str, Dtype, Vec<u8>)>,
}

impl StateWriter {
    /// Adds an f32 tensor. Waits for the device.
    pub fn tensor(&mut self, name: &'static str, tensor: &Tensor<1>) -> Result<()> {
        let values = tensor.try_to_vec_as::<f32>();
        self.floats(name, &values.map_err(|e| device_lost(&e))?);
        Ok(())
    }

    pub fn floats(&mut self, name: &'static str, values: &[f32]) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.arrays.push((name, Dtype::F32, bytes.collect()));
    }

    pub fn ints(&mut self, name: &'static str, values: &[i32]) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.arrays.push((name, Dtype::I32, bytes.collect()));
    }

    pub fn number(&mut self, name: &'static str, value: u64) {
        let bytes = value.to_le_bytes().to_vec();
        self.arrays.push((name, Dtype::U64, bytes));
    }

    pub fn finish(&self) -> Vec<u8> {
        let views = self.arrays.iter().map(|(name, dtype, bytes)| {
            let length = bytes.len() * 8 / dtype.bitsize();
            let view = TensorView::new(*dtype, vec![length], bytes);
            (*name, view.expect("whole values of the type"))
        });
        // Names are distinct and lengths are those of the types.
        safetensors::serialize(views, None).unwrap_or_default()
    }
}

/// Reads what [`StateWriter`] wrote; errors say what does not fit.
pub(super) struct StateReader<'a> {
    method: MethodName,
    file: SafeTensors<'a>,
}

impl<'a> StateReader<'a> {
    pub fn new(method: MethodName, bytes: &'a [u8]) -> Result<Self, String> {
        let file = SafeTensors::deserialize(bytes);
        let file = file.map_err(|e| format!("the state of {method} cannot be read: {e}"))?;
        Ok(Self { method, file })
    }

    fn bytes(&self, name: &str, dtype: Dtype, length: Option<usize>) -> Result<&'a [u8], String> {
        let method = self.method;
        let array = self.file.tensor(name);
        let array = array.map_err(|e| format!("the state of {method} has no {name}: {e}"))?;
        if array.dtype() != dtype {
            let found = array.dtype();
            return Err(format!(
                "{name} in the state of {method} is {found:?}, not {dtype:?}"
            ));
        }
        match (array.shape(), length) {
            ([found], Some(length)) if *found != length => Err(format!(
                "the state of {method} has {found} values of {name}, not {length}"
            )),
            ([_], _) => Ok(array.data()),
            (shape, _) => Err(format!(
                "{name} in the state of {method} has the shape {shape:?}, not one dimension"
            )),
        }
    }

    /// The f32 array, of this length where one is given.
    pub fn floats(&self, name: &str, length: Option<usize>) -> Result<Vec<f32>, String> {
        let bytes = self.bytes(name, Dtype::F32, length)?;
        let values = bytes.as_chunks::<4>().0.iter();
        Ok(values.map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }

    /// The i32 array, of any length.
    pub fn ints(&self, name: &str) -> Result<Vec<i32>, String> {
        let bytes = self.bytes(name, Dtype::I32, None)?;
        let values = bytes.as_chunks::<4>().0.iter();
        Ok(values.map(|bytes| i32::from_le_bytes(*bytes)).collect())
    }

    pub fn number(&self, name: &str) -> Result<u64, String> {
        let bytes = self.bytes(name, Dtype::U64, Some(1))?;
        let bytes = bytes.first_chunk();
        Ok(bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_read_back_and_what_does_not_fit_is_named() {
        let mut writer = StateWriter::default();
        writer.floats("scores", &[0.5, -1.0, f32::INFINITY]);
        writer.ints("rows", &[]);
        writer.number("steps", 1 << 40);
        let bytes = writer.finish();
        let reader = StateReader::new(MethodName::InfoBatch, &bytes).unwrap();
        let scores = reader.floats("scores", Some(3)).unwrap();
        assert_eq!(scores, [0.5, -1.0, f32::INFINITY]);
        assert_eq!(reader.ints("rows").unwrap(), [0i32; 0]);
        assert_eq!(reader.number("steps").unwrap(), 1 << 40);
        let errors = [
            (
                reader.floats("scores", Some(4)).unwrap_err(),
                "3 values of scores, not 4",
            ),
            (
                reader.floats("rows", None).unwrap_err(),
                "rows in the state of infobatch is I32",
            ),
            (reader.number("seed").unwrap_err(), "has no seed"),
            (
                StateReader::new(MethodName::InfoBatch, b"none")
                    .err()
                    .unwrap(),
                "cannot be read",
            ),
        ];
        for (error, part) in errors {
            assert!(error.contains(part), "{error}");
        }
    }
}
