//! The Fiedler vector of a batch: rows by their score, with the kept ones marked.

use crate::{
    axis::{Axis, Unit},
    canvas::{Canvas, DrawResult, UNIT, failed},
    chart::Chart,
    decimate::decimate,
    error::Result,
    frame::Frame,
    theme::Theme,
};
use plotters::{
    backend::DrawingBackend,
    element::{Circle, PathElement},
    style::Color,
};

/// A plot of scores.
#[derive(Clone, Debug, PartialEq)]
pub struct FiedlerPlot {
    /// Ascending, each with whether its row was kept.
    scores: Vec<(f32, bool)>,
    /// Most points drawn.
    most: usize,
}

impl FiedlerPlot {
    /// Plots one score per row; `kept` are row numbers.
    ///
    /// # Errors
    /// [`Error`](crate::Error) when a kept row is out of range or a score is not finite.
    pub fn new(scores: &[f32], kept: &[u32]) -> Result<Self> {
        let mut marked: Vec<(f32, bool)> = scores.iter().map(|&score| (score, false)).collect();
        if let Some(row) = scores.iter().position(|score| !score.is_finite()) {
            return Err(failed(format!("the score of row {row} is {}", scores[row])));
        }
        for &row in kept {
            let count = scores.len();
            let place = marked.get_mut(row as usize);
            let place =
                place.ok_or_else(|| failed(format!("kept row {row} is not among {count} rows")))?;
            place.1 = true;
        }
        marked.sort_by(|one, other| one.0.total_cmp(&other.0));
        Ok(Self {
            scores: marked,
            most: usize::MAX,
        })
    }

    /// Draws at most `most` points, chosen by [`decimate`] and at their original ranks.
    #[must_use]
    pub fn at_most(self, most: usize) -> Self {
        Self { most, ..self }
    }
}

impl Chart for FiedlerPlot {
    fn size(&self) -> (u32, u32) {
        (480, 320)
    }

    fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<DB>, theme: Theme) -> DrawResult<DB> {
        let palette = theme.palette();
        let values = || self.scores.iter().map(|&(score, _)| f64::from(score));
        let places = [0.0, self.scores.len().saturating_sub(1) as f64];
        let x = Axis::around("rows by ascending score", Unit::Whole, true, places);
        let y = Axis::around(
            "score (bars and filled points: kept)",
            Unit::Number,
            false,
            values(),
        );
        let frame = Frame {
            x: &x,
            y: &y,
            top: 36,
        };
        let plot = frame.draw(canvas, palette)?;
        let area = plot.plotting_area();
        let screen = area.use_screen_coord();
        let base = area.map_coordinate(&(0.0, *y.range.start())).1;
        let unit = UNIT as i32;
        let kept: Vec<bool> = self.scores.iter().map(|&(_, kept)| kept).collect();
        let mut places = decimate(&kept, self.most);
        // Kept rows are drawn last, in front.
        places.sort_by_key(|&place| kept[place]);
        for place in places {
            let (score, kept) = self.scores[place];
            let at = area.map_coordinate(&(place as f64, f64::from(score)));
            let colour = palette.series_style(usize::from(!kept)).colour;
            if kept {
                let tick = vec![(at.0, base), (at.0, base - 8 * unit)];
                screen.draw(&PathElement::new(tick, colour.stroke_width(UNIT)))?;
                screen.draw(&Circle::new(at, 3 * unit, colour.filled()))?;
            } else {
                screen.draw(&Circle::new(at, 2 * unit, colour.stroke_width(UNIT)))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{png, svg};

    #[test]
    fn every_row_has_a_point_and_kept_ones_a_bar() {
        let plot = FiedlerPlot::new(&[0.3, -0.2, 0.1], &[1]).unwrap();
        assert_eq!(plot.scores, [(-0.2, true), (0.1, false), (0.3, false)]);
        let text = svg(&plot, "scores").unwrap();
        assert_eq!(text.matches("<circle").count(), 3);
        assert_eq!(
            text.matches("fill=\"none\" stroke").count()
                + text.matches("stroke=\"none\"/>").count(),
            text.matches("<circle").count()
        );
        assert!(image::load_from_memory(&png(&plot, Theme::Light).unwrap()).is_ok());
    }

    #[test]
    fn a_plot_of_many_rows_shows_some_at_their_ranks() {
        let scores: Vec<f32> = (0..1000).map(|row| row as f32 / 1000.0).collect();
        let whole = FiedlerPlot::new(&scores, &[999]).unwrap();
        let some = whole.clone().at_most(40);
        let text = svg(&some, "scores").unwrap();
        assert_eq!(text.matches("<circle").count(), 40);
        // The kept row has the last rank still.
        let filled = |text: &str| {
            let point = text
                .split("<circle")
                .find(|point| point.contains("stroke=\"none\""));
            point.unwrap().split("/>").next().unwrap().to_owned()
        };
        let all = svg(&whole, "scores").unwrap();
        assert_eq!(filled(&text), filled(&all));
    }

    #[test]
    fn scores_that_are_not_finite_and_rows_out_of_range_are_refused() {
        let message =
            |scores: &[f32], kept: &[u32]| FiedlerPlot::new(scores, kept).unwrap_err().to_string();
        assert!(message(&[0.0, f32::NAN], &[]).contains("row 1 is NaN"));
        assert!(message(&[0.0], &[1]).contains("kept row 1"));
    }
}
