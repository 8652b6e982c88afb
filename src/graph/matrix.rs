//! The f64 twin of a caller's matrix.

/// The upper half of a matrix mirrored, rows that do not take part as zero, and which rows do: those
/// with a finite diagonal entry and finite entries in the columns of all such rows.
pub fn twin(matrix: &[f32], rows: usize) -> (Vec<f64>, Vec<bool>) {
    let entry = |i: usize, j: usize| f64::from(matrix[i * rows + j]);
    let on_diagonal = |i: usize| entry(i, i).is_finite();
    let takes_part = |i: usize| {
        let finite = |j: usize| entry(i, j).is_finite() || !on_diagonal(j);
        on_diagonal(i) && (0..rows).all(finite)
    };
    let valid: Vec<bool> = (0..rows).map(takes_part).collect();
    let mirrored = |at: usize| {
        let (i, j) = (at / rows, at % rows);
        if valid[i] && valid[j] {
            entry(i.min(j), i.max(j))
        } else {
            0.0
        }
    };
    ((0..rows * rows).map(mirrored).collect(), valid)
}
