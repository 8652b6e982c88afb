//! The frame that all plots share: ground, axes, labels.

use crate::{
    axis::Axis,
    canvas::{Canvas, DrawResult, UNIT, text},
    theme::Palette,
};
use plotters::{
    backend::DrawingBackend,
    chart::{ChartBuilder, ChartContext},
    coord::{cartesian::Cartesian2d, types::RangedCoordf64},
    element::Text,
    style::{
        Color, ShapeStyle,
        text_anchor::{HPos, Pos, VPos},
    },
};

pub(crate) type Plot<'a, DB> = ChartContext<'a, DB, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Pixels between the plotted area and the chart's edges.
const LEFT: u32 = 58;
const BOTTOM: u32 = 50;
const RIGHT: u32 = 16;
/// Size of text in pixels.
pub(crate) const LABEL: f64 = 13.5;

/// Two axes around a plotted area.
pub(crate) struct Frame<'a> {
    pub x: &'a Axis,
    pub y: &'a Axis,
    /// Pixels above the plotted area: the label of `y`, then room for the caller.
    pub top: u32,
}

impl Frame<'_> {
    /// Fills the ground, draws the axes and returns what to plot on.
    pub fn draw<'c, DB: DrawingBackend>(
        &self,
        canvas: &'c Canvas<DB>,
        palette: &Palette,
    ) -> DrawResult<DB, Plot<'c, DB>> {
        canvas.fill(&palette.ground)?;
        self.label(canvas, palette)?;
        let (x, y) = (self.x, self.y);
        let mut plot = ChartBuilder::on(canvas)
            .margin_top(self.top * UNIT)
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
        Ok(plot)
    }

    /// Writes the label of `x` below the axis and that of `y` at the chart's top left.
    fn label<DB: DrawingBackend>(&self, canvas: &Canvas<DB>, palette: &Palette) -> DrawResult<DB> {
        let style = |anchor| text(LABEL, UNIT, palette.text, anchor);
        let (width, height) = canvas.dim_in_pixel();
        let below = (
            ((LEFT * UNIT + width - RIGHT * UNIT) / 2) as i32,
            (height - 6 * UNIT) as i32,
        );
        let anchor = Pos::new(HPos::Center, VPos::Bottom);
        canvas.draw(&Text::new(self.x.label.as_str(), below, style(anchor)))?;
        let above = ((8 * UNIT) as i32, (6 * UNIT) as i32);
        let anchor = Pos::new(HPos::Left, VPos::Top);
        canvas.draw(&Text::new(self.y.label.as_str(), above, style(anchor)))
    }
}

/// A line of a width in pixels.
pub(crate) fn line(colour: impl Color, width: f64) -> ShapeStyle {
    colour.stroke_width((width * f64::from(UNIT)).round() as u32)
}
