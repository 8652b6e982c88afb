//! The file that features are written to: .npy or .safetensors by its name.

use std::io::{self, Write as _};
use std::path::Path;

use gstds_models::bank::{BankElement, FeatureBank};
use safetensors::{Dtype, tensor::TensorView};

use gstds_data::matrix::npy;
use gstds_data::{Error, output_file};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Format {
    Npy,
    Safetensors,
}

const FORMATS: [(&str, Format); 2] = [("npy", Format::Npy), ("safetensors", Format::Safetensors)];

/// What is written.
pub(crate) struct Contents<'a> {
    pub(crate) bank: &'a FeatureBank,
    /// One per row, where there are labels; .npy has no place for them.
    pub(crate) labels: Option<&'a [u16]>,
}

/// The file for features, checked before they are computed.
pub(crate) struct Target(output_file::FormattedOutput<Format>);

impl Target {
    /// Checks the name, its folder and any existing file.
    pub(crate) fn new(path: &Path, replace: bool) -> Result<Self, Error> {
        output_file::FormattedOutput::among(&FORMATS, path, replace).map(Self)
    }

    /// Writes it under a temporary name.
    pub(crate) fn stage(
        &self,
        contents: &Contents<'_>,
    ) -> Result<output_file::StagedOutput<'_>, Error> {
        self.0.file.stage(|file| match self.0.format {
            Format::Npy => {
                let bank = contents.bank;
                file.write_all(&npy_start(bank))?;
                file.write_all(bank.bytes())
            }
            Format::Safetensors => {
                file.write_all(&safetensors(contents).map_err(io::Error::other)?)
            }
        })
    }
}

fn npy_start(bank: &FeatureBank) -> Vec<u8> {
    let descr = match bank.element() {
        BankElement::F16 => "<f2",
        BankElement::F32 => "<f4",
    };
    npy::matrix_start(descr, bank.rows(), bank.width())
}

/// Tensors `features` (rows, features) and, where there are labels, `labels` (rows) as int64, the
/// type that PyTorch's losses take.
fn safetensors(contents: &Contents<'_>) -> Result<Vec<u8>, safetensors::SafeTensorError> {
    let bank = contents.bank;
    let dtype = match bank.element() {
        BankElement::F16 => Dtype::F16,
        BankElement::F32 => Dtype::F32,
    };
    let shape = vec![bank.rows(), bank.width()];
    let mut tensors = vec![("features", TensorView::new(dtype, shape, bank.bytes())?)];
    let labels: Vec<u8> = contents
        .labels
        .into_iter()
        .flatten()
        .flat_map(|&label| i64::from(label).to_le_bytes())
        .collect();
    if contents.labels.is_some() {
        let view = TensorView::new(Dtype::I64, vec![bank.rows()], &labels)?;
        tensors.push(("labels", view));
    }
    safetensors::serialize(tensors, None)
}
