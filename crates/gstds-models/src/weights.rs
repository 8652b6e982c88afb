//! Weights files: read once, checked by name and shape before a network is built from them.
//!
//! Safetensors and what `torch.save` writes; which of them a file is, its first bytes say.

mod expected;
mod found;
mod pickle;
mod pytorch;
mod safetensors;
mod zip;

pub(crate) use expected::{ANY, Expected};
pub(crate) use found::Found;

use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// The tensors of a weights file as f32 on the host.
pub(crate) struct Weights {
    /// SHA-256 of the file, in hex.
    pub(crate) sha256: String,
    tensors: BTreeMap<String, Stored>,
}

struct Stored {
    shape: Vec<usize>,
    values: Vec<f32>,
}

impl Weights {
    /// Reads the file `path` and checks it as [`Weights::from_bytes`] does.
    pub(crate) fn from_file(
        path: &Path,
        model: &'static str,
        expected: impl Into<Expected>,
    ) -> Result<Self> {
        Self::is_there(path)?;
        let bytes = std::fs::read(path).map_err(|e| failed(path, e))?;
        Self::from_bytes(&path.display().to_string(), &bytes, model, expected)
    }

    /// Refuses a path that is no regular file: a device or a pipe has no size that would justify
    /// what reading it takes.
    pub(crate) fn is_there(path: &Path) -> Result<()> {
        match std::fs::metadata(path)
            .map_err(|e| failed(path, e))?
            .is_file()
        {
            true => Ok(()),
            false => Err(failed(path, io::Error::other("it is no regular file"))),
        }
    }

    /// Parses a file that must hold the tensors `expected` and no others, each f32, f64, f16 or
    /// bf16. PyTorch's batch counters (`*.num_batches_tracked`) are passed over.
    ///
    /// Takes at most a constant times the file's size.
    pub(crate) fn from_bytes(
        origin: &str,
        bytes: &[u8],
        model: &'static str,
        expected: impl Into<Expected>,
    ) -> Result<Self> {
        let expected: Expected = expected.into();
        let unreadable = |reason| Error::WeightsFile {
            origin: origin.into(),
            reason,
        };
        let mut found = tensors(bytes).map_err(unreadable)?;
        found.retain(|name, _| !name.ends_with(".num_batches_tracked"));
        let mut problems = expected.differences(&found);
        if !problems.is_empty() {
            problems.looks_like = crate::reference::resembling(&found).filter(|it| *it != model);
            return Err(Error::WeightsMismatch {
                origin: origin.into(),
                model,
                problems: problems.into(),
            });
        }
        justified(&found, bytes.len()).map_err(unreadable)?;
        let mut tensors = BTreeMap::new();
        for (name, tensor) in &found {
            let values = tensor
                .values()
                .map_err(|reason| unreadable(format!("{name}: {reason}")))?;
            let shape = tensor.shape.clone();
            tensors.insert(name.clone(), Stored { shape, values });
        }
        Ok(Self {
            sha256: gstds_data::hash::sha256(bytes),
            tensors,
        })
    }

    /// The values of a required tensor, which the check made sure of.
    pub(crate) fn get(&self, name: &str) -> &[f32] {
        &self.tensors[name].values
    }

    /// Shape and values of an optional tensor, if the file has it.
    pub(crate) fn find(&self, name: &str) -> Option<(&[usize], &[f32])> {
        let stored = self.tensors.get(name)?;
        Some((&stored.shape, &stored.values))
    }
}

fn failed(path: &Path, source: io::Error) -> Error {
    gstds_data::Error::Io {
        action: "reading the weights",
        path: path.into(),
        source,
    }
    .into()
}

/// Every tensor of a file, by name; nothing is copied yet.
fn tensors(bytes: &[u8]) -> Result<BTreeMap<String, Found<'_>>, String> {
    match bytes {
        [b'P', b'K', 3, 4, ..] => pytorch::zipped(bytes),
        [_, _, _, _, _, _, _, _, b'{', ..] => safetensors::tensors(bytes),
        [0x80, ..] => pytorch::legacy(bytes),
        _ => Err("it is neither a safetensors file nor one that torch.save wrote".into()),
    }
}

/// Tensors of a pickle may overlap or repeat one value, and so claim more than the file has.
fn justified(found: &BTreeMap<String, Found<'_>>, size: usize) -> Result<(), String> {
    let claimed = found
        .values()
        .fold(0usize, |sum, tensor| sum.saturating_add(tensor.byte_len()));
    if claimed > size {
        return Err(format!(
            "its tensors claim {claimed} bytes, but the file has {size}: save copies of them"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
