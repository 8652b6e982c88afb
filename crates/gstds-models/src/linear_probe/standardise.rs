//! Standardised features: mean 0 and variance 1 in every column.

/// Standardises `[rows, width]` in place, over all rows. A column that does not vary becomes 0, and
/// so does a row with a value that is not finite, which counts in no mean.
pub(super) fn standardise(features: &mut [f32], width: usize) {
    for row in features.chunks_exact_mut(width) {
        if row.iter().any(|value| !value.is_finite()) {
            row.fill(f32::NAN);
        }
    }
    let mean = means(features, width, |value, _| value, &vec![0.0; width]);
    let variance = means(features, width, |value, mean| (value - mean).powi(2), &mean);
    let scale: Vec<f64> = variance
        .iter()
        .map(|&variance| {
            let scale = variance.sqrt().recip();
            if scale.is_finite() { scale } else { 0.0 }
        })
        .collect();
    for row in features.chunks_exact_mut(width) {
        if row[0].is_nan() {
            row.fill(0.0);
            continue;
        }
        for ((value, mean), scale) in row.iter_mut().zip(&mean).zip(&scale) {
            *value = ((f64::from(*value) - mean) * scale) as f32;
        }
    }
}

/// Mean of `of` over the finite rows, column by column.
fn means(features: &[f32], width: usize, of: impl Fn(f64, f64) -> f64, around: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; width];
    let mut count = 0;
    for row in features.chunks_exact(width).filter(|row| !row[0].is_nan()) {
        count += 1;
        for ((sum, value), around) in sums.iter_mut().zip(row).zip(around) {
            *sum += of(f64::from(*value), *around);
        }
    }
    sums.iter()
        .map(|sum| sum / f64::from(count.max(1)))
        .collect()
}
