//! Mean similarities of rows within either sign of the Fiedler vector, and across.

use super::{InspectedPool, SideSimilarity};

/// Of the rows drawn, with these features; none where a side has no row.
pub(super) fn measure(pool: &InspectedPool<'_>, features: &[f32]) -> Option<SideSimilarity> {
    if pool.facts.split.is_none() || pool.input.width == 0 {
        return None;
    }
    let mut sums = [0, 1].map(|_| vec![0.0; pool.input.width]);
    let mut counts = [0.0; 2];
    for (&row, line) in pool.mapped.iter().zip(features.chunks(pool.input.width)) {
        if pool.input.invalid.binary_search(&row).is_ok() {
            continue;
        }
        let squares = line.iter().map(|&value| f64::from(value).powi(2));
        let norm = squares.sum::<f64>().sqrt();
        let side = usize::from(pool.input.selection.scores[row as usize] >= 0.0);
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
    (across > 0.0).then(|| SideSimilarity {
        below: within(0),
        above: within(1),
        across: dot(&sums[0], &sums[1]) / across,
    })
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}
