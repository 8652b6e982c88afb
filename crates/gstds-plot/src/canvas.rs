//! What is drawn on: fonts, text, units, pixels. One unit of a chart is a quarter of a pixel, so that
//! plotters' whole numbers are fine enough.

use crate::error::{Error, Result};
use image::{ExtendedColorType, ImageEncoder, RgbImage, codecs::png::PngEncoder};
use plotters::{
    backend::{BitMapBackend, DrawingBackend},
    coord::Shift,
    drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea},
    style::{Color, FontStyle, IntoFont, RGBColor, TextStyle, register_font, text_anchor::Pos},
};
use std::{fmt::Display, sync::OnceLock};

/// DejaVu Sans, reduced to the characters that pictures need; docs/assets.md describes how.
const FONT: &[u8] = include_bytes!("../assets/dejavu-sans-subset.ttf");
/// The font's name here; a browser chooses its own sans-serif.
const FAMILY: &str = "sans-serif";
/// Units per pixel.
pub(super) const UNIT: u32 = 4;
/// Pixels of a PNG per pixel of its chart.
pub(super) const DENSITY: u32 = 2;

/// What a [`Chart`](crate::Chart) is drawn on.
pub type Canvas<DB> = DrawingArea<DB, Shift>;
/// What drawing returns; the error is the backend's.
pub type DrawResult<DB, T = ()> =
    std::result::Result<T, DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

/// Draws on an image; a unit is a pixel.
pub(super) fn on_pixels(
    image: &mut RgbImage,
    draw: impl for<'a> FnOnce(&Canvas<BitMapBackend<'a>>) -> DrawResult<BitMapBackend<'a>>,
) -> Result<()> {
    load_font()?;
    let size = image.dimensions();
    let area = BitMapBackend::with_buffer(image, size).into_drawing_area();
    draw(&area).map_err(failed)?;
    area.present().map_err(failed)
}

/// Encodes an image as PNG.
///
/// # Errors
/// [`Error`] for an image without pixels.
pub fn encode_png(image: &RgbImage) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(
            image,
            image.width(),
            image.height(),
            ExtendedColorType::Rgb8,
        )
        .map_err(failed)?;
    Ok(bytes)
}

/// A style for text of `size` pixels, with `unit` units per pixel.
pub(super) fn text(size: f64, unit: u32, colour: RGBColor, anchor: Pos) -> TextStyle<'static> {
    // Plotters takes the height of a line for the size of a font.
    const LINE: f64 = 1.24;
    let font = (FAMILY, size * LINE * f64::from(unit)).into_font();
    let mut style = TextStyle::from(font).pos(anchor);
    style.color = colour.to_backend_color();
    style
}

/// Text truncated with an ellipsis to a width in units, and its width.
pub(super) fn truncated<DB: DrawingBackend>(
    canvas: &Canvas<DB>,
    words: &str,
    style: &TextStyle<'_>,
    width: u32,
) -> DrawResult<DB, (String, u32)> {
    let whole = canvas.estimate_text_size(words, style)?.0;
    if whole <= width {
        return Ok((words.into(), whole));
    }
    let mut kept: Vec<char> = words.chars().collect();
    while !kept.is_empty() {
        kept.pop();
        let cut: String = kept.iter().chain(['…'].iter()).collect();
        let size = canvas.estimate_text_size(&cut, style)?.0;
        if size <= width {
            return Ok((cut, size));
        }
    }
    Ok((String::new(), 0))
}

pub(super) fn load_font() -> Result<()> {
    static LOADED: OnceLock<bool> = OnceLock::new();
    let loaded = LOADED.get_or_init(|| register_font(FAMILY, FontStyle::Normal, FONT).is_ok());
    match loaded {
        true => Ok(()),
        false => Err(failed("the embedded font is damaged")),
    }
}

pub(super) fn failed(reason: impl Display) -> Error {
    Error {
        reason: reason.to_string(),
    }
}
