//! What near-duplicates are told apart by: the whole of a picture, its size and its sharpness.

use crate::crops::{decode, make};
use image::imageops::{FilterType, resize};
use image::{GrayImage, RgbImage};
use std::path::Path;

/// A picture as a whole, without the cut to a square that crops make.
#[derive(Debug)]
pub struct Picture(RgbImage);

impl Picture {
    /// Decodes an image file, of at most `limit` decoded bytes; or says why it cannot be.
    ///
    /// # Errors
    /// The file system's or the decoder's reason, as text.
    pub fn open(path: &Path, limit: u64) -> Result<Self, String> {
        let bytes = make::read(path, limit)?;
        decode::whole(&bytes, limit).map(Self)
    }

    /// Its pixels.
    #[must_use]
    pub fn pixels(&self) -> u64 {
        u64::from(self.0.width()) * u64::from(self.0.height())
    }

    /// All of it in its proportions, reduced until no side has more than `side` pixels.
    #[must_use]
    pub fn fitted(&self, side: u32) -> RgbImage {
        let (width, height) = self.0.dimensions();
        let longer = width.max(height);
        if longer <= side {
            return self.0.clone();
        }
        let (longer, side) = (u64::from(longer), u64::from(side));
        let scaled = |length: u32| (u64::from(length) * side / longer).max(1) as u32;
        resize(&self.0, scaled(width), scaled(height), FilterType::Triangle)
    }

    /// All of it, squeezed to a square: RGB, `[side, side, 3]`.
    #[must_use]
    pub fn squeezed(&self, side: u32) -> Vec<u8> {
        resize(&self.0, side, side, FilterType::Triangle).into_raw()
    }

    /// The variance of the Laplacian of its luminance, the usual measure of focus: 0 of a single
    /// colour, higher the more detail from pixel to pixel there is.
    #[must_use]
    pub fn sharpness(&self) -> f64 {
        let grey: GrayImage = image::imageops::grayscale(&self.0);
        let (width, height) = grey.dimensions();
        let at = |x: u32, y: u32| f64::from(grey.get_pixel(x, y).0[0]);
        let (mut sum, mut squares, mut count) = (0.0, 0.0, 0.0);
        for y in 1..height.saturating_sub(1) {
            for x in 1..width.saturating_sub(1) {
                let around = at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1);
                let value = around - 4.0 * at(x, y);
                sum += value;
                squares += value * value;
                count += 1.0;
            }
        }
        match count > 0.0 {
            true => (squares - sum * sum / count) / count,
            false => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crops::DECODE_LIMIT;
    use crate::tests::samples::{encoded, picture, write};
    use image::ImageFormat;
    use image::imageops::blur;

    #[test]
    fn a_blurred_picture_is_less_sharp_and_a_file_without_one_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, picture: &image::DynamicImage| {
            let path = folder.path().join(name);
            write(&path, encoded(picture, ImageFormat::Png));
            Picture::open(&path, DECODE_LIMIT).unwrap()
        };
        let sharp = picture(60, 20, 3);
        let soft = blur(&sharp.to_rgb8(), 2.0).into();
        let (sharp, soft) = (file("sharp.png", &sharp), file("soft.png", &soft));
        assert!(sharp.sharpness() > 2.0 * soft.sharpness());
        assert_eq!((sharp.pixels(), sharp.squeezed(4).len()), (1200, 48));
        assert_eq!(sharp.fitted(30).dimensions(), (30, 10));
        assert_eq!(sharp.fitted(2).dimensions(), (2, 1));
        assert_eq!(sharp.fitted(60), sharp.0);
        let flat = file("flat.png", &image::RgbImage::new(9, 9).into());
        assert_eq!(flat.sharpness(), 0.0);
        let missing = Picture::open(&folder.path().join("none.png"), DECODE_LIMIT);
        assert!(missing.unwrap_err().starts_with("cannot be read: "));
    }
}
