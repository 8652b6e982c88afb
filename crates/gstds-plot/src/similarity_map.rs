//! The similarities of the rows of a batch, in any order, with the kept rows marked.

use crate::{
    canvas::{Canvas, DrawResult, encode_png, failed, on_pixels, text},
    error::Result,
    theme::{Palette, Theme},
};
use image::{Rgb, RgbImage};
use plotters::{
    backend::DrawingBackend,
    element::{Rectangle, Text},
    style::{
        Color, RGBColor,
        text_anchor::{HPos, Pos, VPos},
    },
};
use rayon::prelude::*;

/// Most rows of a map, which holds their square in f32.
pub const MOST_ROWS: usize = 4096;

/// Most pixels of the map's side; more rows share pixels.
const SIDE: usize = 1024;
/// Pixels: the margin, the ticks of kept rows, the legend below, its text.
const MARGIN: usize = 16;
const TICK: usize = 26;
const LEGEND: usize = 112;
const LETTERS: f64 = 27.0;
/// Share of the pairs that lie beyond either end of the scale.
const CLIPPED: f64 = 0.01;

/// The cosine similarities of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct SimilarityMap {
    rows: usize,
    /// Row after row, in drawing order.
    values: Vec<f32>,
    /// Whether the row at each place was kept.
    kept: Vec<bool>,
}

impl SimilarityMap {
    /// The cosine similarities of `features`, `[rows, width]`, drawn in `order`: a permutation of
    /// the row numbers, such as by the Fiedler vector. `kept` are row numbers too. A row that is
    /// zero or not finite has similarity 0 with every row.
    ///
    /// Costs `rows² · width` multiply-adds on all cores.
    ///
    /// # Errors
    /// [`Error`](crate::Error) when `order` is not a permutation of the rows, a kept row is out of
    /// range, or there are no rows or more than [`MOST_ROWS`].
    pub fn new(features: &[f32], width: usize, order: &[u32], kept: &[u32]) -> Result<Self> {
        let rows = order.len();
        check(features, width, order, kept)?;
        let units: Vec<Vec<f32>> = order
            .iter()
            .map(|&row| unit(&features[row as usize * width..][..width]))
            .collect();
        let values = units
            .par_iter()
            .flat_map_iter(|one| units.iter().map(|other| dot(one, other)))
            .collect();
        let mut is_kept = vec![false; rows];
        for &row in kept {
            is_kept[row as usize] = true;
        }
        let kept = order.iter().map(|&row| is_kept[row as usize]).collect();
        Ok(Self { rows, values, kept })
    }

    /// The similarity of the rows at two positions of the order.
    #[must_use]
    pub fn at(&self, row: usize, column: usize) -> Option<f32> {
        let inside = row < self.rows && column < self.rows;
        inside.then(|| self.values[row * self.rows + column])
    }

    /// Renders the map, ticks of kept rows on its left and above it, and a scale as a PNG of about
    /// 1,100 by 1,200 pixels. Beyond 1,024 rows a pixel is the mean of several.
    ///
    /// # Errors
    /// [`Error`](crate::Error) when plotters or the encoder fails.
    pub fn png(&self, theme: Theme) -> Result<Vec<u8>> {
        let palette = theme.palette();
        let shared = self.rows.div_ceil(SIDE);
        let cells = self.rows.div_ceil(shared);
        let cell = (SIDE / cells).max(1);
        let (low, high) = self.ends();
        let side = cells * cell;
        let left = MARGIN + TICK;
        let (width, height) = (left + side + MARGIN, left + side + LEGEND);
        let mut image = RgbImage::from_pixel(width as u32, height as u32, rgb(palette.ground));
        for row in 0..cells {
            for column in 0..cells {
                let value = self.mean(row * shared, column * shared, shared);
                let colour = rgb(palette.heat((value - low) / (high - low)));
                fill(
                    &mut image,
                    (left + column * cell, left + row * cell),
                    cell,
                    colour,
                );
            }
        }
        on_pixels(&mut image, |canvas| {
            self.ticks(canvas, palette, side)?;
            legend(canvas, palette, (left, side), (low, high))
        })?;
        encode_png(&image)
    }

    /// The ends of the scale, which differ: all but the most extreme pairs lie between.
    fn ends(&self) -> (f32, f32) {
        let mut pairs: Vec<f32> = (0..self.rows)
            .flat_map(|row| self.values[row * self.rows..][..row].iter().copied())
            .collect();
        pairs.sort_unstable_by(f32::total_cmp);
        let at = |share: f64| {
            let place = (share * pairs.len().saturating_sub(1) as f64).round() as usize;
            pairs.get(place).copied().unwrap_or(0.0)
        };
        let (low, high) = (at(CLIPPED), at(1.0 - CLIPPED));
        (low, high.max(low + 1e-3))
    }

    fn mean(&self, row: usize, column: usize, shared: usize) -> f32 {
        let end = |start: usize| (start + shared).min(self.rows);
        let block = (row..end(row)).flat_map(|row| {
            let line = &self.values[row * self.rows..][..self.rows];
            line[column..end(column)].iter().copied()
        });
        let count = (end(row) - row) * (end(column) - column);
        block.sum::<f32>() / count as f32
    }

    /// A bar on the left and one above for each kept row.
    fn ticks<DB: DrawingBackend>(
        &self,
        canvas: &Canvas<DB>,
        palette: &Palette,
        side: usize,
    ) -> DrawResult<DB> {
        let left = MARGIN + TICK;
        let style = palette.text.filled();
        for place in (0..self.rows).filter(|&place| self.kept[place]) {
            let edge = |place: usize| (left + place * side / self.rows) as i32;
            let (from, to) = (edge(place), edge(place + 1).max(edge(place) + 1));
            // A gap between neighbours, where a row is wide enough for one.
            let to = if to - from > 2 { to - 1 } else { to };
            let (outer, inner) = (MARGIN as i32, (left - 4) as i32);
            canvas.draw(&Rectangle::new([(outer, from), (inner, to)], style))?;
            canvas.draw(&Rectangle::new([(from, outer), (to, inner)], style))?;
        }
        Ok(())
    }
}

/// The scale and the meaning of the ticks.
fn legend<DB: DrawingBackend>(
    canvas: &Canvas<DB>,
    palette: &Palette,
    (left, side): (usize, usize),
    (low, high): (f32, f32),
) -> DrawResult<DB> {
    let top = (left + side + 22) as i32;
    let (from, length, tall) = (left as i32, (side / 3).max(1) as i32, 26);
    for at in 0..length {
        let colour = palette.heat(at as f32 / length as f32).filled();
        let column = [(from + at, top), (from + at + 1, top + tall)];
        canvas.draw(&Rectangle::new(column, colour))?;
    }
    let style = |anchor| text(LETTERS, 1, palette.text, anchor);
    let below = top + tall + 8;
    let write = |words: String, x: i32, y: i32, side: HPos, vertical: VPos| {
        canvas.draw(&Text::new(words, (x, y), style(Pos::new(side, vertical))))
    };
    write(format!("{low:.2}"), from, below, HPos::Left, VPos::Top)?;
    write(
        format!("{high:.2}"),
        from + length,
        below,
        HPos::Right,
        VPos::Top,
    )?;
    let (beside, middle) = (from + length + 20, top + tall / 2);
    write(
        "cosine similarity".into(),
        beside,
        middle,
        HPos::Left,
        VPos::Center,
    )?;
    if side >= SIDE * 3 / 4 {
        let end = (left + side) as i32;
        write(
            "bars at the edges: kept rows".into(),
            end,
            below,
            HPos::Right,
            VPos::Top,
        )?;
    }
    Ok(())
}

fn check(features: &[f32], width: usize, order: &[u32], kept: &[u32]) -> Result<()> {
    let rows = order.len();
    if rows == 0 || rows > MOST_ROWS {
        return Err(failed(format!(
            "a similarity map takes 1 to {MOST_ROWS} rows and there are {rows}; choose some of them"
        )));
    }
    if rows.checked_mul(width) != Some(features.len()) {
        let found = features.len();
        return Err(failed(format!(
            "{rows} rows of {width} features are not {found} values"
        )));
    }
    let mut seen = vec![false; rows];
    let mut is_new = |&row: &u32| {
        let place = seen.get_mut(row as usize);
        place.is_some_and(|seen| !std::mem::replace(seen, true))
    };
    match (order.iter().all(&mut is_new), kept.iter().max()) {
        (false, _) => Err(failed(format!(
            "the order must list each of the rows 0 to {} once",
            rows - 1
        ))),
        (true, Some(&row)) if row as usize >= rows => {
            Err(failed(format!("kept row {row} is not among {rows} rows")))
        }
        _ => Ok(()),
    }
}

/// A row at length 1, or zeros.
fn unit(row: &[f32]) -> Vec<f32> {
    let squares: f64 = row.iter().map(|&value| f64::from(value).powi(2)).sum();
    let scale = 1.0 / squares.sqrt();
    match scale.is_finite() && scale > 0.0 {
        true => row
            .iter()
            .map(|&value| (f64::from(value) * scale) as f32)
            .collect(),
        false => vec![0.0; row.len()],
    }
}

fn dot(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

fn fill(image: &mut RgbImage, (x, y): (usize, usize), side: usize, colour: Rgb<u8>) {
    for down in 0..side {
        for right in 0..side {
            image.put_pixel((x + right) as u32, (y + down) as u32, colour);
        }
    }
}

fn rgb(colour: RGBColor) -> Rgb<u8> {
    Rgb([colour.0, colour.1, colour.2])
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEATURES: [f32; 8] = [1.0, 0.0, 0.0, 2.0, 3.0, 3.0, 0.0, 0.0];

    #[test]
    fn similarities_are_cosines_in_the_given_order() {
        let map = SimilarityMap::new(&FEATURES, 2, &[2, 0, 3, 1], &[1]).unwrap();
        let half = std::f32::consts::FRAC_1_SQRT_2;
        let expected = [
            [1.0, half, 0.0, half],
            [half, 1.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 0.0],
            [half, 0.0, 0.0, 1.0],
        ];
        for (row, line) in expected.iter().enumerate() {
            for (column, value) in line.iter().enumerate() {
                let found = map.at(row, column).unwrap();
                assert!((found - value).abs() < 1e-6, "{row} {column}: {found}");
            }
        }
        assert_eq!(map.kept, [false, false, false, true]);
        assert_eq!(map.at(4, 0), None);
    }

    #[test]
    fn invalid_orders_are_refused() {
        let refused = |order: &[u32], kept: &[u32]| {
            let map = SimilarityMap::new(&FEATURES, 2, order, kept);
            map.unwrap_err().to_string()
        };
        assert!(refused(&[0, 1, 2, 2], &[]).contains("0 to 3"));
        assert!(refused(&[0, 1, 2, 4], &[]).contains("once"));
        assert!(refused(&[0, 1, 2, 3], &[4]).contains("kept row 4"));
        assert!(refused(&[], &[]).contains("4096"));
        assert!(refused(&[0, 1, 2], &[]).contains("8 values"));
        let many: Vec<u32> = (0..4097).collect();
        assert!(refused(&many, &[]).contains("4097"));
    }

    #[test]
    fn the_picture_shows_the_map_and_a_bar_for_each_kept_row() {
        // Two groups of 20 rows, alike within; the first group is kept.
        let features: Vec<f32> = (0..40)
            .flat_map(|row| if row < 20 { [1.0, 0.1] } else { [0.1, 1.0] })
            .collect();
        let order: Vec<u32> = (0..40).collect();
        let kept: Vec<u32> = (0..20).collect();
        let map = SimilarityMap::new(&features, 2, &order, &kept).unwrap();
        for theme in Theme::ALL {
            let bytes = map.png(theme).unwrap();
            let image = image::load_from_memory(&bytes).unwrap().to_rgb8();
            let palette = theme.palette();
            let cell = (SIDE / 40) as u32;
            let at = |row: u32, column: u32| {
                let place = |index| (MARGIN + TICK) as u32 + index * cell + cell / 2;
                *image.get_pixel(place(column), place(row))
            };
            assert_eq!(at(0, 19), rgb(palette.heat(1.0)));
            assert_eq!(at(0, 20), rgb(palette.heat(0.0)));
            assert_eq!(at(39, 39), rgb(palette.heat(1.0)));
            let bar = |row: u32| {
                *image.get_pixel(
                    MARGIN as u32 + 3,
                    (MARGIN + TICK) as u32 + row * cell + cell / 2,
                )
            };
            assert_eq!(bar(0), rgb(palette.text));
            assert_eq!(bar(19), rgb(palette.text));
            assert_eq!(bar(20), rgb(palette.ground));
        }
    }

    #[test]
    fn more_rows_than_pixels_share_them() {
        let features: Vec<f32> = (0..1500).map(|row| (row % 7) as f32 - 3.0).collect();
        let order: Vec<u32> = (0..1500).collect();
        let map = SimilarityMap::new(&features, 1, &order, &[1499]).unwrap();
        let image = image::load_from_memory(&map.png(Theme::Light).unwrap()).unwrap();
        assert_eq!(image.width() as usize, MARGIN + TICK + 750 + MARGIN);
    }
}
