//! Image files and their labels.

use crate::bad_image::BadImage;
use std::path::PathBuf;

/// The image files of a data set.
#[derive(Debug)]
pub(crate) struct Listing {
    /// What every path is relative to.
    pub root: PathBuf,
    /// One name per class, in label order.
    pub classes: Vec<String>,
    pub train: LabelledFiles,
    pub test: LabelledFiles,
    pub warnings: Vec<String>,
    /// Folders that cannot be read.
    pub unreadable: Vec<BadImage>,
}

/// The image files of a split.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct LabelledFiles {
    pub files: Vec<PathBuf>,
    /// One per file.
    pub labels: Vec<u16>,
}

impl LabelledFiles {
    pub(super) fn push(&mut self, file: PathBuf, label: u16) {
        self.files.push(file);
        self.labels.push(label);
    }
}
