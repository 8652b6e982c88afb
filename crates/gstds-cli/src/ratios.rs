//! Keep ratios and similarities on the command line.

use gstds::Keep;

/// Reads a keep ratio.
pub(crate) fn ratio(text: &str) -> Result<f64, String> {
    let ratio = text
        .parse()
        .map_err(|_| "expected a number above 0 and at most 1, such as 0.1")?;
    Keep::Ratio(ratio)
        .of(1)
        .map_err(|error| error.to_string())?;
    Ok(ratio)
}

/// Reads a threshold of near-duplicates.
pub(crate) fn similarity(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(threshold) if threshold > 0.0 && threshold <= 1.0 => Ok(threshold),
        _ => Err("expected a cosine similarity above 0 and at most 1".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_outside_their_range_are_refused() {
        assert_eq!(ratio("0.25"), Ok(0.25));
        assert_eq!(ratio("1"), Ok(1.0));
        for text in ["0", "-0.5", "1.01", "nan", "inf", "half", ""] {
            assert!(ratio(text).is_err(), "{text}");
            assert!(similarity(text).is_err(), "{text}");
        }
    }
}
