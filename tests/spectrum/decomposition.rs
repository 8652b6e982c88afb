//! Values and vectors against a full eigendecomposition.

use super::*;

/// Eigenpairs of a symmetric matrix by Jacobi's rotations, largest first.
fn jacobi(mut matrix: Vec<Vec<f64>>) -> Vec<(f64, Vec<f64>)> {
    let size = matrix.len();
    let unit = |i| (0..size).map(|j| f64::from(u8::from(i == j))).collect();
    // Row i becomes the eigenvector of the i-th diagonal entry.
    let mut vectors: Vec<Vec<f64>> = (0..size).map(unit).collect();
    for _ in 0..12 {
        for p in 0..size {
            for q in p + 1..size {
                if matrix[p][q].abs() < 1e-300 {
                    continue;
                }
                let theta = (matrix[q][q] - matrix[p][p]) / (2.0 * matrix[p][q]);
                let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
                let c = 1.0 / t.hypot(1.0);
                let turn = |a: f64, b: f64| (c * a - t * c * b, t * c * a + c * b);
                for row in &mut matrix {
                    (row[p], row[q]) = turn(row[p], row[q]);
                }
                let (above, below) = matrix.split_at_mut(q);
                for (a, b) in above[p].iter_mut().zip(&mut below[0]) {
                    (*a, *b) = turn(*a, *b);
                }
                let (above, below) = vectors.split_at_mut(q);
                for (a, b) in above[p].iter_mut().zip(&mut below[0]) {
                    (*a, *b) = turn(*a, *b);
                }
            }
        }
    }
    let mut pairs: Vec<_> = (0..size).map(|i| matrix[i][i]).zip(vectors).collect();
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    pairs
}

/// Every eigenpair of the operator, with the trivial one moved to the end.
fn decomposition(operator: &Operator) -> Vec<(f64, Vec<f64>)> {
    let rows = operator.trivial.len();
    let far = 4.0 * scale(operator);
    let column = |j: usize| -> Vec<f64> {
        let unit: Vec<f64> = (0..rows).map(|i| f64::from(u8::from(i == j))).collect();
        let along = far * operator.trivial[j];
        let applied = operator.apply(&unit);
        let moved = applied.iter().zip(&operator.trivial);
        moved.map(|(y, t)| y - along * t).collect()
    };
    jacobi((0..rows).map(column).collect())
}

/// Values within 1e-5, and each vector within the space of those that share its eigenvalue.
#[test]
fn values_and_vectors_are_those_of_a_full_decomposition() {
    let mut compared = 0;
    for laplacian in Laplacian::ALL {
        for path in [Path::Dense, Path::LowRank] {
            for (name, data, columns) in [
                ("fixture A", fixture_a(64, 32), 32),
                ("fixture A", fixture_a(32, 16), 16),
                ("synthetic", Noise(5).features(65, 48), 48),
                ("signed", Noise(6).signed(60, 40), 40),
            ] {
                let by = options(*laplacian, path, 3);
                let found = select(&data, columns, &by);
                let operator = operator(&data, columns, &by);
                let exact = decomposition(&operator);
                let listed = spectrum(&found);
                let label = format!("{name} {} {laplacian} {path}", found.rows);
                assert_eq!(listed.vectors, 3, "{label}");
                let flags = found.status.flags();
                assert!(!flags.contains(Flags::UNCONVERGED), "{label}: {listed:?}");
                let scale = scale(&operator);
                let shift = if operator.symmetric { 1.0 } else { 0.0 };
                for (rank, scores) in vectors(&found).iter().enumerate() {
                    let value = exact[rank].0;
                    let error = (f64::from(listed.values[rank]) - (shift - value)).abs();
                    assert!(
                        error < 1e-5 * scale,
                        "{label}: value {rank} off by {error:e}"
                    );
                    assert!(listed.residuals[rank] < 1e-6, "{label}: {listed:?}");
                    // What Batch::scores makes of each of the eigenvectors nearby.
                    let near = exact
                        .iter()
                        .filter(|(v, _)| (v - value).abs() < 1e-4 * scale);
                    let weighted: Vec<f64> = scores
                        .iter()
                        .zip(&operator.root)
                        .map(|(x, r)| f64::from(*x) / if *r > 0.0 { *r } else { 1.0 })
                        .collect();
                    let norm = dot(&weighted, &weighted).sqrt();
                    let along: f64 = near.map(|(_, v)| (dot(v, &weighted) / norm).powi(2)).sum();
                    assert!(along > 0.999_99, "{label}: vector {rank} overlaps {along}");
                    compared += 1;
                }
            }
        }
    }
    assert_eq!(compared, 48);
}
