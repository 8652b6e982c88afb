//! How each data set lies on disk. Text and binary files become images in memory, or a [`Listing`]
//! of image files with labels; nothing is decoded here.

pub(super) mod cifar10;
pub(super) mod flowers;
pub(super) mod folder;
pub(super) mod idx;
mod mat;
pub(super) mod pets;
mod read;
pub(super) mod walk;

use std::path::PathBuf;

/// Image files of a data set.
#[derive(Debug)]
pub(super) struct Listing {
    /// What every path is below.
    pub root: PathBuf,
    /// One name a class, in label order.
    pub classes: Vec<String>,
    pub train: Listed,
    pub test: Listed,
    pub warnings: Vec<String>,
}

/// Image files of one split.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Listed {
    pub files: Vec<PathBuf>,
    /// One a file.
    pub labels: Vec<u16>,
}

impl Listed {
    fn push(&mut self, file: PathBuf, label: u16) {
        self.files.push(file);
        self.labels.push(label);
    }
}

#[cfg(test)]
mod fuzz;
