//! The f64 twin of the eigenpairs of the Lanczos matrix.

/// Largest eigenvalue of the symmetric tridiagonal matrix and its unit eigenvector, in f64.
/// `beta` has at least one entry fewer than `alpha`; further entries are ignored.
pub fn twin(alpha: &[f64], beta: &[f64]) -> (f64, Vec<f64>) {
    let mut found = pairs(alpha, beta, 1);
    found.pop().expect("a matrix of at least one row")
}

/// The `count` largest eigenpairs, or as many as there are: values descending, vectors orthonormal.
pub fn pairs(alpha: &[f64], beta: &[f64], count: usize) -> Vec<(f64, Vec<f64>)> {
    let size = alpha.len();
    let radius = |i: usize| {
        let left = if i > 0 { beta[i - 1].abs() } else { 0.0 };
        let right = if i + 1 < size { beta[i].abs() } else { 0.0 };
        left + right
    };
    let low = (0..size).fold(f64::INFINITY, |l, i| l.min(alpha[i] - radius(i)));
    let high = (0..size).fold(f64::NEG_INFINITY, |h, i| h.max(alpha[i] + radius(i)));
    let scale = low.abs().max(high.abs()).max(1e-300);
    let mut found: Vec<(f64, Vec<f64>)> = Vec::new();
    for rank in 0..count.min(size) {
        let (mut low, mut high) = (low, high);
        while high - low > 4.0 * f64::EPSILON * scale {
            let middle = 0.5 * (low + high);
            if exceeds(alpha, beta, middle, scale, rank) {
                low = middle;
            } else {
                high = middle;
            }
        }
        let value = 0.5 * (low + high);
        let vector = eigenvector(alpha, beta, value, scale, &found);
        found.push((value, vector));
    }
    found
}

/// Whether more than `rank` eigenvalues lie above `point`: that many pivots of T − point·I are
/// positive.
fn exceeds(alpha: &[f64], beta: &[f64], point: f64, scale: f64, rank: usize) -> bool {
    let pivots = pivots(alpha, beta, point, scale, false);
    pivots.iter().filter(|pivot| **pivot > 0.0).count() > rank
}

/// Pivots of T − point·I, eliminated from the top or the bottom, none of them 0.
fn pivots(alpha: &[f64], beta: &[f64], point: f64, scale: f64, upwards: bool) -> Vec<f64> {
    let size = alpha.len();
    let tiny = 1e-30 * scale;
    let mut pivots = vec![0.0; size];
    let (mut before, mut coupling) = (1.0, 0.0);
    for i in 0..size {
        let at = if upwards { size - 1 - i } else { i };
        let pivot: f64 = alpha[at] - point - coupling * coupling / before;
        before = if pivot.abs() < tiny { -tiny } else { pivot };
        pivots[at] = before;
        let next = if upwards { at.checked_sub(1) } else { Some(at) };
        coupling = next.and_then(|i| beta.get(i)).copied().unwrap_or(0.0);
    }
    pivots
}

/// By a twisted factorisation: the two eliminations meet where the least is left over, which is
/// where the vector is largest, seen beside what the vectors before leave of an entry.
fn eigenvector(
    alpha: &[f64],
    beta: &[f64],
    value: f64,
    scale: f64,
    before: &[(f64, Vec<f64>)],
) -> Vec<f64> {
    let size = alpha.len();
    let down = pivots(alpha, beta, value, scale, false);
    let up = pivots(alpha, beta, value, scale, true);
    let left_over = |i: usize| {
        let room = before.iter().fold(1.0, |r, (_, v)| r - v[i] * v[i]);
        (down[i] + up[i] - (alpha[i] - value)).abs() / room.max(1e-12)
    };
    let by_remainder = |a: &usize, b: &usize| left_over(*a).total_cmp(&left_over(*b));
    let twist = (0..size).min_by(by_remainder).unwrap_or(0);
    let mut vector = vec![0.0; size];
    vector[twist] = 1.0;
    for i in (0..twist).rev() {
        vector[i] = -beta[i] / down[i] * vector[i + 1];
    }
    for i in twist + 1..size {
        vector[i] = -beta[i - 1] / up[i] * vector[i - 1];
    }
    scale_to_unit(&mut vector);
    for (_, other) in before {
        let along: f64 = vector.iter().zip(other).map(|(a, b)| a * b).sum();
        vector
            .iter_mut()
            .zip(other)
            .for_each(|(x, o)| *x -= along * o);
    }
    scale_to_unit(&mut vector);
    vector
}

/// By the largest entry first, whose square may be no f64.
fn scale_to_unit(vector: &mut [f64]) {
    let largest = vector.iter().fold(1e-300, |m: f64, x| m.max(x.abs()));
    vector.iter_mut().for_each(|x| *x /= largest);
    let norm = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
    vector.iter_mut().for_each(|x| *x /= norm);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Largest entry of T·v − value·v over all pairs, and of the vectors' products less those of
    /// an orthonormal set.
    fn errors(alpha: &[f64], beta: &[f64], count: usize) -> (f64, f64) {
        let found = pairs(alpha, beta, count);
        assert_eq!(found.len(), count.min(alpha.len()));
        let at = |v: &[f64], i: Option<usize>| i.and_then(|i| v.get(i)).copied().unwrap_or(0.0);
        let (mut residual, mut angle) = (0.0f64, 0.0f64);
        for (rank, (value, v)) in found.iter().enumerate() {
            for i in 0..v.len() {
                let before = i.checked_sub(1);
                let sides =
                    at(beta, before) * at(v, before) + at(beta, Some(i)) * at(v, Some(i + 1));
                residual = residual.max((alpha[i] * v[i] + sides - value * v[i]).abs());
            }
            for (other, (_, w)) in found.iter().enumerate() {
                let dot: f64 = v.iter().zip(w).map(|(a, b)| a * b).sum();
                angle = angle.max((dot - f64::from(u8::from(rank == other))).abs());
            }
        }
        assert!(found.windows(2).all(|pair| pair[0].0 >= pair[1].0));
        (residual, angle)
    }

    #[test]
    fn eigenpairs_satisfy_their_equation_also_where_values_pair_up() {
        let second_difference = (vec![2.0; 40], vec![-1.0; 39]);
        // Wilkinson's W21+, whose largest values agree to fourteen digits.
        let wilkinson = (
            (-10..=10).map(|i: i32| f64::from(i.abs())).collect(),
            vec![1.0; 20],
        );
        let split = (vec![3.0, 1.0, 3.0, 1.0, 0.5], vec![0.5, 0.0, 0.5, 0.0]);
        for (name, (alpha, beta)) in [
            ("second difference", second_difference),
            ("Wilkinson", wilkinson),
            ("two blocks alike", split),
            ("one row", (vec![1.5], vec![])),
        ] {
            let (residual, angle) = errors(&alpha, &beta, 8);
            assert!(residual < 1e-12, "{name}: residual {residual:e}");
            assert!(angle < 1e-9, "{name}: angle {angle:e}");
        }
        let (value, _) = twin(&[2.0; 40], &[-1.0; 39]);
        let exact = 2.0 - 2.0 * (40.0 * std::f64::consts::PI / 41.0).cos();
        assert!((value - exact).abs() < 1e-13, "{value} for {exact}");
    }
}
