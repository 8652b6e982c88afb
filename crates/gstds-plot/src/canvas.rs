//! What charts are drawn on: SVG, or pixels that become PNG. One unit is a quarter of a pixel, so
//! that plotters' whole numbers are fine enough.

use super::{Chart, Theme};
use crate::error::{Error, Result};
use image::{ExtendedColorType, ImageEncoder, RgbImage, codecs::png::PngEncoder, imageops};
use plotters::{
    backend::{BitMapBackend, DrawingBackend, SVGBackend},
    coord::Shift,
    drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea},
    style::{Color, FontStyle, IntoFont, RGBColor, TextStyle, register_font, text_anchor::Pos},
};
use std::{fmt::Display, sync::OnceLock};

/// DejaVu Sans, the characters that pictures need; docs/assets.md tells how it was made.
const FONT: &[u8] = include_bytes!("../assets/dejavu-sans-subset.ttf");
/// The name under which the font is known here and a browser chooses its own.
const FAMILY: &str = "sans-serif";
/// Units of a pixel.
pub(super) const UNIT: u32 = 4;
/// Pixels of a PNG for each of its chart's.
const DENSITY: u32 = 2;

/// A drawing on the way.
pub(super) type Paper<DB> = DrawingArea<DB, Shift>;
/// What became of it.
pub(super) type Drawn<DB> =
    std::result::Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

/// A chart as an `svg` element for HTML, which scales to the width it is given. `name` is what it
/// shows, for those who do not see it. Deterministic; costs a few hundred elements of text.
///
/// # Errors
/// [`Error`].
pub fn svg<C: Chart>(chart: &C, theme: Theme, name: &str) -> Result<String> {
    load_font()?;
    let (width, height) = units(chart);
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (width, height)).into_drawing_area();
        chart.draw(&area, theme).map_err(failed)?;
        area.present().map_err(failed)?;
    }
    // Only files need the name space and a size of their own.
    let body = text.split_once('>').map_or("", |(_, body)| body);
    let name = crate::markup::escaped(name);
    Ok(format!(
        "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{name}\">{body}"
    ))
}

/// A chart as PNG, twice as fine as its size in pixels. Deterministic; costs some tens of
/// milliseconds.
///
/// # Errors
/// [`Error`].
pub fn png<C: Chart>(chart: &C, theme: Theme) -> Result<Vec<u8>> {
    load_font()?;
    let (width, height) = units(chart);
    let mut pixels = vec![0; width as usize * height as usize * 3];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
        chart.draw(&area, theme).map_err(failed)?;
        area.present().map_err(failed)?;
    }
    let fine = RgbImage::from_raw(width, height, pixels).ok_or_else(|| failed("size"))?;
    // Plotters draws lines without smoothing; this does it.
    let (width, height) = (width * DENSITY / UNIT, height * DENSITY / UNIT);
    encoded(&imageops::thumbnail(&fine, width, height))
}

/// Draws on the pixels of an image, one unit being a pixel.
pub(super) fn on_pixels(
    image: &mut RgbImage,
    draw: impl for<'a> FnOnce(&Paper<BitMapBackend<'a>>) -> Drawn<BitMapBackend<'a>>,
) -> Result<()> {
    load_font()?;
    let size = image.dimensions();
    let area = BitMapBackend::with_buffer(image, size).into_drawing_area();
    draw(&area).map_err(failed)?;
    area.present().map_err(failed)
}

/// An image as a PNG file.
pub fn encoded(image: &RgbImage) -> Result<Vec<u8>> {
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

/// Text of a size in pixels, where a pixel has `unit` units.
pub(super) fn text(size: f64, unit: u32, colour: RGBColor, anchor: Pos) -> TextStyle<'static> {
    // Plotters calls a font as large as its lines are high.
    const LINE: f64 = 1.24;
    let font = (FAMILY, size * LINE * f64::from(unit)).into_font();
    let mut style = TextStyle::from(font).pos(anchor);
    style.color = colour.to_backend_color();
    style
}

/// Text cut to a width in units, with an ellipsis where something is left out.
pub(super) fn fitted<DB: DrawingBackend>(
    paper: &Paper<DB>,
    words: &str,
    style: &TextStyle<'_>,
    width: u32,
) -> std::result::Result<(String, u32), DrawingAreaErrorKind<DB::ErrorType>> {
    let whole = paper.estimate_text_size(words, style)?.0;
    if whole <= width {
        return Ok((words.into(), whole));
    }
    let mut kept: Vec<char> = words.chars().collect();
    while !kept.is_empty() {
        kept.pop();
        let cut: String = kept.iter().chain(['…'].iter()).collect();
        let size = paper.estimate_text_size(&cut, style)?.0;
        if size <= width {
            return Ok((cut, size));
        }
    }
    Ok((String::new(), 0))
}

fn units(chart: &impl Chart) -> (u32, u32) {
    let (width, height) = chart.size();
    (width * UNIT, height * UNIT)
}

fn load_font() -> Result<()> {
    static LOADED: OnceLock<bool> = OnceLock::new();
    let loaded = LOADED.get_or_init(|| register_font(FAMILY, FontStyle::Normal, FONT).is_ok());
    match loaded {
        true => Ok(()),
        false => Err(failed("the font in the binary is damaged")),
    }
}

pub(super) fn failed(reason: impl Display) -> Error {
    Error {
        reason: reason.to_string(),
    }
}
