use std::time::Duration;

/// Repeated times of one thing, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Spread {
    /// The middle one; of an even number the upper of the two.
    pub median: f64,
    /// A quarter of the times lie below it.
    pub lower: f64,
    /// A quarter of the times lie above it.
    pub upper: f64,
    /// The shortest.
    pub min: f64,
    /// The longest.
    pub max: f64,
    /// How many there are.
    pub samples: usize,
}

impl Spread {
    /// The spread of these times; all zero where there are none.
    #[must_use]
    pub fn of(times: &[Duration]) -> Self {
        let mut sorted: Vec<f64> = times.iter().map(|t| t.as_secs_f64() * 1e3).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let last = sorted.len().saturating_sub(1);
        let at = |place: usize| sorted.get(place).copied().unwrap_or_default();
        Self {
            median: at(sorted.len() / 2),
            lower: at(last / 4),
            upper: at(last - last / 4),
            min: at(0),
            max: at(last),
            samples: sorted.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_statistics_do_not_depend_on_the_order_of_the_times() {
        let times = [5, 1, 9, 3, 7].map(Duration::from_millis);
        let spread = Spread::of(&times);
        let found = (
            spread.min,
            spread.lower,
            spread.median,
            spread.upper,
            spread.max,
        );
        assert_eq!(found, (1.0, 3.0, 5.0, 7.0, 9.0));
        assert_eq!(spread.samples, 5);
    }

    #[test]
    fn one_time_is_all_of_its_spread() {
        let spread = Spread::of(&[Duration::from_millis(2)]);
        assert_eq!((spread.min, spread.median, spread.max), (2.0, 2.0, 2.0));
        assert_eq!(Spread::of(&[]).samples, 0);
    }
}
