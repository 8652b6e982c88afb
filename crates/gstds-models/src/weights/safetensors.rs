//! Safetensors files.

use super::found::Found;
use ::safetensors::SafeTensors;
use std::collections::BTreeMap;

/// Every tensor of the file.
pub(super) fn tensors(bytes: &[u8]) -> Result<BTreeMap<String, Found<'_>>, String> {
    let file = SafeTensors::deserialize(bytes)
        .map_err(|e| format!("it looks like safetensors, but {e}"))?;
    Ok(file
        .iter()
        .map(|(name, view)| {
            let found = Found {
                element: view.dtype(),
                shape: view.shape().to_vec(),
                strides: None,
                bytes: view.data(),
                checked: None,
            };
            (name.to_owned(), found)
        })
        .collect())
}
