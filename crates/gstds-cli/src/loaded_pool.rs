//! A pool whose rows can be read, and the images that are missing from it.

use gstds_curate::Pool;
use gstds_data::BadImage;

use crate::console;

/// An input whose rows can be read.
pub(crate) struct LoadedPool {
    pub(crate) pool: Pool,
    /// Images that could not be decoded.
    pub(crate) left_out: Vec<BadImage>,
    /// The rows that are left, by their numbers before, where images were left out.
    pub(crate) retained: Option<Vec<usize>>,
}

/// Warns of images that were left out, a line each.
pub(crate) fn warn_left_out(images: &[BadImage]) {
    for image in images {
        console::warn(&format!("left out: {image}"));
    }
}
