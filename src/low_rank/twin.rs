//! The f64 twins of the products with unit rows.

/// Norm of each valid row and 0 for the others, in f64.
pub fn row_norms(features: &[f32], columns: usize) -> Vec<f64> {
    let norm = |row: &[f32]| {
        let largest = row.iter().fold(0.0f64, |m, &x| m.max(f64::from(x).abs()));
        let usable = largest >= f64::from(f32::MIN_POSITIVE) && row.iter().all(|x| x.is_finite());
        let squares: f64 = row.iter().map(|&x| (f64::from(x) / largest).powi(2)).sum();
        if usable {
            squares.sqrt() * largest
        } else {
            0.0
        }
    };
    features.chunks(columns).map(norm).collect()
}

/// The sum of unit rows times their weights, in f64.
pub fn weighted_row_sum(unit: &[f64], columns: usize, weights: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; columns];
    for (row, weight) in unit.chunks(columns).zip(weights) {
        sum.iter_mut().zip(row).for_each(|(s, x)| *s += weight * x);
    }
    sum
}

/// Products of unit rows with a vector over columns, in f64.
pub fn row_products(unit: &[f64], columns: usize, vector: &[f64]) -> Vec<f64> {
    let dot = |row: &[f64]| row.iter().zip(vector).map(|(x, z)| x * z).sum();
    unit.chunks(columns).map(dot).collect()
}
