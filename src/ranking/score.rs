//! The f64 twin of the scores.

use crate::graph::laplacian::Operator;

/// Scores in f64 from a unit Fiedler vector and its Ritz value: polished, unit norm, signed.
pub fn twin(operator: &Operator, ritz: f64, fiedler: &[f64]) -> Vec<f64> {
    let rows = fiedler.len();
    let unpolished: Vec<f64> = fiedler
        .iter()
        .zip(&operator.root)
        .map(|(u, r)| u * r)
        .collect();
    let lambda = if operator.symmetric {
        1.0 - ritz
    } else {
        -ritz
    };
    let (degree_min, _) = operator.degree_range();
    let polishable = operator.symmetric || degree_min - lambda >= 1e-3 * degree_min;
    let polished = |i: usize| {
        let line = &operator.affinity[i * rows..(i + 1) * rows];
        let product: f64 = line.iter().zip(&unpolished).map(|(w, x)| w * x).sum();
        let divisor = if operator.symmetric {
            operator.degree[i]
        } else {
            operator.degree[i] - lambda
        };
        product / divisor
    };
    let mut scores: Vec<f64> = (0..rows)
        .map(|i| match (operator.root[i] > 0.0, polishable) {
            (false, _) => 0.0,
            (true, true) => polished(i),
            (true, false) => unpolished[i],
        })
        .collect();
    let norm = scores.iter().map(|x| x * x).sum::<f64>().sqrt();
    let direction = orientation(&scores, norm) / norm;
    scores.iter_mut().for_each(|x| *x *= direction);
    scores
}

fn orientation(scores: &[f64], norm: f64) -> f64 {
    let cubes = scores.iter().map(|x| (x / norm).powi(3)).sum::<f64>();
    if cubes.abs() >= 1e-3 {
        return cubes.signum();
    }
    let largest = scores.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    let nearly = (1.0 - 1.0 / 4096.0) * largest;
    let first = scores.iter().find(|x| x.abs() >= nearly);
    if first.is_some_and(|x| *x < 0.0) {
        -1.0
    } else {
        1.0
    }
}
