//! The source of images: a split, or a source made by a test.

use crate::error::Result;
use gstds_data::{ImageShape, Split};

/// A source of images.
pub(crate) trait ImageSource: Send + Sync {
    /// How many images.
    fn len(&self) -> usize;
    /// The shape that every image has.
    fn shape(&self) -> ImageShape;
    /// One label per image.
    fn labels(&self) -> &[u16];
    /// Appends the pixels of the images `rows` to `into`; see [`Split::read`].
    fn read(&self, rows: &[usize], into: &mut Vec<u8>) -> Result<()>;
}

impl ImageSource for Split {
    fn len(&self) -> usize {
        Self::len(self)
    }

    fn shape(&self) -> ImageShape {
        Self::shape(self)
    }

    fn labels(&self) -> &[u16] {
        Self::labels(self)
    }

    fn read(&self, rows: &[usize], into: &mut Vec<u8>) -> Result<()> {
        Ok(Self::read(self, rows, into)?)
    }
}
