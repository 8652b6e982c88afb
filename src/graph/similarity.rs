//! The f64 twin of the similarity matrix.

use crate::{Options, kernel::constants::decay};

/// The weight of one similarity under exp in f64.
pub(super) fn weight(similarity: f64, options: &Options) -> f64 {
    ((similarity - 1.0) * decay(options))
        .clamp(-87.0, 0.0)
        .exp()
}

/// S = U Uᵀ in f64.
pub fn twin(unit: &[f64], columns: usize) -> Vec<f64> {
    let rows = unit.len() / columns;
    let mut similarity = vec![0.0; rows * rows];
    for i in 0..rows {
        let left = &unit[i * columns..(i + 1) * columns];
        for j in i..rows {
            let right = &unit[j * columns..(j + 1) * columns];
            let dot = dot(left, right);
            similarity[i * rows + j] = dot;
            similarity[j * rows + i] = dot;
        }
    }
    similarity
}

/// In eight lanes, because a plain sum may not be reordered and would not vectorise.
fn dot(left: &[f64], right: &[f64]) -> f64 {
    let (a, b) = (left.chunks_exact(8), right.chunks_exact(8));
    let rest = a.remainder().iter().zip(b.remainder());
    let mut sum: f64 = rest.map(|(x, y)| x * y).sum();
    let mut lanes = [0.0; 8];
    for (x, y) in a.zip(b) {
        for lane in 0..8 {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    sum += lanes.iter().sum::<f64>();
    sum
}
