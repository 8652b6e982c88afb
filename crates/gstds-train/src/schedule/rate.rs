//! Learning rates, step by step.

use crate::error::{Error, Result};
use std::{fmt, str::FromStr};

/// The learning rate over the optimiser steps that a run really makes.
///
/// Written `constant`, `cosine` or `step:SHARE,...xFACTOR`: `step:0.5,0.75x0.1` multiplies the rate
/// by 0.1 at half and again at three quarters of the steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Rate {
    /// The highest rate always.
    Constant,
    /// Half a cosine from the highest rate to 0.
    #[default]
    Cosine,
    /// Multiplied by the factor at each of these shares of the steps.
    Step {
        /// Shares of the run's steps in (0, 1), rising.
        shares: Vec<f64>,
        /// In (0, 1).
        factor: f64,
    },
}

const FORMS: &str = "constant, cosine or step:0.5,0.75x0.1";

impl Rate {
    /// Learning rate of step `step`, counted from 0, of a run of `steps`. The first `warmup` steps
    /// rise to `highest` in equal parts, the first of them at `highest / warmup`; a cosine spans
    /// the steps behind them, and shares are of all steps.
    #[must_use]
    pub fn at(&self, highest: f64, warmup: usize, step: usize, steps: usize) -> f64 {
        if step < warmup {
            return highest * (step + 1) as f64 / warmup as f64;
        }
        let share = |part: usize, whole: usize| (part as f64 / whole.max(1) as f64).min(1.0);
        match self {
            Self::Constant => highest,
            Self::Cosine => {
                let progress = share(step - warmup, steps.saturating_sub(warmup));
                highest * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos())
            }
            Self::Step { shares, factor } => {
                let progress = share(step, steps);
                let passed = shares.iter().filter(|share| progress >= **share).count();
                highest * factor.powi(passed as i32)
            }
        }
    }

    fn checked(self, text: &str) -> Result<Self> {
        let Self::Step { shares, factor } = &self else {
            return Ok(self);
        };
        let inside = |value: &f64| *value > 0.0 && *value < 1.0;
        if let Some(share) = shares.iter().find(|share| !inside(share)) {
            return Err(bad(
                text,
                format!("share {share} of the steps is not in (0, 1)"),
            ));
        }
        if !shares.is_sorted_by(|a, b| a < b) {
            return Err(bad(text, "the shares must rise".into()));
        }
        if !inside(factor) {
            return Err(bad(text, format!("factor {factor} is not in (0, 1)")));
        }
        Ok(self)
    }
}

fn bad(text: &str, reason: String) -> Error {
    gstds_data::Error::Text {
        what: "learning-rate schedule",
        text: text.into(),
        reason,
        forms: FORMS,
    }
    .into()
}

impl FromStr for Rate {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let number = |part: &str| {
            let part = part.trim();
            part.parse::<f64>()
                .map_err(|_| bad(text, format!("`{part}` is not a number")))
        };
        let (name, numbers) = match text.split_once(':') {
            Some((name, numbers)) => (name, Some(numbers)),
            None => (text, None),
        };
        match (name, numbers) {
            ("constant", None) => Ok(Self::Constant),
            ("cosine", None) => Ok(Self::Cosine),
            ("constant" | "cosine", Some(_)) => Err(bad(text, format!("{name} takes no numbers"))),
            ("step", Some(numbers)) => {
                let (shares, factor) = numbers
                    .split_once('x')
                    .ok_or_else(|| bad(text, "write the shares, x and the factor".into()))?;
                let step = Self::Step {
                    shares: shares.split(',').map(number).collect::<Result<_>>()?,
                    factor: number(factor)?,
                };
                step.checked(text)
            }
            ("step", None) => Err(bad(text, "the shares and the factor are missing".into())),
            _ => Err(bad(text, format!("unknown name `{name}`"))),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant => f.write_str("constant"),
            Self::Cosine => f.write_str("cosine"),
            Self::Step { shares, factor } => {
                let shares: Vec<String> = shares.iter().map(f64::to_string).collect();
                write!(f, "step:{}x{factor}", shares.join(","))
            }
        }
    }
}

gstds_data::as_text!(Rate);

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(text: &str, warmup: usize, steps: usize) -> Vec<f64> {
        let rate: Rate = text.parse().unwrap();
        (0..steps)
            .map(|step| rate.at(0.4, warmup, step, steps))
            .collect()
    }

    fn assert_close(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-12;
        assert!(found.iter().zip(expected).all(close), "{found:?}");
    }

    #[test]
    fn each_shape_goes_where_its_name_says() {
        assert_close(&rates("constant", 0, 3), &[0.4; 3]);
        let half = 0.2 * (1.0 + std::f64::consts::FRAC_1_SQRT_2);
        assert_close(&rates("cosine", 0, 4), &[0.4, half, 0.2, 0.4 - half]);
        let step = rates("step:0.5,0.75x0.1", 0, 8);
        let expected = [0.4, 0.4, 0.4, 0.4, 0.04, 0.04, 0.004, 0.004];
        assert_close(&step, &expected);
    }

    #[test]
    fn warm_up_rises_to_the_highest_rate_before_the_shape_sets_in() {
        assert_close(&rates("constant", 4, 6), &[0.1, 0.2, 0.3, 0.4, 0.4, 0.4]);
        assert_close(&rates("cosine", 2, 4), &[0.2, 0.4, 0.4, 0.2]);
        assert_close(&rates("step:0.5x0.5", 2, 4), &[0.2, 0.4, 0.2, 0.2]);
    }

    #[test]
    fn steps_past_the_end_and_runs_within_warm_up_are_defined() {
        assert!(Rate::Cosine.at(0.4, 0, 10, 10) < 1e-12);
        assert!(Rate::Cosine.at(0.4, 0, 9, 10) > 0.0);
        assert_close(&rates("cosine", 8, 2), &[0.05, 0.1]);
        assert_eq!(Rate::Cosine.at(0.4, 0, 0, 0), 0.4);
    }

    #[test]
    fn text_survives_a_round_trip() {
        for text in ["constant", "cosine", "step:0.5,0.75x0.1", "step:0.3x0.5"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_text_and_reason() {
        for (text, reason) in [
            ("", "unknown name ``"),
            ("wavy", "unknown name `wavy`"),
            ("cosine:3", "takes no numbers"),
            ("step", "missing"),
            ("step:0.5", "write the shares, x and the factor"),
            ("step:x0.1", "`` is not a number"),
            ("step:0.5xa", "`a` is not a number"),
            ("step:0x0.1", "share 0 "),
            ("step:1x0.1", "share 1 "),
            ("step:NaNx0.1", "share NaN "),
            ("step:0.75,0.5x0.1", "must rise"),
            ("step:0.5x1", "factor 1 "),
            ("step:0.5x-0.1", "factor -0.1 "),
        ] {
            let message = text.parse::<Rate>().unwrap_err().to_string();
            assert!(message.contains(&format!("`{text}`")), "{message}");
            assert!(message.contains(reason), "{message}");
        }
    }
}
