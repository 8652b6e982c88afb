//! Line charts: series with bands, which differ in colour, dash and marker.

use crate::{
    axis::Axis,
    canvas::{Canvas, DrawResult, UNIT, text, truncated},
    chart::Chart,
    frame::{Frame, LABEL, Plot, line},
    theme::{Marker, Palette, SeriesStyle, Theme},
};
use plotters::{
    backend::DrawingBackend,
    element::{Circle, DashedPathElement, PathElement, Polygon, Rectangle, Text},
    style::{
        Color,
        text_anchor::{HPos, Pos, VPos},
    },
};

/// Most points of a series with markers; more would overlap.
const MARKED: usize = 24;
/// Pixels: height of a legend's row, length of the line in it, gap between entries.
const ROW: u32 = 19;
const SAMPLE: u32 = 34;
const GAP: u32 = 16;
/// Most rows of a legend; one more counts the series that did not fit.
const MOST_ROWS: u32 = 5;
/// Pixels above the legend, for the label of the y axis.
const HEAD: u32 = 26;
/// How opaque a band is.
const BAND: f64 = 0.16;

/// A line of a [`LineChart`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Its name in the legend.
    pub label: String,
    /// Number of its style (colour, dash, marker), the same in every chart.
    pub style: usize,
    /// Its points from left to right.
    pub points: Vec<(f64, f64)>,
    /// The band around it: x, lower and upper edge; may be empty.
    pub band: Vec<(f64, f64, f64)>,
}

/// A chart of lines.
#[derive(Clone, Debug, PartialEq)]
pub struct LineChart {
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// The lines, the first of them in front.
    pub series: Vec<Series>,
}

/// An entry of a legend.
struct LegendEntry {
    label: String,
    /// Units from the left edge.
    left: u32,
    row: u32,
}

impl Chart for LineChart {
    fn size(&self) -> (u32, u32) {
        (480, 320)
    }

    fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<DB>, theme: Theme) -> DrawResult<DB> {
        let palette = theme.palette();
        let legend = self.legend(canvas)?;
        let omitted = self.series.len() - legend.len();
        let rows = legend.last().map_or(0, |entry| entry.row + 1) + u32::from(omitted > 0);
        let frame = Frame {
            x: &self.x,
            y: &self.y,
            top: HEAD + rows * ROW + ROW / 2,
        };
        let mut plot = frame.draw(canvas, palette)?;
        for series in self.series.iter().rev() {
            draw_series(&mut plot, series, &palette.series_style(series.style))?;
        }
        for (series, entry) in self.series.iter().zip(&legend) {
            draw_entry(canvas, palette, entry, &palette.series_style(series.style))?;
        }
        if omitted > 0 {
            let from = (8 * UNIT) as i32;
            let words = format!("and {omitted} more");
            write_entry(canvas, palette, &words, (from, middle(rows - 1)))?;
        }
        Ok(())
    }
}

impl LineChart {
    /// Lays out the legend from left to right, up to its last row.
    fn legend<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> DrawResult<DB, Vec<LegendEntry>> {
        let style = text(LABEL, UNIT, Theme::Light.palette().text, Pos::default());
        let width = canvas.dim_in_pixel().0;
        let lead = (SAMPLE + 6) * UNIT;
        let (mut at, mut row) = (8 * UNIT, 0);
        let mut entries = Vec::new();
        for series in &self.series {
            let room = width - 16 * UNIT - lead;
            let (label, width_of_label) = truncated(canvas, &series.label, &style, room)?;
            let end = at + lead + width_of_label;
            if end > width - 8 * UNIT && at > 8 * UNIT {
                (at, row) = (8 * UNIT, row + 1);
            }
            if row == MOST_ROWS {
                break;
            }
            entries.push(LegendEntry {
                label,
                left: at,
                row,
            });
            at += lead + width_of_label + GAP * UNIT;
        }
        Ok(entries)
    }
}

fn draw_series<DB: DrawingBackend>(
    plot: &mut Plot<'_, DB>,
    series: &Series,
    style: &SeriesStyle,
) -> DrawResult<DB> {
    if series.band.len() > 1 {
        let lower = series.band.iter().map(|&(x, low, _)| (x, low));
        let upper = series.band.iter().rev().map(|&(x, _, high)| (x, high));
        let edge: Vec<_> = lower.chain(upper).collect();
        let fill = style.colour.mix(BAND).filled();
        plot.draw_series([Polygon::new(edge, fill)])?;
    }
    let stroke = line(style.colour, 2.0);
    match style.dash {
        _ if series.points.len() < 2 => {}
        None => drop(plot.draw_series([PathElement::new(series.points.clone(), stroke)])?),
        Some((drawn, left)) => {
            let path =
                DashedPathElement::new(series.points.clone(), drawn * UNIT, left * UNIT, stroke);
            plot.draw_series([path])?;
        }
    }
    if series.points.len() <= MARKED {
        let area = plot.plotting_area();
        for point in &series.points {
            draw_marker(&area.use_screen_coord(), area.map_coordinate(point), style)?;
        }
    }
    Ok(())
}

fn draw_marker<DB: DrawingBackend>(
    canvas: &Canvas<DB>,
    (x, y): (i32, i32),
    style: &SeriesStyle,
) -> DrawResult<DB> {
    let reach = (3.5 * f64::from(UNIT)) as i32;
    let fill = style.colour.filled();
    let around = |corners: &[(i32, i32)]| {
        let corner = |&(right, down): &(i32, i32)| (x + right * reach / 4, y + down * reach / 4);
        Polygon::new(corners.iter().map(corner).collect::<Vec<_>>(), fill)
    };
    match style.marker {
        Marker::Circle => canvas.draw(&Circle::new((x, y), reach, fill)),
        Marker::Square => {
            let half = reach * 7 / 8;
            canvas.draw(&Rectangle::new(
                [(x - half, y - half), (x + half, y + half)],
                fill,
            ))
        }
        Marker::Triangle => canvas.draw(&around(&[(0, -5), (5, 4), (-5, 4)])),
        Marker::Diamond => canvas.draw(&around(&[(0, -5), (5, 0), (0, 5), (-5, 0)])),
        Marker::Cross => {
            let stroke = line(style.colour, 2.0);
            let arm = |tilt: i32| {
                PathElement::new(
                    vec![(x - reach, y - tilt * reach), (x + reach, y + tilt * reach)],
                    stroke,
                )
            };
            canvas.draw(&arm(1))?;
            canvas.draw(&arm(-1))
        }
    }
}

fn draw_entry<DB: DrawingBackend>(
    canvas: &Canvas<DB>,
    palette: &Palette,
    entry: &LegendEntry,
    style: &SeriesStyle,
) -> DrawResult<DB> {
    let (from, to) = (entry.left as i32, (entry.left + SAMPLE * UNIT) as i32);
    let middle = middle(entry.row);
    let ends = vec![(from, middle), (to, middle)];
    let stroke = line(style.colour, 2.0);
    match style.dash {
        None => canvas.draw(&PathElement::new(ends, stroke))?,
        Some((drawn, left)) => {
            canvas.draw(&DashedPathElement::new(
                ends,
                drawn * UNIT,
                left * UNIT,
                stroke,
            ))?;
        }
    }
    draw_marker(canvas, ((from + to) / 2, middle), style)?;
    let place = (to + (6 * UNIT) as i32, middle);
    write_entry(canvas, palette, &entry.label, place)
}

fn write_entry<DB: DrawingBackend>(
    canvas: &Canvas<DB>,
    palette: &Palette,
    words: &str,
    place: (i32, i32),
) -> DrawResult<DB> {
    let anchor = Pos::new(HPos::Left, VPos::Center);
    let style = text(LABEL, UNIT, palette.text, anchor);
    canvas.draw(&Text::new(words, place, style))
}

/// The middle of a row of the legend, in units from the upper edge.
fn middle(row: u32) -> i32 {
    ((HEAD + row * ROW + ROW / 2) * UNIT) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        axis::Unit,
        chart::{png, svg},
    };

    fn chart(labels: &[&str]) -> LineChart {
        let series = |(number, label): (usize, &&str)| Series {
            label: (*label).into(),
            style: number,
            points: (0..10)
                .map(|x| (f64::from(x), 0.1 * f64::from(x) / (number + 1) as f64))
                .collect(),
            band: vec![(0.0, 0.0, 0.1), (9.0, 0.3, 0.9)],
        };
        LineChart {
            x: Axis::around("samples", Unit::Amount, true, [0.0, 9.0]),
            y: Axis::around("accuracy", Unit::Share, false, [0.0, 1.0]),
            series: labels.iter().enumerate().map(series).collect(),
        }
    }

    /// How many pixels of a PNG are within a few values of a colour.
    fn like(png: &[u8], colour: (u8, u8, u8)) -> usize {
        let image = image::load_from_memory(png).unwrap().to_rgb8();
        let near = |one: u8, two: u8| one.abs_diff(two) < 12;
        image
            .pixels()
            .filter(|p| near(p[0], colour.0) && near(p[1], colour.1) && near(p[2], colour.2))
            .count()
    }

    #[test]
    fn svg_has_every_series_and_is_the_same_each_time() {
        let chart = chart(&["gstds", "<random> & \"co\""]);
        let text = svg(&chart, "a \"name\"").unwrap();
        assert!(text.starts_with("<svg viewBox=\"0 0 1920 1280\""), "{text}");
        assert!(text.contains("aria-label=\"a &quot;name&quot;\""));
        assert!(text.contains("&lt;random&gt; &amp; &quot;co&quot;"));
        assert!(text.trim_end().ends_with("</svg>") && !text.contains("http"));
        assert_eq!(text.matches("<polygon").count(), 2);
        assert_eq!(text, svg(&chart, "a \"name\"").unwrap());
        // Every colour follows the page's theme.
        assert!(text.contains("\"var(--series-2,#D05400)\""), "{text}");
        assert_eq!(text.matches("=\"#").count(), 0, "{text}");
    }

    #[test]
    fn png_shows_each_series_in_its_colour_on_the_ground_of_its_theme() {
        let chart = chart(&["gstds", "random"]);
        for theme in Theme::ALL {
            let bytes = png(&chart, theme).unwrap();
            let palette = theme.palette();
            let count =
                |colour: plotters::style::RGBColor| like(&bytes, (colour.0, colour.1, colour.2));
            let ground = count(palette.ground);
            assert!((300_000..600_000).contains(&ground), "{ground}");
            for series in 0..2 {
                let drawn = count(palette.series_style(series).colour);
                assert!(drawn > 200, "{theme:?} {series}: {drawn}");
            }
            // Text of axes and legend.
            assert!(count(palette.text) > 200);
        }
    }

    #[test]
    fn long_labels_are_cut_and_many_wrap() {
        let long =
            "a method with a very long name that says everything about its schedule".repeat(2);
        let many: Vec<&str> = std::iter::once(long.as_str())
            .chain(std::iter::repeat_n("stratified-learnability", 7))
            .collect();
        let text = svg(&chart(&many), "x").unwrap();
        assert!(text.contains('…') && !text.contains(&long));
        assert_eq!(text.matches("stratified-learnability").count(), 7);
    }

    #[test]
    fn a_legend_leaves_room_for_what_it_is_the_legend_of() {
        let labels: Vec<String> = (0..40).map(|i| format!("gstds (max_steps {i})")).collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let text = svg(&chart(&labels), "x").unwrap();
        let named = text.matches("(max_steps ").count();
        assert!((5..40).contains(&named), "{named}");
        assert!(text.contains(&format!("and {} more", 40 - named)));
    }

    #[test]
    fn values_beyond_all_measure_are_drawn_too() {
        let mut far = chart(&["gstds"]);
        far.series[0].points = vec![(0.0, 0.5), (1e308, 0.5), (-1e308, 0.5)];
        let ends = far.series[0].points.iter().map(|point| point.0);
        far.x = Axis::around("seconds", Unit::Amount, true, ends);
        assert!(svg(&far, "x").is_ok());
    }

    #[test]
    fn an_empty_chart_and_one_of_single_points_are_drawn() {
        let mut empty = chart(&[]);
        assert!(svg(&empty, "x").is_ok());
        empty.series.push(Series {
            label: "one".into(),
            style: 0,
            points: vec![(1.0, 0.5)],
            band: Vec::new(),
        });
        assert!(svg(&empty, "x").unwrap().contains("<circle"));
    }
}
