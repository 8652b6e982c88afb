//! Lines with bands: one a series, told apart by colour, dash and marker.

use super::{
    Axis, Chart, Theme,
    canvas::{Drawn, Paper, UNIT, fitted, text},
    chart::{LABEL, Plot, axes, heading, line},
    theme::{Look, Marker, Palette},
};
use plotters::{
    backend::DrawingBackend,
    coord::Shift,
    drawing::{DrawingArea, DrawingAreaErrorKind},
    element::{Circle, DashedPathElement, PathElement, Polygon, Rectangle, Text},
    style::{
        Color,
        text_anchor::{HPos, Pos, VPos},
    },
};

/// Points with markers; more would be a smear.
const MARKED: usize = 24;
/// Pixels of a legend's row, of the line in it, and between two entries.
const ROW: u32 = 19;
const SAMPLE: u32 = 34;
const GAP: u32 = 16;
/// Rows of a legend at most; those for whom there is no room are counted in one more.
const MOST_ROWS: u32 = 5;
/// Pixels above the legend, for what the upright axis shows.
const HEAD: u32 = 26;
/// How opaque a band is.
const BAND: f64 = 0.16;

/// A line of a [`LineChart`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// What the legend calls it.
    pub label: String,
    /// Which colour, dash and marker it has; the same number looks the same in every chart.
    pub look: usize,
    /// Its points from left to right.
    pub points: Vec<(f64, f64)>,
    /// The band around it: place, lower and upper edge; perhaps none.
    pub band: Vec<(f64, f64, f64)>,
}

/// A chart of lines.
#[derive(Clone, Debug, PartialEq)]
pub struct LineChart {
    /// The level axis.
    pub x: Axis,
    /// The upright axis.
    pub y: Axis,
    /// The lines, the first of them in front.
    pub series: Vec<Series>,
}

/// A legend's entry: its words, as they fit, and where its row begins, in units.
struct Entry {
    words: String,
    place: (u32, u32),
}

impl Chart for LineChart {
    fn size(&self) -> (u32, u32) {
        (480, 320)
    }

    fn draw<DB: DrawingBackend>(
        &self,
        paper: &DrawingArea<DB, Shift>,
        theme: Theme,
    ) -> Result<(), DrawingAreaErrorKind<DB::ErrorType>> {
        let palette = theme.palette();
        paper.fill(&palette.ground)?;
        heading(paper, palette, &self.y.label)?;
        let legend = self.legend(paper)?;
        let left_out = self.series.len() - legend.len();
        let rows = legend.last().map_or(0, |entry| entry.place.1 + 1) + u32::from(left_out > 0);
        let mut plot = axes(
            paper,
            palette,
            (&self.x, &self.y),
            HEAD + rows * ROW + ROW / 2,
        )?;
        for series in self.series.iter().rev() {
            draw_series(&mut plot, series, &palette.look(series.look))?;
        }
        for (series, entry) in self.series.iter().zip(&legend) {
            draw_entry(paper, palette, entry, &palette.look(series.look))?;
        }
        if left_out > 0 {
            let from = (8 * UNIT) as i32;
            let words = format!("and {left_out} more");
            write_entry(paper, palette, &words, (from, middle(rows - 1)))?;
        }
        Ok(())
    }
}

impl LineChart {
    /// Entries from left to right, in as many rows as they need, and only those of the first rows.
    fn legend<DB: DrawingBackend>(
        &self,
        paper: &Paper<DB>,
    ) -> Result<Vec<Entry>, DrawingAreaErrorKind<DB::ErrorType>> {
        let style = text(LABEL, UNIT, Theme::Light.palette().text, Pos::default());
        let width = paper.dim_in_pixel().0;
        let lead = (SAMPLE + 6) * UNIT;
        let (mut at, mut row) = (8 * UNIT, 0);
        let mut entries = Vec::new();
        for series in &self.series {
            let room = width - 16 * UNIT - lead;
            let (words, long) = fitted(paper, &series.label, &style, room)?;
            let end = at + lead + long;
            if end > width - 8 * UNIT && at > 8 * UNIT {
                (at, row) = (8 * UNIT, row + 1);
            }
            if row == MOST_ROWS {
                break;
            }
            let place = (at, row);
            entries.push(Entry { words, place });
            at += lead + long + GAP * UNIT;
        }
        Ok(entries)
    }
}

fn draw_series<DB: DrawingBackend>(
    plot: &mut Plot<'_, DB>,
    series: &Series,
    look: &Look,
) -> Drawn<DB> {
    if series.band.len() > 1 {
        let lower = series.band.iter().map(|&(x, low, _)| (x, low));
        let upper = series.band.iter().rev().map(|&(x, _, high)| (x, high));
        let edge: Vec<_> = lower.chain(upper).collect();
        let fill = look.colour.mix(BAND).filled();
        plot.draw_series([Polygon::new(edge, fill)])?;
    }
    let style = line(look.colour, 2.0);
    match look.dash {
        _ if series.points.len() < 2 => {}
        None => drop(plot.draw_series([PathElement::new(series.points.clone(), style)])?),
        Some((drawn, left)) => {
            let path =
                DashedPathElement::new(series.points.clone(), drawn * UNIT, left * UNIT, style);
            plot.draw_series([path])?;
        }
    }
    if series.points.len() <= MARKED {
        let area = plot.plotting_area();
        for point in &series.points {
            draw_marker(&area.use_screen_coord(), area.map_coordinate(point), look)?;
        }
    }
    Ok(())
}

fn draw_marker<DB: DrawingBackend>(
    paper: &Paper<DB>,
    (x, y): (i32, i32),
    look: &Look,
) -> Drawn<DB> {
    let reach = (3.5 * f64::from(UNIT)) as i32;
    let fill = look.colour.filled();
    let around = |corners: &[(i32, i32)]| {
        let corner = |&(right, down): &(i32, i32)| (x + right * reach / 4, y + down * reach / 4);
        Polygon::new(corners.iter().map(corner).collect::<Vec<_>>(), fill)
    };
    match look.marker {
        Marker::Circle => paper.draw(&Circle::new((x, y), reach, fill)),
        Marker::Square => {
            let half = reach * 7 / 8;
            paper.draw(&Rectangle::new(
                [(x - half, y - half), (x + half, y + half)],
                fill,
            ))
        }
        Marker::Triangle => paper.draw(&around(&[(0, -5), (5, 4), (-5, 4)])),
        Marker::Diamond => paper.draw(&around(&[(0, -5), (5, 0), (0, 5), (-5, 0)])),
        Marker::Cross => {
            let style = line(look.colour, 2.0);
            let stroke = |tilt: i32| {
                PathElement::new(
                    vec![(x - reach, y - tilt * reach), (x + reach, y + tilt * reach)],
                    style,
                )
            };
            paper.draw(&stroke(1))?;
            paper.draw(&stroke(-1))
        }
    }
}

fn draw_entry<DB: DrawingBackend>(
    paper: &Paper<DB>,
    palette: &Palette,
    entry: &Entry,
    look: &Look,
) -> Drawn<DB> {
    let (from, row) = entry.place;
    let (from, to) = (from as i32, (from + SAMPLE * UNIT) as i32);
    let middle = middle(row);
    let ends = vec![(from, middle), (to, middle)];
    let style = line(look.colour, 2.0);
    match look.dash {
        None => paper.draw(&PathElement::new(ends, style))?,
        Some((drawn, left)) => {
            paper.draw(&DashedPathElement::new(
                ends,
                drawn * UNIT,
                left * UNIT,
                style,
            ))?;
        }
    }
    draw_marker(paper, ((from + to) / 2, middle), look)?;
    let place = (to + (6 * UNIT) as i32, middle);
    write_entry(paper, palette, &entry.words, place)
}

fn write_entry<DB: DrawingBackend>(
    paper: &Paper<DB>,
    palette: &Palette,
    words: &str,
    place: (i32, i32),
) -> Drawn<DB> {
    let anchor = Pos::new(HPos::Left, VPos::Center);
    let style = text(LABEL, UNIT, palette.text, anchor);
    paper.draw(&Text::new(words, place, style))
}

/// The middle of a legend's row, in units from the chart's upper edge.
fn middle(row: u32) -> i32 {
    ((HEAD + row * ROW + ROW / 2) * UNIT) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Unit, png, svg};

    fn chart(labels: &[&str]) -> LineChart {
        let series = |(number, label): (usize, &&str)| Series {
            label: (*label).into(),
            look: number,
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
        let text = svg(&chart, Theme::Light, "a \"name\"").unwrap();
        assert!(text.starts_with("<svg viewBox=\"0 0 1920 1280\""), "{text}");
        assert!(text.contains("aria-label=\"a &quot;name&quot;\""));
        assert!(text.contains("&lt;random&gt; &amp; &quot;co&quot;"));
        assert!(text.trim_end().ends_with("</svg>") && !text.contains("http"));
        assert_eq!(text.matches("<polygon").count(), 2);
        assert_eq!(text, svg(&chart, Theme::Light, "a \"name\"").unwrap());
        assert_ne!(text, svg(&chart, Theme::Dark, "a \"name\"").unwrap());
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
                let drawn = count(palette.look(series).colour);
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
        let text = svg(&chart(&many), Theme::Light, "x").unwrap();
        assert!(text.contains('…') && !text.contains(&long));
        assert_eq!(text.matches("stratified-learnability").count(), 7);
    }

    #[test]
    fn a_legend_leaves_room_for_what_it_is_the_legend_of() {
        let labels: Vec<String> = (0..40).map(|i| format!("gstds (max_steps {i})")).collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let text = svg(&chart(&labels), Theme::Light, "x").unwrap();
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
        assert!(svg(&far, Theme::Light, "x").is_ok());
    }

    #[test]
    fn an_empty_chart_and_one_of_single_points_are_drawn() {
        let mut empty = chart(&[]);
        assert!(svg(&empty, Theme::Light, "x").is_ok());
        empty.series.push(Series {
            label: "one".into(),
            look: 0,
            points: vec![(1.0, 0.5)],
            band: Vec::new(),
        });
        assert!(svg(&empty, Theme::Light, "x").unwrap().contains("<circle"));
    }
}
