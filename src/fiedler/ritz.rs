//! The f64 twins of the Ritz vectors.

use super::{lanczos::Relation, tridiagonal};

/// Largest Ritz value and its unit Ritz vector in f64.
pub fn twin(relation: &Relation) -> (f64, Vec<f64>) {
    let (value, coefficients) = tridiagonal::twin(&relation.alpha, &relation.beta);
    (value, combination(&coefficients, &relation.basis))
}

/// The combination of basis vectors that an eigenvector of T names.
fn combination(coefficients: &[f64], basis: &[Vec<f64>]) -> Vec<f64> {
    let mut vector = vec![0.0; basis[0].len()];
    for (coefficient, basis) in coefficients.iter().zip(basis) {
        for (entry, b) in vector.iter_mut().zip(basis) {
            *entry += coefficient * b;
        }
    }
    vector
}

/// The `count` largest Ritz values and their unit Ritz vectors in f64, or as many as there are.
pub fn pairs(relation: &Relation, count: usize) -> Vec<(f64, Vec<f64>)> {
    let pairs = tridiagonal::pairs(&relation.alpha, &relation.beta, count);
    let combined = |(value, coefficients): (f64, Vec<f64>)| {
        (value, combination(&coefficients, &relation.basis))
    };
    pairs.into_iter().map(combined).collect()
}
