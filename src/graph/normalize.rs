//! The f64 twin of normalisation.

/// Unit rows in f64 and which of them are valid.
pub fn twin(features: &[f32], columns: usize) -> (Vec<f64>, Vec<bool>) {
    let mut unit = Vec::with_capacity(features.len());
    let mut valid = Vec::new();
    for row in features.chunks(columns) {
        let largest = row.iter().fold(0.0f64, |m, &x| m.max(f64::from(x).abs()));
        let usable = largest >= f64::from(f32::MIN_POSITIVE) && row.iter().all(|x| x.is_finite());
        let scaled = row.iter().map(|&x| f64::from(x) / largest);
        let norm = scaled.clone().map(|x| x * x).sum::<f64>().sqrt();
        unit.extend(scaled.map(|x| if usable { x / norm } else { 0.0 }));
        valid.push(usable);
    }
    (unit, valid)
}
