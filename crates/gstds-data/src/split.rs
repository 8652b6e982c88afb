//! A split of a data set: images of one shape with their labels.

use crate::{
    error::{Error, Result},
    hash,
    pixels::{PixelFile, PixelStore, Pixels},
};
use image::RgbImage;
use sha2::{Digest, Sha256};
use std::{collections::HashMap, sync::Arc};

/// Rows, columns and channels of every image of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageShape {
    /// Rows of pixels.
    pub height: usize,
    /// Pixels in a row.
    pub width: usize,
    /// Values per pixel: 1 for grey, 3 for RGB.
    pub channels: usize,
}

impl ImageShape {
    /// Bytes of one image.
    pub fn bytes(&self) -> usize {
        self.height * self.width * self.channels
    }
}

/// Images with their labels. The pixels are in memory or in a file, so a split may be larger than
/// memory; a clone copies the labels only.
#[derive(Debug, Clone)]
pub struct Split {
    pub(crate) shape: ImageShape,
    pub(crate) pixels: Pixels,
    pub(crate) labels: Vec<u16>,
}

impl Split {
    /// An image as RGB; grey is repeated, and channels beyond the third are dropped.
    ///
    /// # Errors
    /// [`Error::Io`] when its file cannot be read.
    ///
    /// # Panics
    /// When `row` is not below [`Split::len`].
    pub fn image(&self, row: usize) -> Result<RgbImage> {
        let shape = self.shape();
        let mut pixels = Vec::new();
        self.read(&[row], &mut pixels)?;
        let (width, height) = (shape.width as u32, shape.height as u32);
        Ok(RgbImage::from_fn(width, height, |x, y| {
            let first = (y as usize * shape.width + x as usize) * shape.channels;
            let channel = |channel: usize| {
                let channel = channel.min(shape.channels.saturating_sub(1));
                pixels[first + channel]
            };
            image::Rgb([channel(0), channel(1), channel(2)])
        }))
    }

    /// Wraps `pixels` (u8, `[images, height, width, channels]`) and one label per image.
    ///
    /// `name` is `train` or `test`, for error messages.
    ///
    /// # Errors
    /// [`Error::SplitSize`] when shape and labels need another number of bytes, [`Error::Label`]
    /// when a label is not below `classes`.
    pub fn new(
        name: &'static str,
        shape: ImageShape,
        pixels: Vec<u8>,
        labels: Vec<u16>,
        classes: usize,
    ) -> Result<Self> {
        let pixels = PixelStore::Memory(Arc::new(pixels));
        Self::checked(name, shape, pixels, labels, classes)
    }

    pub(crate) fn in_file(
        name: &'static str,
        shape: ImageShape,
        file: PixelFile,
        labels: Vec<u16>,
        classes: usize,
    ) -> Result<Self> {
        let pixels = PixelStore::File(Arc::new(file));
        Self::checked(name, shape, pixels, labels, classes)
    }

    fn checked(
        name: &'static str,
        shape: ImageShape,
        pixels: PixelStore,
        labels: Vec<u16>,
        classes: usize,
    ) -> Result<Self> {
        let pixels = Pixels::All(pixels);
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

    /// The number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no images.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The shape that every image has.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// Appends the pixels of the images `rows` to `into`, in that order: u8,
    /// `[rows, height, width, channels]`.
    ///
    /// Costs a copy from memory, or one read of the file per run of consecutive rows; threads may
    /// read concurrently.
    ///
    /// # Errors
    /// [`Error::Io`] when their file cannot be read.
    ///
    /// # Panics
    /// When a row is not below [`Split::len`], as indexing a slice does.
    pub fn read(&self, rows: &[usize], into: &mut Vec<u8>) -> Result<()> {
        let bytes = self.shape.bytes();
        into.reserve(rows.len() * bytes);
        for run in rows.chunk_by(|&row, &next| row + 1 == next) {
            self.pixels.read(run[0] * bytes, run.len() * bytes, into)?;
        }
        Ok(())
    }

    /// The images `rows` with their labels, in that order. Pixels in memory are copied, pixels in a
    /// file stay there.
    ///
    /// # Errors
    /// [`Error::Io`] when their file cannot be read.
    ///
    /// # Panics
    /// When a row is not below [`Split::len`], as indexing a slice does.
    pub fn rows(&self, rows: &[usize]) -> Result<Self> {
        let labels = rows.iter().map(|&row| self.labels[row]).collect();
        let mut selected = self.with_rows(rows, labels);
        if matches!(self.pixels, Pixels::All(PixelStore::Memory(_))) {
            // The copy lets the other images' memory be freed.
            let mut pixels = Vec::new();
            self.read(rows, &mut pixels)?;
            selected.pixels = Pixels::All(PixelStore::Memory(Arc::new(pixels)));
        }
        Ok(selected)
    }

    /// The first `count` images of every class, in their order, as [`Split::rows`].
    ///
    /// # Errors
    /// [`Error::Io`] when their file cannot be read.
    pub fn first_of_each_class(&self, count: usize) -> Result<Self> {
        let mut taken = HashMap::new();
        let mut is_wanted = |label: u16| {
            let taken = taken.entry(label).or_insert(0);
            *taken += 1;
            *taken <= count
        };
        let rows: Vec<usize> = (0..self.len())
            .filter(|&row| is_wanted(self.labels[row]))
            .collect();
        self.rows(&rows)
    }

    /// The images `rows`, which may repeat, with these labels. No pixel is copied.
    pub(crate) fn with_rows(&self, rows: &[usize], labels: Vec<u16>) -> Self {
        let (of, rows) = match &self.pixels {
            Pixels::Part { of, rows: all, .. } => {
                (of.clone(), rows.iter().map(|&row| all[row]).collect())
            }
            Pixels::All(store) => (store.clone(), rows.into()),
        };
        Self {
            shape: self.shape,
            pixels: Pixels::Part {
                of,
                image: self.shape.bytes(),
                rows,
            },
            labels,
        }
    }

    /// The split with other pixels, as many.
    pub(crate) fn with_pixels(&self, pixels: Vec<u8>) -> Self {
        Self {
            pixels: Pixels::All(PixelStore::Memory(Arc::new(pixels))),
            ..self.clone()
        }
    }

    /// One label per image, each below the number of classes.
    pub fn labels(&self) -> &[u16] {
        &self.labels
    }

    /// SHA-256 of shape and pixels, in hex: splits with the same images have the same features,
    /// whatever their labels. Free for pixels in a file, which carries it; for a selection of a
    /// file's images it covers the file's fingerprint and their rows instead of their pixels.
    pub fn pixel_fingerprint(&self) -> String {
        let bytes = self.shape.bytes();
        let start = || fingerprint_start(self.len(), self.shape);
        let hash = match &self.pixels {
            Pixels::All(PixelStore::File(file)) => return file.fingerprint.clone(),
            Pixels::All(PixelStore::Memory(pixels)) => start().chain_update(&**pixels),
            Pixels::Part { of, rows, .. } => match of {
                PixelStore::File(file) => rows
                    .iter()
                    .fold(Sha256::new_with_prefix(&file.fingerprint), |hash, &row| {
                        hash.chain_update((row as u64).to_le_bytes())
                    }),
                PixelStore::Memory(pixels) => rows.iter().fold(start(), |hash, row| {
                    hash.chain_update(&pixels[row * bytes..][..bytes])
                }),
            },
        };
        hash::hex(hash)
    }
}

/// The start of the hash behind [`Split::pixel_fingerprint`]; the pixels follow.
pub(crate) fn fingerprint_start(images: usize, shape: ImageShape) -> Sha256 {
    let mut hash = Sha256::new();
    for extent in [images, shape.height, shape.width, shape.channels] {
        hash.update((extent as u64).to_le_bytes());
    }
    hash
}

/// The same shape, pixels and labels, in memory or in a file. A selection of a file's images equals
/// only the same selection of the same file.
impl PartialEq for Split {
    fn eq(&self, other: &Self) -> bool {
        let same_pixels = || match (&self.pixels, &other.pixels) {
            (Pixels::All(PixelStore::Memory(one)), Pixels::All(PixelStore::Memory(two))) => {
                one == two
            }
            _ => self.pixel_fingerprint() == other.pixel_fingerprint(),
        };
        self.shape == other.shape && self.labels == other.labels && same_pixels()
    }
}

impl Eq for Split {}

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
    fn a_wrong_number_of_bytes_is_refused_with_both_counts() {
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
    fn the_first_images_of_every_class_stay_in_their_order() {
        let split = split((0..30).collect(), vec![0, 2, 2, 0, 2]).unwrap();
        let first = split.first_of_each_class(1).unwrap();
        assert_eq!(first.labels(), [0, 2]);
        let mut pixels = Vec::new();
        first.read(&[0, 1], &mut pixels).unwrap();
        assert_eq!(pixels, (0..12).collect::<Vec<u8>>());
        let two = split.first_of_each_class(2).unwrap();
        assert_eq!(two.labels(), [0, 2, 2, 0]);
        assert_eq!(split.first_of_each_class(3).unwrap(), split);
    }

    #[test]
    fn rows_are_whole_images_in_the_order_asked() {
        let split = split((0..12).collect(), vec![0, 2]).unwrap();
        let mut pixels = Vec::new();
        split.read(&[1], &mut pixels).unwrap();
        assert_eq!(pixels, [6, 7, 8, 9, 10, 11]);
        let mut pixels = vec![77];
        split.read(&[1, 0, 1], &mut pixels).unwrap();
        assert_eq!(pixels[..8], [77, 6, 7, 8, 9, 10, 11, 0]);
        assert_eq!(pixels.len(), 1 + 3 * 6);
    }

    #[test]
    fn some_images_are_a_split_of_their_own() {
        let split = split((0..18).collect(), vec![0, 2, 1]).unwrap();
        let part = split.rows(&[2, 0]).unwrap();
        assert_eq!(part.labels(), [1, 0]);
        let mut pixels = Vec::new();
        part.read(&[0, 1], &mut pixels).unwrap();
        assert_eq!(pixels, [12, 13, 14, 15, 16, 17, 0, 1, 2, 3, 4, 5]);
    }

    #[test]
    #[should_panic(expected = "out of range")]
    fn a_row_past_the_last_panics() {
        let split = split((0..12).collect(), vec![0, 2]).unwrap();
        split.read(&[1, 2], &mut Vec::new()).unwrap();
    }
}
