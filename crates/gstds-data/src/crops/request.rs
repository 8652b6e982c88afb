//! Requested crops, and the crops made.

use crate::{pixels::PixelFile, split::ImageShape};
use std::path::{Path, PathBuf};

/// Image files of a split that become square crops.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CropRequest<'a> {
    pub dataset: &'a str,
    pub split: &'static str,
    /// What the files are relative to.
    pub root: &'a Path,
    pub files: &'a [PathBuf],
    /// Side of the crops in pixels.
    pub side: usize,
    /// Most bytes of a decoded image.
    pub limit: u64,
}

impl CropRequest<'_> {
    /// The shape of every crop: RGB.
    pub fn shape(&self) -> ImageShape {
        ImageShape {
            height: self.side,
            width: self.side,
            channels: 3,
        }
    }
}

/// The crops of a request, in a file.
#[derive(Debug)]
pub(crate) struct Crops {
    pub file: PixelFile,
    /// Indices of the files that cannot be decoded, ascending, and why. They have no crop.
    pub bad: Vec<(usize, String)>,
}
