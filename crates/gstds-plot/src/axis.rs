//! Axes and how their numbers are written.

use std::ops::RangeInclusive;

/// What an axis measures, which decides how its numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Shares from 0 to 1, written in per cent.
    Share,
    /// Amounts of any size, written with k, M, G, T or P.
    Amount,
    /// Plain numbers.
    Number,
    /// Integers; other numbers are not written.
    Whole,
}

impl Unit {
    /// A number as an axis of this unit writes it.
    #[must_use]
    pub fn write(self, value: f64) -> String {
        match self {
            Self::Share => format!("{} %", plain(value * 100.0)),
            Self::Number => plain(value),
            Self::Whole if (value - value.round()).abs() > 1e-6 => String::new(),
            Self::Whole => plain(value),
            Self::Amount => {
                let scales = [(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
                let scale = scales.iter().find(|(scale, _)| value.abs() >= *scale);
                match scale {
                    Some((scale, name)) => format!("{} {name}", plain(value / scale)),
                    None => plain(value),
                }
            }
        }
    }
}

/// A number without trailing zeros.
fn plain(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text {
        "-0" | "" => "0".into(),
        text => text.replace('-', "−"),
    }
}

/// An axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What it measures.
    pub label: String,
    /// How its numbers are written.
    pub unit: Unit,
    /// Its ends; they must be finite and differ.
    pub range: RangeInclusive<f64>,
}

/// The limit of an axis on either side, far below what overflows when ends are subtracted.
const LIMIT: f64 = 1e30;

impl Axis {
    /// An axis that covers `values`, which may be empty, with a margin; it starts at 0 if `from_zero`.
    /// Shares stay between 0 and 1; values are clamped to ±1e30, and infinite ones and NaN are ignored.
    #[must_use]
    pub fn around(
        label: &str,
        unit: Unit,
        from_zero: bool,
        values: impl IntoIterator<Item = f64>,
    ) -> Self {
        let mut ends = values
            .into_iter()
            .filter(|value| value.is_finite())
            .map(|value| value.clamp(-LIMIT, LIMIT))
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        if ends.0 > ends.1 {
            ends = (0.0, 1.0);
        }
        let least = match unit {
            Unit::Share => 0.01,
            _ => 1e-6_f64.max(ends.1.abs() * 1e-6),
        };
        let spare = (ends.1 - ends.0).max(least) * 0.05;
        let (mut low, mut high) = (ends.0 - spare, ends.1 + spare);
        if from_zero {
            low = 0.0;
            high = ends.1.max(0.0) + spare / 2.0;
        }
        if unit == Unit::Share {
            (low, high) = (low.clamp(0.0, 0.99), high.clamp(0.01, 1.0));
        }
        Self {
            label: label.into(),
            unit,
            range: low..=high,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        assert_eq!(Unit::Share.write(0.825), "82.5 %");
        assert_eq!(Unit::Share.write(0.8), "80 %");
        assert_eq!(Unit::Amount.write(15_000.0), "15 k");
        assert_eq!(Unit::Amount.write(2.5e12), "2.5 T");
        assert_eq!(Unit::Amount.write(0.0), "0");
        assert_eq!(Unit::Number.write(-0.000_01), "0");
        assert_eq!(Unit::Number.write(-1.5), "−1.5");
        assert_eq!(Unit::Number.write(100.0), "100");
        assert_eq!([2.0, 2.5].map(|x| Unit::Whole.write(x)), ["2", ""]);
    }

    #[test]
    fn axes_hold_their_values_and_never_collapse() {
        let axis = |from_zero, values: &[f64]| {
            Axis::around("", Unit::Share, from_zero, values.iter().copied()).range
        };
        assert_eq!(axis(true, &[0.5, 1.0]), 0.0..=1.0);
        for values in [&[][..], &[0.5], &[f64::NAN], &[0.0], &[1.0]] {
            for from_zero in [true, false] {
                let range = axis(from_zero, values);
                assert!(range.start() < range.end(), "{values:?}: {range:?}");
                assert!(values.iter().all(|v| v.is_nan() || range.contains(v)));
            }
        }
        let far = Axis::around("", Unit::Amount, false, [-1e308, 1e308]).range;
        assert!(far.start().is_finite() && far.end().is_finite(), "{far:?}");
        let flat = Axis::around("", Unit::Amount, false, [7.0, 7.0]).range;
        assert!(flat.start() < &7.0 && flat.end() > &7.0);
    }
}
