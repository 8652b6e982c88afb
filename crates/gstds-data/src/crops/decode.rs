//! One crop of one image file.

use super::precheck;
use image::imageops::{FilterType, crop_imm, resize};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// Most bytes of a decoded image: 89 megapixels of RGB.
pub(super) const LIMIT: u64 = 256 << 20;

/// The largest square in the centre of the image, RGB, resized to `side`; or why it cannot be
/// decoded.
///
/// This is the centre crop of the image resized so that its shorter side is `side`, but a long
/// strip costs no more than its square. The triangle filter spans two target pixels, so nothing
/// aliases. The format is detected from the contents, not from the name.
pub(super) fn crop(file: &[u8], side: usize, limit: u64) -> Result<Vec<u8>, String> {
    let image = decode(file, limit)?.into_rgb8();
    let (width, height) = image.dimensions();
    let shorter = width.min(height);
    let (left, top) = ((width - shorter) / 2, (height - shorter) / 2);
    let centre = crop_imm(&image, left, top, shorter, shorter).to_image();
    let side = side as u32;
    Ok(resize(&centre, side, side, FilterType::Triangle).into_raw())
}

fn decode(file: &[u8], limit: u64) -> Result<DynamicImage, String> {
    let mut reader = ImageReader::new(Cursor::new(file))
        .with_guessed_format()
        .map_err(|e| one_line(&e))?;
    let format = reader.format().ok_or("not a JPEG, PNG, WebP or BMP file")?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(limit);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|e| one_line(&e))?;
    let (width, height) = decoder.dimensions();
    let claims = (width, height, decoder.total_bytes());
    within(limit, claims)?;
    match format {
        ImageFormat::Jpeg if !precheck::jpeg_ends(file) => {
            return Err("truncated: the end marker of a JPEG file is missing".into());
        }
        ImageFormat::WebP => {
            precheck::webp_frames(file)
                .try_for_each(|(width, height)| within(limit, (width.into(), height.into(), 0)))?;
        }
        _ => {}
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(|e| one_line(&e))?;
    image.apply_orientation(orientation);
    Ok(image)
}

/// What a decoder reports, on one line.
fn one_line(error: &impl ToString) -> String {
    let text = error.to_string();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Checks the claimed sides and decoded bytes of an image against the limit.
fn within(limit: u64, (width, height, bytes): (u32, u32, u64)) -> Result<(), String> {
    let bytes = bytes.max(u64::from(width) * u64::from(height) * 3);
    if bytes == 0 || bytes > limit {
        return Err(format!(
            "claims {width}x{height} pixels, {bytes} bytes decoded, and the limit is {limit}"
        ));
    }
    Ok(())
}
