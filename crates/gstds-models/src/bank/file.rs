//! A bank as a safetensors file: tensor `features`, with its key and a checksum in the header.

use super::{BankElement, FeatureBank, bank_error};
use crate::error::Result;
use safetensors::{SafeTensorError, SafeTensors, tensor::TensorView};
use std::collections::HashMap;
use std::io;
use std::path::Path;

/// Marks the file format in the header; the number grows when the layout changes.
pub(super) const FORMAT: &str = "gstds-feature-bank-1";

impl FeatureBank {
    /// The safetensors file of this bank.
    ///
    /// # Errors
    /// [`Error::Bank`](crate::Error::Bank) when it is larger than the format can describe.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let unfit = |e: SafeTensorError| bank_error("memory", e.to_string());
        let (view, header) = (self.view().map_err(unfit)?, Some(self.header()));
        safetensors::serialize([("features", view)], header).map_err(unfit)
    }

    /// Writes that file over `path`, without holding it in memory.
    pub(crate) fn write_over(&self, path: &Path) -> io::Result<()> {
        let view = self.view().map_err(io::Error::other)?;
        let header = Some(self.header());
        safetensors::serialize_to_file([("features", view)], header, path).map_err(|e| match e {
            SafeTensorError::IoError(reason) => reason,
            other => io::Error::other(other),
        })
    }

    fn view(&self) -> Result<TensorView<'_>, SafeTensorError> {
        let shape = vec![self.rows(), self.width];
        TensorView::new(self.element.stored(), shape, &self.bytes)
    }

    fn header(&self) -> HashMap<String, String> {
        let checksum = gstds_data::hash::sha256(&self.bytes);
        // One entry only: the order of several is random, and the file would not be reproducible.
        HashMap::from([("gstds".into(), format!("{FORMAT} {} {checksum}", self.key))])
    }

    /// Reads what [`FeatureBank::to_bytes`] wrote and checks it; `origin` is for error messages.
    ///
    /// # Errors
    /// [`Error::Bank`](crate::Error::Bank) for a damaged file or one that is not a bank.
    pub fn from_bytes(origin: &str, mut bytes: Vec<u8>) -> Result<Self> {
        let (width, element, key, start) =
            checked(&bytes).map_err(|reason| bank_error(origin, reason))?;
        bytes.drain(..start);
        Ok(Self {
            width,
            element,
            bytes,
            key,
        })
    }
}

/// Width, element type and key of a bank's file, and where its values start.
fn checked(bytes: &[u8]) -> Result<(usize, BankElement, String, usize), String> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| e.to_string())?;
    let file = SafeTensors::deserialize(bytes).map_err(|e| e.to_string())?;
    let note = header.metadata().as_ref().and_then(|m| m.get("gstds"));
    let note = note.ok_or("its header has no entry `gstds`")?;
    let parts: Vec<&str> = note.split(' ').collect();
    let [FORMAT, key, checksum] = parts[..] else {
        return Err(format!("its header says `{note}`, not `{FORMAT} ...`"));
    };
    let tensors = file.len();
    if tensors != 1 {
        return Err(format!("it has {tensors} tensors, not `features` alone"));
    }
    let view = file.tensor("features");
    let view = view.map_err(|_| "it has no tensor `features`")?;
    let &[_, width] = view.shape() else {
        return Err(format!("its shape is {:?}, not 2 extents", view.shape()));
    };
    let element = BankElement::of(view.dtype()).filter(|_| width > 0);
    let element =
        element.ok_or_else(|| format!("it holds {:?} x {width}, not F16 or F32", view.dtype()))?;
    if gstds_data::hash::sha256(view.data()) != checksum {
        return Err("its checksum does not match its contents".into());
    }
    Ok((width, element, key.into(), bytes.len() - view.data().len()))
}
