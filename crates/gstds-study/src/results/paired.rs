//! Means with their standard errors, and differences of runs that share their seeds.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// A mean over seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// Its standard error, from the sample's standard deviation; none for a single value.
    pub standard_error: Option<f64>,
    /// Values.
    pub count: usize,
}

impl Mean {
    /// The mean of `values`; none where there are no values.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let count = values.len();
        if count == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / count as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let error = (squares / (count as f64 - 1.0) / count as f64).sqrt();
        Some(Self {
            mean,
            standard_error: (count > 1).then_some(error),
            count,
        })
    }
}

/// The mean of paired differences, and how surely it is not zero.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Paired {
    /// Mean difference.
    pub difference: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Pairs: at least 2.
    pub pairs: usize,
    /// Two-sided p-value of Student's t test on the differences.
    pub p: f64,
}

impl Paired {
    /// Student's paired t test on `differences`; none for fewer than two, whose spread is
    /// unknown.
    #[must_use]
    pub fn of(differences: &[f64]) -> Option<Self> {
        let mean = Mean::of(differences)?;
        let standard_error = mean.standard_error?;
        Some(Self {
            difference: mean.mean,
            standard_error,
            pairs: mean.count,
            p: p_value(mean.mean, standard_error, mean.count),
        })
    }

    /// The smallest difference of either sign that these pairs would distinguish from zero at
    /// `level`, given their spread.
    #[must_use]
    pub fn visible(&self, level: f64) -> f64 {
        let quantile = student(self.pairs).map(|t| t.inverse_cdf(1.0 - level / 2.0));
        quantile.map_or(f64::INFINITY, |t| t * self.standard_error)
    }
}

/// A standard error below it is rounding of zero: accuracies are multiples of one image.
const NO_SPREAD: f64 = 1e-9;

/// Differences without spread do not allow an estimate of it, and prove nothing.
fn p_value(difference: f64, standard_error: f64, pairs: usize) -> f64 {
    if standard_error < NO_SPREAD {
        return 1.0;
    }
    let t = (difference / standard_error).abs();
    student(pairs).map_or(1.0, |student| 2.0 * student.sf(t))
}

fn student(pairs: usize) -> Option<StudentsT> {
    StudentsT::new(0.0, 1.0, pairs as f64 - 1.0).ok()
}

/// Holm's step-down correction (Holm 1979): p-values that may each be held against one level, so
/// that the chance of any false claim among them stays at that level.
#[must_use]
pub(super) fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut corrected = vec![1.0; p.len()];
    let mut most = 0.0f64;
    for (place, &index) in order.iter().enumerate() {
        most = most.max(p[index] * (p.len() - place) as f64).min(1.0);
        corrected[index] = most;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of SciPy 1.17: ttest_rel and t.ppf.
    #[test]
    fn a_paired_test_is_what_scipy_says() {
        let differences = [0.3, -0.1, 0.4, 0.2, 0.5];
        let paired = Paired::of(&differences).unwrap();
        assert!((paired.difference - 0.26).abs() < 1e-12);
        assert!((paired.standard_error - 0.10295630140987).abs() < 1e-12);
        assert!((paired.p - SCIPY_P).abs() < 1e-9, "{}", paired.p);
        assert!((paired.visible(0.05) - SCIPY_VISIBLE).abs() < 1e-9);
    }

    const SCIPY_P: f64 = 0.0649859103421206;
    const SCIPY_VISIBLE: f64 = 0.28585251909870224;

    #[test]
    fn one_pair_proves_nothing_and_equal_ones_neither() {
        assert_eq!(Paired::of(&[0.4]), None);
        assert_eq!(Paired::of(&[0.0, 0.0]).unwrap().p, 1.0);
        assert_eq!(Paired::of(&[0.25, 0.25]).unwrap().p, 1.0);
        assert_eq!(Paired::of(&[0.3, 0.1 + 0.2]).unwrap().p, 1.0);
        assert_eq!(Mean::of(&[]), None);
        assert_eq!(Mean::of(&[2.0]).unwrap().standard_error, None);
    }

    #[test]
    fn many_tests_are_held_to_one_level() {
        assert_eq!(holm(&[0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]);
        assert_eq!(holm(&[0.5, 0.9]), [1.0, 1.0]);
        assert_eq!(holm(&[]), [0.0; 0]);
    }
}
