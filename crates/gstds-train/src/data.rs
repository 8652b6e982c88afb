//! Data sets: images and labels as they are stored, before any preprocessing.

mod embedded;

pub use embedded::{EMBEDDED_NAME, embedded};

use crate::error::{Error, Result};
use sha2::{Digest, Sha256};

/// Rows, columns and channels of every image of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageShape {
    /// Rows of pixels.
    pub height: usize,
    /// Pixels in a row.
    pub width: usize,
    /// Values in a pixel: 1 for grey, 3 for RGB.
    pub channels: usize,
}

impl ImageShape {
    /// Bytes of one image.
    pub fn bytes(&self) -> usize {
        self.height * self.width * self.channels
    }
}

/// Images with their labels: one part of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    shape: ImageShape,
    pixels: Vec<u8>,
    labels: Vec<u16>,
}

impl Split {
    /// Wraps `pixels` (u8, image after image, each `[height, width, channels]`) and one label an image.
    ///
    /// `name` is `train` or `test` and serves the error message.
    ///
    /// # Errors
    /// [`Error::SplitSize`] when the byte count is not what shape and labels ask for,
    /// [`Error::Label`] when a label is not below `classes`.
    pub fn new(
        name: &'static str,
        shape: ImageShape,
        pixels: Vec<u8>,
        labels: Vec<u16>,
        classes: usize,
    ) -> Result<Self> {
        let expected = labels.len().saturating_mul(shape.bytes());
        if pixels.len() != expected {
            return Err(Error::SplitSize {
                split: name,
                pixels: pixels.len(),
                labels: labels.len(),
                height: shape.height,
                width: shape.width,
                channels: shape.channels,
                expected,
            });
        }
        if let Some(image) = labels
            .iter()
            .position(|&label| usize::from(label) >= classes)
        {
            return Err(Error::Label {
                split: name,
                image,
                label: labels[image],
                classes,
            });
        }
        Ok(Self {
            shape,
            pixels,
            labels,
        })
    }

    /// How many images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// True when there is no image.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The shape that every image has.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// All pixels: u8, `[images, height, width, channels]`.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The pixels of images `rows`: u8, `[rows, height, width, channels]`.
    ///
    /// # Panics
    /// When `rows` reaches past [`Split::len`], as indexing a slice does.
    pub fn rows(&self, rows: std::ops::Range<usize>) -> &[u8] {
        let bytes = self.shape.bytes();
        &self.pixels[rows.start * bytes..rows.end * bytes]
    }

    /// Appends the pixels of the images `rows`, in that order, to `into`.
    ///
    /// # Errors
    /// [`Error::Io`] where they lie in a file that cannot be read.
    ///
    /// # Panics
    /// When a row is not below [`Split::len`], as indexing a slice does.
    pub fn read(&self, rows: &[usize], into: &mut Vec<u8>) -> Result<()> {
        for &row in rows {
            into.extend_from_slice(self.rows(row..row + 1));
        }
        Ok(())
    }

    /// One label an image, each below the number of classes.
    pub fn labels(&self) -> &[u16] {
        &self.labels
    }

    /// SHA-256 of shape and pixels, in hex: two splits with the same images have the same
    /// features, whatever their labels.
    pub fn pixel_fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for extent in [
            self.len(),
            self.shape.height,
            self.shape.width,
            self.shape.channels,
        ] {
            hash.update((extent as u64).to_le_bytes());
        }
        hash.update(&self.pixels);
        crate::hash::hex(hash)
    }
}

/// A data set held in memory: what there is to learn from, and to test on.
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
mod tests {
    use super::*;

    const SHAPE: ImageShape = ImageShape {
        height: 2,
        width: 3,
        channels: 1,
    };

    fn split(pixels: Vec<u8>, labels: Vec<u16>) -> Result<Split> {
        Split::new("train", SHAPE, pixels, labels, 3)
    }

    #[test]
    fn a_byte_too_few_or_too_many_is_refused_with_both_counts() {
        for bytes in [11, 13] {
            let message = split(vec![0; bytes], vec![0, 2]).unwrap_err().to_string();
            assert!(
                message.contains(&format!("{bytes} pixel bytes")),
                "{message}"
            );
            assert!(message.contains("need 12 bytes"), "{message}");
        }
    }

    #[test]
    fn a_label_past_the_last_class_is_refused_by_image() {
        let message = split(vec![0; 12], vec![0, 3]).unwrap_err().to_string();
        assert!(
            message.contains("image 1") && message.contains("from 0 to 2"),
            "{message}"
        );
    }

    #[test]
    fn fingerprints_see_every_pixel_and_label_and_the_shape() {
        let base = Dataset {
            name: "a".into(),
            classes: vec!["x".into(), "y".into(), "z".into()],
            train: split((0..12).collect(), vec![0, 2]).unwrap(),
            test: split(vec![7; 6], vec![1]).unwrap(),
        };
        let mut pixel = base.clone();
        pixel.test.pixels[5] = 8;
        let mut label = base.clone();
        label.train.labels[1] = 1;
        let mut turned = base.clone();
        turned.train.shape = ImageShape {
            height: 3,
            width: 2,
            channels: 1,
        };
        for (what, other) in [("pixel", &pixel), ("label", &label), ("shape", &turned)] {
            assert_ne!(base.fingerprint(), other.fingerprint(), "{what}");
        }
        assert_eq!(
            base.train.pixel_fingerprint(),
            label.train.pixel_fingerprint()
        );
        assert_ne!(
            base.train.pixel_fingerprint(),
            turned.train.pixel_fingerprint()
        );
    }

    #[test]
    fn rows_are_whole_images() {
        let split = split((0..12).collect(), vec![0, 2]).unwrap();
        assert_eq!(split.rows(1..2), &[6, 7, 8, 9, 10, 11]);
        let mut pixels = vec![77];
        split.read(&[1, 0, 1], &mut pixels).unwrap();
        assert_eq!(pixels[..8], [77, 6, 7, 8, 9, 10, 11, 0]);
        assert_eq!(pixels.len(), 1 + 3 * 6);
    }
}
