//! How image files become crops, where no data set's configuration says it.

use crate::crops::DECODE_LIMIT;

/// How image files become crops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CropOptions {
    /// Side of the crops in pixels.
    pub side: usize,
    /// Leaves out images that cannot be read or decoded, instead of refusing all.
    pub skip_bad: bool,
    /// Most bytes of a decoded image, such as [`DECODE_LIMIT`]. As many cores as there are hold up
    /// to six times this at once.
    pub decode_limit: u64,
}

impl CropOptions {
    /// Refuses all where one is bad, by the default limit.
    #[must_use]
    pub fn new(side: usize) -> Self {
        Self {
            side,
            skip_bad: false,
            decode_limit: DECODE_LIMIT,
        }
    }
}
