//! How alike the rows are on either side of the Fiedler vector's 0, and across it.

use super::View;
use serde::Serialize;

/// Mean cosine similarities of different rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Sides {
    /// Among rows below 0; none where there are fewer than two.
    pub below: Option<f64>,
    /// Among rows at 0 or above; none where there are fewer than two.
    pub above: Option<f64>,
    /// Between one side and the other.
    pub across: f64,
}

impl Sides {
    /// Of the rows drawn, which `features` are of; none where a side has no row.
    pub(super) fn of(view: &View<'_>, features: &[f32]) -> Option<Self> {
        if view.facts.split.is_none() || view.subject.width == 0 {
            return None;
        }
        let mut sums = [0, 1].map(|_| vec![0.0; view.subject.width]);
        let mut counts = [0.0; 2];
        for (&row, line) in view.mapped.iter().zip(features.chunks(view.subject.width)) {
            if view.subject.invalid.binary_search(&row).is_ok() {
                continue;
            }
            let squares = line.iter().map(|&value| f64::from(value).powi(2));
            let norm = squares.sum::<f64>().sqrt();
            let side = usize::from(view.subject.selection.scores[row as usize] >= 0.0);
            counts[side] += 1.0;
            for (sum, &value) in sums[side].iter_mut().zip(line) {
                *sum += f64::from(value) / norm;
            }
        }
        // The sum of all pairs is the square of the sum; a row with itself adds 1.
        let within = |side: usize| {
            let count: f64 = counts[side];
            let pairs = count * (count - 1.0);
            (pairs > 0.0).then(|| (dot(&sums[side], &sums[side]) - count) / pairs)
        };
        let across = counts[0] * counts[1];
        (across > 0.0).then(|| Self {
            below: within(0),
            above: within(1),
            across: dot(&sums[0], &sums[1]) / across,
        })
    }
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}
