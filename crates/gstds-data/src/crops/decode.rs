//! One crop of one image file.

use super::{jpeg, tiff, webp};
use image::imageops::{FilterType, crop_imm, resize};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage};
use std::cell::Cell;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    /// Whether this thread decodes an image.
    static DECODING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread decodes an image. A panic of the decoder is caught then and becomes the
/// reason why the image cannot be decoded, so that a program's panic hook may be silent.
#[must_use]
pub fn is_decoding() -> bool {
    DECODING.get()
}

/// The largest square in the centre of the image, RGB, resized to `side`; or why it cannot be
/// decoded.
///
/// This is the centre crop of the image resized so that its shorter side is `side`, but a long
/// strip costs no more than its square. The triangle filter spans two target pixels, so nothing
/// aliases. The format is detected from the contents, not from the name; of several images in a
/// file, frames of a GIF or pages of a TIFF, the first is taken.
pub(super) fn crop(file: &[u8], side: usize, limit: u64) -> Result<Vec<u8>, String> {
    guarded(|| {
        let image = decode(file, limit)?.into_rgb8();
        let (width, height) = image.dimensions();
        let shorter = width.min(height);
        let (left, top) = ((width - shorter) / 2, (height - shorter) / 2);
        let centre = crop_imm(&image, left, top, shorter, shorter).to_image();
        let side = side as u32;
        Ok(resize(&centre, side, side, FilterType::Triangle).into_raw())
    })
}

/// All of an image, RGB; or why it cannot be decoded.
pub(crate) fn whole(file: &[u8], limit: u64) -> Result<RgbImage, String> {
    guarded(|| Ok(decode(file, limit)?.into_rgb8()))
}

/// Decoders are other people's code: a panic of one costs an image and not the run.
fn guarded<T>(decode: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let before = DECODING.replace(true);
    let caught = catch_unwind(AssertUnwindSafe(decode));
    DECODING.set(before);
    caught.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or(panic.downcast_ref::<&str>().copied());
        Err(format!(
            "the decoder panicked: {}",
            one_line(&text.unwrap_or("without a message"))
        ))
    })
}

fn decode(file: &[u8], limit: u64) -> Result<DynamicImage, String> {
    let mut reader = ImageReader::new(Cursor::new(file))
        .with_guessed_format()
        .map_err(|e| one_line(&e))?;
    let format = reader
        .format()
        .filter(|format| format.reading_enabled())
        .ok_or("not a JPEG, PNG, WebP, BMP, GIF or TIFF file")?;
    if format == ImageFormat::Tiff {
        tiff::check(file)?;
    }
    let failed = |error: ImageError| match error {
        ImageError::Limits(_) => {
            format!("claims more pixels than the limit (decode_limit) of {limit} bytes decoded")
        }
        other => one_line(&other),
    };
    let mut limits = Limits::default();
    limits.max_alloc = Some(limit);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(failed)?;
    let (width, height) = decoder.dimensions();
    let claims = (width, height, decoder.total_bytes());
    within(limit, claims)?;
    match format {
        ImageFormat::Jpeg => jpeg::check(file)?,
        ImageFormat::WebP => {
            webp::frames(file)
                .try_for_each(|(width, height)| within(limit, (width.into(), height.into(), 0)))?;
        }
        _ => {}
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(failed)?;
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
            "claims {width}x{height} pixels, {bytes} bytes decoded, and the limit (decode_limit) is {limit}"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_a_decoder_is_the_reason_of_one_image() {
        let of = |number: u32| -> Result<u32, String> {
            guarded(|| match number {
                1 => panic!("index {number} out of\nbounds"),
                _ => Ok(number),
            })
        };
        let error = of(1).unwrap_err();
        assert_eq!(error, "the decoder panicked: index 1 out of bounds");
        assert_eq!((of(2), is_decoding()), (Ok(2), false));
        assert!(guarded(|| Ok(is_decoding())).unwrap());
    }
}
