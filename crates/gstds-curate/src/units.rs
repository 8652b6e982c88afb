//! Rows of unit length, and their products.

use crate::error::Result;
use crate::pool::{Pool, RowSet};

/// Sums that a product is divided among, so that it becomes vector instructions.
pub(crate) const LANES: usize = 16;
/// Values of a row whose products are summed in f32; 16 additions a lane keep that within 1e-6.
const STRETCH: usize = 16 * LANES;

/// Rows of unit length, padded with zeros; a row of zeros where there is none.
pub(crate) struct Units {
    values: Vec<f32>,
    width: usize,
}

impl Units {
    pub(crate) fn read(pool: &mut Pool, rows: &RowSet) -> Result<Self> {
        let width = pool.layout().features.next_multiple_of(LANES);
        let mut values = Vec::with_capacity(rows.len() * width);
        pool.for_each_row(rows, |row| {
            unit(row, &mut values);
            values.resize(values.len().next_multiple_of(width), 0.0);
        })?;
        Ok(Self { values, width })
    }

    pub(crate) fn rows(&self) -> usize {
        self.values.len() / self.width
    }

    /// The cosine similarity of two rows. The same on every machine.
    pub(crate) fn similarity(&self, a: usize, b: usize) -> f64 {
        dot(self.row(a), self.row(b))
    }

    /// Values of a row, padding included.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Whether a row has a direction.
    pub(crate) fn is_valid(&self, row: usize) -> bool {
        self.row(row).iter().any(|&value| value != 0.0)
    }

    /// A row, padded with zeros.
    pub(crate) fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.width..(row + 1) * self.width]
    }
}

/// Appends a row of unit length; zeros where it has no direction.
fn unit(row: &[f64], values: &mut Vec<f32>) {
    let norm = row.iter().map(|value| value * value).sum::<f64>().sqrt();
    let scale = if norm.is_finite() && norm > 0.0 {
        1.0 / norm
    } else {
        0.0
    };
    values.extend(row.iter().map(|value| match scale > 0.0 {
        true => (value * scale) as f32,
        false => 0.0,
    }));
}

/// Lanes are added up in a fixed order, so that every machine finds the same groups; in f64 after
/// each stretch, so that wide rows lose no more than narrow ones.
fn dot(a: &[f32], b: &[f32]) -> f64 {
    let mut sum = 0.0;
    for (a, b) in a.chunks(STRETCH).zip(b.chunks(STRETCH)) {
        let mut sums = [0.0_f32; LANES];
        for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
            for lane in 0..LANES {
                sums[lane] += a[lane] * b[lane];
            }
        }
        sum += sums.iter().map(|&sum| f64::from(sum)).sum::<f64>();
    }
    sum
}
