//! Data sets: images and labels as they are stored, before any preprocessing.
//!
//! A [`Source`] names a data set and [`open`] reads it: `formats` knows how each lies on disk,
//! `crops` decodes image files, resizes them once and keeps the result in a file.

#[allow(missing_docs)]
pub mod atomic_file;
mod corruption;
mod crops;
mod embedded;
mod error;
#[cfg(feature = "clap")]
pub mod flags;
mod formats;
#[allow(missing_docs)]
pub mod hash;
mod left_out;
#[allow(missing_docs)]
pub mod matrix;
#[allow(missing_docs)]
pub mod npy;
mod open;
#[allow(missing_docs)]
pub mod output_file;
mod pixels;
mod progress;
mod source;
mod split;
mod text_values;

pub use corruption::{Conditioned, Conditions};
pub use crops::{LARGEST_SIDE, SMALLEST_SIDE};
pub use embedded::{EMBEDDED_NAME, embedded};
pub use error::{Error, Result};
pub use left_out::LeftOut;
pub use matrix::Element;
pub use open::{
    ListedImages, Opened, OpenedImages, list_images, open, open_images, open_listed_images,
};
pub use progress::{Progress, Silent};
pub use source::{NAMES, Source};
pub use split::{ImageShape, Split};

use sha2::{Digest, Sha256};

/// A data set: what there is to learn from, and to test on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// As `--dataset` names it.
    pub name: String,
    /// One name a class, in label order.
    pub classes: Vec<String>,
    /// What is trained on.
    pub train: Split,
    /// What accuracy is measured on; no overlap with `train`.
    pub test: Split,
}

impl Dataset {
    /// The shape of every image, training and test.
    pub fn shape(&self) -> ImageShape {
        self.train.shape()
    }

    /// SHA-256 of everything a run depends on (both splits' pixels, shapes and labels, and the
    /// class names), in hex. A resumed run compares it.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for split in [&self.train, &self.test] {
            hash.update(split.pixel_fingerprint());
            for label in split.labels() {
                hash.update(label.to_le_bytes());
            }
        }
        for class in &self.classes {
            hash.update((class.len() as u64).to_le_bytes());
            hash.update(class);
        }
        crate::hash::hex(hash)
    }
}

#[cfg(test)]
mod tests;
