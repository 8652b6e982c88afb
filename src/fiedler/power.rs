//! The f64 twin of power iteration.

use crate::graph::laplacian::Operator;

/// Power iteration in f64: the Ritz value and the unit vector after `steps` steps.
pub fn twin(operator: &Operator, start: &[f64], steps: usize) -> (f64, Vec<f64>) {
    let (_, degree_max) = operator.degree_range();
    let moved = if operator.symmetric {
        1.0
    } else {
        2.0 * degree_max
    };
    let mut vector = start.to_vec();
    let mut ritz = 0.0;
    for _ in 0..steps {
        let mut next = operator.apply(&vector);
        next.iter_mut()
            .zip(&vector)
            .for_each(|(y, x)| *y += moved * x);
        let along: f64 = next.iter().zip(&operator.trivial).map(|(a, b)| a * b).sum();
        next.iter_mut()
            .zip(&operator.trivial)
            .for_each(|(y, t)| *y -= along * t);
        ritz = next.iter().zip(&vector).map(|(a, b)| a * b).sum::<f64>() - moved;
        let norm = next.iter().map(|y| y * y).sum::<f64>().sqrt();
        vector = next.iter().map(|y| y / norm).collect();
    }
    (ritz, vector)
}
