//! The Fiedler vector of a batch: its rows by their score, the kept ones marked.

use super::{
    Axis, Chart, Theme, Unit,
    canvas::{UNIT, failed},
    chart::{axes, heading},
    thinned,
};
use crate::error::Result;
use plotters::{
    backend::DrawingBackend,
    coord::Shift,
    drawing::{DrawingArea, DrawingAreaErrorKind},
    element::{Circle, PathElement},
    style::Color,
};

/// A plot of scores.
#[derive(Clone, Debug, PartialEq)]
pub struct FiedlerPlot {
    /// Ascending, with whether the row was kept.
    scores: Vec<(f32, bool)>,
    /// Points drawn at most.
    most: usize,
}

impl FiedlerPlot {
    /// The plot of one score a row and the rows kept.
    ///
    /// # Errors
    /// [`Error`](crate::Error) where a kept row is none of them, or a score is
    /// not finite.
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

    /// Draws at most so many points, [`thinned`] along the order; ranks stay what they are.
    #[must_use]
    pub fn at_most(self, most: usize) -> Self {
        Self { most, ..self }
    }
}

impl Chart for FiedlerPlot {
    fn size(&self) -> (u32, u32) {
        (480, 320)
    }

    fn draw<DB: DrawingBackend>(
        &self,
        paper: &DrawingArea<DB, Shift>,
        theme: Theme,
    ) -> Result<(), DrawingAreaErrorKind<DB::ErrorType>> {
        let palette = theme.palette();
        let values = || self.scores.iter().map(|&(score, _)| f64::from(score));
        let places = [0.0, self.scores.len().saturating_sub(1) as f64];
        let x = Axis::around(
            "rows in the order of their score",
            Unit::Whole,
            true,
            places,
        );
        let y = Axis::around(
            "score (bars and filled points: kept)",
            Unit::Number,
            false,
            values(),
        );
        paper.fill(&palette.ground)?;
        heading(paper, palette, &y.label)?;
        let plot = axes(paper, palette, (&x, &y), 36)?;
        let area = plot.plotting_area();
        let screen = area.use_screen_coord();
        let base = area.map_coordinate(&(0.0, *y.range.start())).1;
        let unit = UNIT as i32;
        let kept: Vec<bool> = self.scores.iter().map(|&(_, kept)| kept).collect();
        let mut places = thinned(&kept, self.most);
        // Kept ones in front.
        places.sort_by_key(|&place| kept[place]);
        for place in places {
            let (score, kept) = self.scores[place];
            let at = area.map_coordinate(&(place as f64, f64::from(score)));
            let look = palette.look(usize::from(!kept));
            if kept {
                let tick = vec![(at.0, base), (at.0, base - 8 * unit)];
                screen.draw(&PathElement::new(tick, look.colour.stroke_width(UNIT)))?;
                screen.draw(&Circle::new(at, 3 * unit, look.colour.filled()))?;
            } else {
                screen.draw(&Circle::new(at, 2 * unit, look.colour.stroke_width(UNIT)))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{png, svg};

    #[test]
    fn every_row_has_a_point_and_kept_ones_a_bar() {
        let plot = FiedlerPlot::new(&[0.3, -0.2, 0.1], &[1]).unwrap();
        assert_eq!(plot.scores, [(-0.2, true), (0.1, false), (0.3, false)]);
        let text = svg(&plot, Theme::Dark, "scores").unwrap();
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
        let text = svg(&some, Theme::Light, "scores").unwrap();
        assert_eq!(text.matches("<circle").count(), 40);
        // The kept row has the last rank still.
        let filled = |text: &str| {
            let point = text
                .split("<circle")
                .find(|point| point.contains("stroke=\"none\""));
            point.unwrap().split("/>").next().unwrap().to_owned()
        };
        let all = svg(&whole, Theme::Light, "scores").unwrap();
        assert_eq!(filled(&text), filled(&all));
    }

    #[test]
    fn scores_that_are_none_and_rows_out_of_range_are_refused() {
        let said =
            |scores: &[f32], kept: &[u32]| FiedlerPlot::new(scores, kept).unwrap_err().to_string();
        assert!(said(&[0.0, f32::NAN], &[]).contains("row 1 is NaN"));
        assert!(said(&[0.0], &[1]).contains("kept row 1"));
    }
}
