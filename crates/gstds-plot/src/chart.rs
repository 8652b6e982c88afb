//! Charts, and rendering them as SVG or PNG.

use crate::{
    canvas::{self, Canvas, DENSITY, DrawResult, UNIT, failed},
    error::Result,
    html,
    theme::Theme,
};
use image::{RgbImage, imageops};
use plotters::{
    backend::{BitMapBackend, DrawingBackend, SVGBackend},
    drawing::IntoDrawingArea,
};

/// A chart that plotters draws.
pub trait Chart {
    /// Width and height in pixels. Pages are read on phones too, so a width near 480 is best.
    fn size(&self) -> (u32, u32);

    /// Draws it on the whole of `canvas`, whose unit is a quarter of a pixel.
    ///
    /// # Errors
    /// Those of the backend.
    fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<DB>, theme: Theme) -> DrawResult<DB>;
}

/// Renders a chart as an `svg` element for HTML, which scales to the width it is given. `name`
/// is its accessible name.
///
/// Colours are the CSS variables that [`html::page`] defines for light and dark (`--ground`,
/// `--text`, `--faint`, `--grid`, `--series-1` to `--series-6`), with those of the light theme as
/// fallback. Deterministic.
///
/// # Errors
/// [`Error`](crate::Error) when plotters fails.
pub fn svg<C: Chart>(chart: &C, name: &str) -> Result<String> {
    canvas::load_font()?;
    let (width, height) = units(chart);
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (width, height)).into_drawing_area();
        chart.draw(&area, Theme::Light).map_err(failed)?;
        area.present().map_err(failed)?;
    }
    for (variable, colour) in Theme::Light.palette().variables() {
        // Attributes alone: quotes in text are escaped.
        text = text.replace(
            &format!("\"{colour}\""),
            &format!("\"var({variable},{colour})\""),
        );
    }
    // Within a page, the element needs neither a namespace nor a size.
    let body = text.split_once('>').map_or("", |(_, body)| body);
    let name = html::escape(name);
    Ok(format!(
        "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{name}\">{body}"
    ))
}

/// Renders a chart as PNG, at twice its size in pixels. Deterministic; takes some tens of
/// milliseconds.
///
/// # Errors
/// [`Error`](crate::Error) when plotters or the encoder fails.
pub fn png<C: Chart>(chart: &C, theme: Theme) -> Result<Vec<u8>> {
    canvas::load_font()?;
    let (width, height) = units(chart);
    let mut pixels = vec![0; width as usize * height as usize * 3];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
        chart.draw(&area, theme).map_err(failed)?;
        area.present().map_err(failed)?;
    }
    let fine = RgbImage::from_raw(width, height, pixels).ok_or_else(|| failed("size"))?;
    // Plotters does not antialias lines; averaging pixels does.
    let (width, height) = (width * DENSITY / UNIT, height * DENSITY / UNIT);
    canvas::encode_png(&imageops::thumbnail(&fine, width, height))
}

fn units(chart: &impl Chart) -> (u32, u32) {
    let (width, height) = chart.size();
    (width * UNIT, height * UNIT)
}
