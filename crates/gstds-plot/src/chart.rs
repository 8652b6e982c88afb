//! What all charts have in common: a size, two axes, numbers that people can read.

use super::{
    Theme,
    canvas::{Drawn, Paper, UNIT, text},
    theme::Palette,
};
use plotters::{
    backend::DrawingBackend,
    chart::{ChartBuilder, ChartContext},
    coord::{Shift, cartesian::Cartesian2d, types::RangedCoordf64},
    drawing::{DrawingArea, DrawingAreaErrorKind},
    element::Text,
    style::{
        Color, ShapeStyle,
        text_anchor::{HPos, Pos, VPos},
    },
};
use std::ops::RangeInclusive;

/// Something that plotters draws.
pub trait Chart {
    /// Width and height in pixels. A chart is read on phones too, so a width near 480 is best.
    fn size(&self) -> (u32, u32);

    /// Draws it on the whole of `paper`, whose unit is a quarter of a pixel.
    ///
    /// # Errors
    /// Those of the backend.
    fn draw<DB: DrawingBackend>(
        &self,
        paper: &DrawingArea<DB, Shift>,
        theme: Theme,
    ) -> Result<(), DrawingAreaErrorKind<DB::ErrorType>>;
}

/// What an axis counts, and so how its numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Shares of 1, written in per cent.
    Share,
    /// Amounts of any size, written with k, M, G, T or P.
    Amount,
    /// Plain numbers.
    Number,
    /// Whole numbers; nothing is written between them.
    Whole,
}

impl Unit {
    /// A number as an axis of this unit writes it.
    #[must_use]
    pub fn write(self, value: f64) -> String {
        match self {
            Self::Share => format!("{} %", plain(value * 100.0)),
            Self::Number => plain(value),
            Self::Whole if (value - value.round()).abs() > 1e-6 => String::new(),
            Self::Whole => plain(value),
            Self::Amount => {
                let scales = [(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
                let scale = scales.iter().find(|(scale, _)| value.abs() >= *scale);
                match scale {
                    Some((scale, name)) => format!("{} {name}", plain(value / scale)),
                    None => plain(value),
                }
            }
        }
    }
}

/// A number without zeros at its end.
fn plain(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text {
        "-0" | "" => "0".into(),
        text => text.replace('-', "−"),
    }
}

/// An axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What is along it.
    pub label: String,
    /// How its numbers are written.
    pub unit: Unit,
    /// Its ends; they must be finite and differ.
    pub range: RangeInclusive<f64>,
}

/// What an axis reaches to either side: far below what overflows where ends are subtracted.
const FARTHEST: f64 = 1e30;

impl Axis {
    /// An axis that holds `values`, which may be empty, with a little to spare: from 0 where
    /// `from_zero`. Shares stay between 0 and 1; values beyond ±1e30 are taken for that.
    #[must_use]
    pub fn around(
        label: &str,
        unit: Unit,
        from_zero: bool,
        values: impl IntoIterator<Item = f64>,
    ) -> Self {
        let mut ends = values
            .into_iter()
            .filter(|value| value.is_finite())
            .map(|value| value.clamp(-FARTHEST, FARTHEST))
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        if ends.0 > ends.1 {
            ends = (0.0, 1.0);
        }
        let least = match unit {
            Unit::Share => 0.01,
            _ => 1e-6_f64.max(ends.1.abs() * 1e-6),
        };
        let spare = (ends.1 - ends.0).max(least) * 0.05;
        let (mut low, mut high) = (ends.0 - spare, ends.1 + spare);
        if from_zero {
            low = 0.0;
            high = ends.1.max(0.0) + spare / 2.0;
        }
        if unit == Unit::Share {
            (low, high) = (low.clamp(0.0, 0.99), high.clamp(0.01, 1.0));
        }
        Self {
            label: label.into(),
            unit,
            range: low..=high,
        }
    }
}

pub(super) type Plot<'a, DB> = ChartContext<'a, DB, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Where the plotted area begins and ends, in pixels from the chart's edges.
const LEFT: u32 = 58;
const BOTTOM: u32 = 50;
const RIGHT: u32 = 16;
/// Sizes of text in pixels.
pub(super) const LABEL: f64 = 13.5;

/// Draws axes below `top` pixels, which the caller fills, and gives what to plot on.
pub(super) fn axes<'a, DB: DrawingBackend>(
    paper: &'a Paper<DB>,
    palette: &Palette,
    (x, y): (&Axis, &Axis),
    top: u32,
) -> Result<Plot<'a, DB>, DrawingAreaErrorKind<DB::ErrorType>> {
    let mut plot = ChartBuilder::on(paper)
        .margin_top(top * UNIT)
        .margin_right(RIGHT * UNIT)
        .x_label_area_size(BOTTOM * UNIT)
        .y_label_area_size(LEFT * UNIT)
        .build_cartesian_2d(
            *x.range.start()..*x.range.end(),
            *y.range.start()..*y.range.end(),
        )?;
    let style = text(LABEL, UNIT, palette.faint, Pos::default());
    plot.configure_mesh()
        .disable_x_mesh()
        .x_labels(6)
        .y_labels(6)
        .max_light_lines(1)
        .light_line_style(palette.ground)
        .bold_line_style(line(palette.grid, 1.0))
        .axis_style(line(palette.faint, 1.0))
        .set_all_tick_mark_size(5 * UNIT)
        .label_style(style)
        .x_label_formatter(&|value| x.unit.write(*value))
        .y_label_formatter(&|value| y.unit.write(*value))
        .draw()?;
    let (width, height) = paper.dim_in_pixel();
    let place = (
        ((LEFT * UNIT + width - RIGHT * UNIT) / 2) as i32,
        (height - 6 * UNIT) as i32,
    );
    let style = text(
        LABEL,
        UNIT,
        palette.text,
        Pos::new(HPos::Center, VPos::Bottom),
    );
    paper.draw(&Text::new(x.label.as_str(), place, style))?;
    Ok(plot)
}

/// Writes what the upright axis shows at the chart's top left.
pub(super) fn heading<DB: DrawingBackend>(
    paper: &Paper<DB>,
    palette: &Palette,
    words: &str,
) -> Drawn<DB> {
    let style = text(LABEL, UNIT, palette.text, Pos::new(HPos::Left, VPos::Top));
    paper.draw(&Text::new(
        words,
        ((8 * UNIT) as i32, (6 * UNIT) as i32),
        style,
    ))
}

/// A line as wide as so many pixels.
pub(super) fn line(colour: impl Color, width: f64) -> ShapeStyle {
    colour.stroke_width((width * f64::from(UNIT)).round() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(Unit::Share.write(0.825), "82.5 %");
        assert_eq!(Unit::Share.write(0.8), "80 %");
        assert_eq!(Unit::Amount.write(15_000.0), "15 k");
        assert_eq!(Unit::Amount.write(2.5e12), "2.5 T");
        assert_eq!(Unit::Amount.write(0.0), "0");
        assert_eq!(Unit::Number.write(-0.000_01), "0");
        assert_eq!(Unit::Number.write(-1.5), "−1.5");
        assert_eq!(Unit::Number.write(100.0), "100");
        assert_eq!([2.0, 2.5].map(|x| Unit::Whole.write(x)), ["2", ""]);
    }

    #[test]
    fn axes_hold_their_values_and_never_collapse() {
        let axis = |from_zero, values: &[f64]| {
            Axis::around("", Unit::Share, from_zero, values.iter().copied()).range
        };
        assert_eq!(axis(true, &[0.5, 1.0]), 0.0..=1.0);
        for values in [&[][..], &[0.5], &[f64::NAN], &[0.0], &[1.0]] {
            for from_zero in [true, false] {
                let range = axis(from_zero, values);
                assert!(range.start() < range.end(), "{values:?}: {range:?}");
                assert!(values.iter().all(|v| v.is_nan() || range.contains(v)));
            }
        }
        let far = Axis::around("", Unit::Amount, false, [-1e308, 1e308]).range;
        assert!(far.start().is_finite() && far.end().is_finite(), "{far:?}");
        let flat = Axis::around("", Unit::Amount, false, [7.0, 7.0]).range;
        assert!(flat.start() < &7.0 && flat.end() > &7.0);
    }
}
