//! The f64 twin of Lanczos.

use super::tridiagonal;
use crate::{graph::laplacian::Operator, hash::row_hash};

/// The Lanczos relation in f64: T's diagonals and the basis, row by row.
#[derive(Clone, Debug, Default)]
pub struct Relation {
    /// Diagonal of T.
    pub alpha: Vec<f64>,
    /// Off-diagonal of T; the last entry is what was left after the last step.
    pub beta: Vec<f64>,
    /// Orthonormal basis vectors, one for each entry of alpha.
    pub basis: Vec<Vec<f64>>,
    /// Whether the Krylov space ended.
    pub exhausted: bool,
}

/// The hashed start vector of NUMERICS, zero at invalid rows, deflated and normalised.
pub fn start_vector(operator: &Operator) -> Vec<f64> {
    let present = |i: usize| operator.root[i] > 0.0;
    let mut start: Vec<f64> = (0..operator.root.len())
        .map(|i| if present(i) { hashed(i as u32) } else { 0.0 })
        .collect();
    deflate(&mut start, &operator.trivial, &[]);
    normalize(&mut start);
    start
}

fn hashed(row: u32) -> f64 {
    f64::from(row_hash(row)) / 4_294_967_296.0 - 0.5
}

/// Lanczos until `residual` (relative to the largest |Ritz value| seen) or `steps`, whichever
/// comes first.
pub fn twin(operator: &Operator, steps: usize, residual: f64) -> Relation {
    let mut relation = Relation::default();
    let mut vector = start_vector(operator);
    let norm = if operator.symmetric {
        1.0
    } else {
        operator.degree_range().1
    };
    let mut magnitude = 0.0f64;
    for step in 0..steps {
        let mut next = operator.apply(&vector);
        relation.basis.push(vector);
        let newest = relation.basis.last().expect("just pushed");
        relation.alpha.push(dot(newest, &next));
        deflate(&mut next, &operator.trivial, &relation.basis);
        let beta = normalize(&mut next);
        relation.beta.push(beta);
        magnitude = magnitude.max(beta).max(relation.alpha[step].abs());
        if beta < (1e-9 * magnitude).max(1e-14 * norm) {
            relation.exhausted = true;
            break;
        }
        let (_, coefficients) = tridiagonal::twin(&relation.alpha, &relation.beta);
        if beta * coefficients[step].abs() < residual * magnitude {
            break;
        }
        vector = next;
    }
    relation
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Both passes take the trivial vector along: removing a basis vector brings back what little of
/// the trivial vector it holds, and each step would multiply that.
fn deflate(x: &mut [f64], trivial: &[f64], basis: &[Vec<f64>]) {
    for _ in 0..2 {
        for vector in std::iter::once(trivial).chain(basis.iter().map(Vec::as_slice)) {
            let along = dot(x, vector);
            x.iter_mut().zip(vector).for_each(|(x, v)| *x -= along * v);
        }
    }
}

fn normalize(x: &mut [f64]) -> f64 {
    let norm = dot(x, x).sqrt();
    x.iter_mut().for_each(|x| *x /= norm);
    norm
}
