//! A data set in two splits.

use crate::{
    hash,
    split::{ImageShape, Split},
};
use sha2::{Digest, Sha256};

/// A labelled data set with a training and a test split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// One of [`NAMES`](crate::NAMES).
    pub name: String,
    /// One name per class, in label order.
    pub classes: Vec<String>,
    /// What is trained on.
    pub train: Split,
    /// What accuracy is measured on; disjoint from `train`.
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
        hash::hex(hash)
    }
}
