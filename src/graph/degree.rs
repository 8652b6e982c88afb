//! The f64 twin of the degrees.

use crate::{Affinity, kernel::constants::floor};

/// Sums and minima of the rows of S over valid columns, in f64.
pub fn twin(similarity: &[f64], valid: &[bool], affinity: Affinity) -> (Vec<f64>, Vec<f64>) {
    let rows = valid.len();
    let lowest = floor(affinity);
    let sum = |row: &[f64]| -> f64 {
        (0..rows)
            .filter(|&j| valid[j])
            .map(|j| row[j].max(lowest))
            .sum()
    };
    let smallest = |row: &[f64]| {
        (0..rows)
            .filter(|&j| valid[j])
            .fold(2.0f64, |least, j| least.min(row[j]))
    };
    let lines = || similarity.chunks(rows);
    (lines().map(sum).collect(), lines().map(smallest).collect())
}
