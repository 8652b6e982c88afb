//! Safetensors files.

use super::view::TensorView;
use ::safetensors::SafeTensors;
use std::collections::BTreeMap;

/// Every tensor of the file.
pub(super) fn tensors(bytes: &[u8]) -> Result<BTreeMap<String, TensorView<'_>>, String> {
    let file = SafeTensors::deserialize(bytes)
        .map_err(|e| format!("it begins like a safetensors file, but {e}"))?;
    let tensors = file.iter().map(|(name, tensor)| {
        let view = TensorView {
            element: tensor.dtype(),
            shape: tensor.shape().to_vec(),
            strides: None,
            bytes: tensor.data(),
            checksum: None,
        };
        (name.to_owned(), view)
    });
    Ok(tensors.collect())
}
