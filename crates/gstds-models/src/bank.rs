//! Feature banks: one feature row an image, computed once, because the reference never changes.

mod compute;
mod file;
mod resident;

pub use crate::element::BankElement;
pub use resident::{BankLayout, ResidentBank};

use crate::error::{Error, Result};
use crate::reference::ReferenceInfo;
use file::FORMAT;
use gstds_data::Split;

/// The bank of the embedded data set's training images; docs/assets.md describes how it was made.
const EMBEDDED: &[u8] = include_bytes!("../assets/fashion-mnist-features.safetensors");

/// Side to which the embedded data set's 28x28 images are enlarged for the reference model.
///
/// docs/assets.md has the accuracies and times from which it was chosen.
pub const EMBEDDED_INPUT_SIDE: usize = 128;

/// Features of all images of a split, `[rows, width]`, f16 or f32, on the host.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureBank {
    width: usize,
    element: BankElement,
    /// Row after row, little-endian, as the file and the device hold them.
    bytes: Vec<u8>,
    key: String,
}

/// What a bank depends on: SHA-256, in hex, over the reference model's name and weights, its
/// preprocessing, the images' pixels and the element type. Neither labels nor augmentation play a
/// part: the reference sees every image as it is stored, once.
pub fn bank_key(reference: &ReferenceInfo, images: &Split, element: BankElement) -> String {
    let preprocess = reference.preprocess.describe();
    let pixels = images.pixel_fingerprint();
    let mut parts = vec![
        FORMAT,
        reference.name,
        &reference.weights_sha256,
        &preprocess,
        &pixels,
    ];
    if element != BankElement::F16 {
        parts.push(element.name());
    }
    gstds_data::hash::sha256(parts.join("\n").as_bytes())
}

impl FeatureBank {
    /// The bank that ships in the binary, for the training images of
    /// [`gstds_data::embedded`] at [`EMBEDDED_INPUT_SIDE`].
    ///
    /// # Errors
    /// [`Error::Bank`] when the file in the binary is damaged.
    pub fn embedded() -> Result<Self> {
        Self::from_bytes("the binary", EMBEDDED.to_vec())
    }

    /// How many images.
    pub fn rows(&self) -> usize {
        self.bytes.len() / self.row_bytes()
    }

    /// Features per image.
    pub fn width(&self) -> usize {
        self.width
    }

    /// How a feature is stored.
    pub fn element(&self) -> BankElement {
        self.element
    }

    /// The features of image `row`.
    ///
    /// # Panics
    /// When `row` is not below [`FeatureBank::rows`], as indexing a slice does.
    pub fn row(&self, row: usize) -> Vec<f32> {
        let bytes = self.row_bytes();
        self.element
            .decode(&self.bytes[row * bytes..(row + 1) * bytes])
    }

    /// The features of `rows`, in that order, repeated where rows are. The key is made of this
    /// bank's and the rows.
    ///
    /// # Panics
    /// As [`FeatureBank::row`].
    pub fn gathered(&self, rows: &[usize]) -> Self {
        let bytes = self.row_bytes();
        let mut gathered = Vec::with_capacity(rows.len() * bytes);
        let mut key = self.key.clone().into_bytes();
        for row in rows {
            gathered.extend_from_slice(&self.bytes[row * bytes..][..bytes]);
            key.extend_from_slice(&(*row as u64).to_le_bytes());
        }
        Self {
            bytes: gathered,
            key: gstds_data::hash::sha256(&key),
            ..*self
        }
    }

    /// All features as stored: `[rows, width]`, little-endian.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it was computed from, see [`bank_key`].
    pub fn key(&self) -> &str {
        &self.key
    }

    fn row_bytes(&self) -> usize {
        self.width * self.element.bytes()
    }
}

fn bank_error(origin: &str, reason: String) -> Error {
    Error::Bank {
        origin: origin.into(),
        reason,
    }
}

#[cfg(test)]
mod tests;
