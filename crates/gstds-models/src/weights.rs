//! Weights files, opened once: safetensors, and what `torch.save` writes (`.pth`, `.pt`). The first
//! bytes of a file decide which.
//!
//! [`Weights::open`] reads, hashes and parses. What a network needs is checked by name and shape
//! before one is made from them; nothing is read again.

mod layout;
mod pickle;
mod pytorch;
mod safetensors;
mod view;
mod zip;

pub(crate) use layout::{ANY, NamedShape, WeightLayout};

use crate::error::{Error, Result};
use ::safetensors::Dtype;
use std::collections::BTreeMap;
use std::path::Path;
use view::TensorView;

/// Batch norms of PyTorch count their batches; no network here needs the number.
const BATCH_COUNTER: &str = ".num_batches_tracked";

/// The tensors of a weights file as f32 on the host.
#[derive(Clone, Debug)]
pub struct Weights {
    origin: String,
    sha256: String,
    tensors: BTreeMap<String, WeightTensor>,
}

#[derive(Clone, Debug)]
struct WeightTensor {
    shape: Vec<usize>,
    element: Dtype,
    /// Row-major; none where the elements are of a type that weights do not have.
    values: Vec<f32>,
}

impl Weights {
    /// Opens the file `path`, as [`Weights::from_bytes`] does.
    ///
    /// # Errors
    /// [`Error::WeightsFile`]; [`gstds_data::Error::Io`] where the file cannot be read or is a
    /// device or a pipe, which has no size that would justify what reading it takes.
    pub fn open(path: &Path) -> Result<Self> {
        let failed = || gstds_data::Error::io("reading the weights", path);
        let metadata = std::fs::metadata(path).map_err(failed())?;
        if !metadata.is_file() {
            let source = std::io::Error::other("it is not a regular file");
            return Err(failed()(source).into());
        }
        let bytes = std::fs::read(path).map_err(failed())?;
        Self::from_bytes(&path.display().to_string(), &bytes)
    }

    /// Parses a file of tensors that are f32, f64, f16 or bf16. Others keep only their name and
    /// shape, and PyTorch's batch counters (`*.num_batches_tracked`) are left out. `origin` is for
    /// error messages.
    ///
    /// Takes at most a constant times the file's size.
    ///
    /// # Errors
    /// [`Error::WeightsFile`].
    pub fn from_bytes(origin: &str, bytes: &[u8]) -> Result<Self> {
        let tensors = tensors(bytes).map_err(|reason| Error::WeightsFile {
            origin: origin.into(),
            reason,
        })?;
        Ok(Self {
            origin: origin.into(),
            sha256: gstds_data::hash::sha256(bytes),
            tensors,
        })
    }

    /// The file, as error messages name it.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// SHA-256 of the file, in hex.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Name, shape and row-major values of every tensor, by name. There are no values where the
    /// elements are integers or the like.
    pub fn tensors(&self) -> impl Iterator<Item = (&str, &[usize], &[f32])> {
        let tensors = self.tensors.iter();
        tensors.map(|(name, tensor)| (name.as_str(), &*tensor.shape, &*tensor.values))
    }

    /// The values of a tensor that a check has found.
    pub(crate) fn values(&self, name: &str) -> &[f32] {
        &self.tensors[name].values
    }

    /// The shape of a tensor, where the file has it.
    pub(crate) fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(|tensor| &*tensor.shape)
    }
}

/// Every tensor of a file, by name.
fn tensors(bytes: &[u8]) -> Result<BTreeMap<String, WeightTensor>, String> {
    let mut views = match bytes {
        [b'P', b'K', 3, 4, ..] => pytorch::zipped(bytes)?,
        [_, _, _, _, _, _, _, _, b'{', ..] => safetensors::tensors(bytes)?,
        [0x80, ..] => pytorch::legacy(bytes)?,
        _ => return Err("neither a safetensors file nor one that torch.save wrote".into()),
    };
    views.retain(|name, _| !name.ends_with(BATCH_COUNTER));
    check_claims(&views, bytes.len())?;
    views
        .into_iter()
        .map(|(name, view)| {
            let values = view
                .values()
                .map_err(|reason| format!("{name}: {reason}"))?;
            let TensorView { shape, element, .. } = view;
            let tensor = WeightTensor {
                shape,
                element,
                values,
            };
            Ok((name, tensor))
        })
        .collect()
}

/// Tensors of a pickle may overlap or repeat one value, and so claim more than the file has.
fn check_claims(views: &BTreeMap<String, TensorView<'_>>, size: usize) -> Result<(), String> {
    let claimed = views
        .values()
        .fold(0usize, |sum, view| sum.saturating_add(view.byte_len()));
    if claimed > size {
        return Err(format!(
            "its tensors claim {claimed} bytes, but the file has {size}; save copies of them"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
