//! Keep-ratio schedules: which share of a batch is kept, epoch by epoch.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The share of a batch that is kept, as a function of the epoch alone.
///
/// Written `constant:R`, `linear:FROM..TO`, `cosine:FROM..TO` or `step:R,R,...`; each R in (0, 1].
/// The paper (arXiv 2507.04269) schedules its ratio but we could not learn the shape; these
/// are ours. Under rules that cover the batch the shape mattered little at equal mean ratio.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Schedule {
    /// The same ratio always.
    Constant(f64),
    /// From the first ratio in the first epoch to the second in the last, in equal steps.
    Linear(f64, f64),
    /// The same along half a cosine: slow at both ends.
    Cosine(f64, f64),
    /// Ratios for equal parts of the run.
    Step(Vec<f64>),
}

impl Schedule {
    /// Keep ratio of an epoch, counted from 0, of a run of `epochs`. A run of one epoch takes the
    /// first ratio; epochs past the last take the last.
    #[must_use]
    pub fn ratio(&self, epoch: usize, epochs: usize) -> f64 {
        let progress = match epochs {
            0 | 1 => 0.0,
            _ => (epoch as f64 / (epochs - 1) as f64).min(1.0),
        };
        match self {
            Self::Constant(ratio) => *ratio,
            Self::Linear(from, to) => from + (to - from) * progress,
            Self::Cosine(from, to) => {
                from + (to - from) * 0.5 * (1.0 - (std::f64::consts::PI * progress).cos())
            }
            Self::Step(ratios) => {
                let part = epoch * ratios.len() / epochs.max(1);
                ratios[part.min(ratios.len() - 1)]
            }
        }
    }

    /// Reads a schedule, where a bare name stands for one made from `keep`: `constant` keeps it
    /// throughout, `linear` and `cosine` go from 1 to it, `step` halves its way from 1 to it in
    /// three parts.
    ///
    /// # Errors
    /// [`Error::Schedule`].
    pub fn from_name(text: &str, keep: f64) -> Result<Self> {
        match text {
            "constant" => Self::Constant(keep),
            "linear" => Self::Linear(1.0, keep),
            "cosine" => Self::Cosine(1.0, keep),
            "step" => Self::Step(vec![1.0, f64::midpoint(1.0, keep), keep]),
            _ => return text.parse(),
        }
        .checked(text)
    }

    fn checked(self, text: &str) -> Result<Self> {
        let ratios = match &self {
            Self::Constant(ratio) => vec![*ratio],
            Self::Linear(from, to) | Self::Cosine(from, to) => vec![*from, *to],
            Self::Step(ratios) => ratios.clone(),
        };
        match ratios.iter().find(|r| !(**r > 0.0 && **r <= 1.0)) {
            None => Ok(self),
            Some(ratio) => Err(Error::Schedule {
                text: text.into(),
                reason: format!("keep ratio {ratio} is not in (0, 1]"),
            }),
        }
    }
}

impl FromStr for Schedule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = |reason: String| Error::Schedule {
            text: text.into(),
            reason,
        };
        let number = |part: &str| {
            let part = part.trim();
            part.parse::<f64>()
                .map_err(|_| bad(format!("`{part}` is no number")))
        };
        let range = |numbers: &str| {
            let (from, to) = numbers
                .split_once("..")
                .ok_or_else(|| bad("two ratios are written FROM..TO".into()))?;
            Ok::<_, Error>((number(from)?, number(to)?))
        };
        let (name, numbers) = text
            .split_once(':')
            .ok_or_else(|| bad("a name and its numbers are separated by a colon".into()))?;
        let schedule = match name {
            "constant" => Self::Constant(number(numbers)?),
            "linear" => range(numbers).map(|(from, to)| Self::Linear(from, to))?,
            "cosine" => range(numbers).map(|(from, to)| Self::Cosine(from, to))?,
            "step" => Self::Step(numbers.split(',').map(number).collect::<Result<_>>()?),
            _ => return Err(bad(format!("`{name}` names no schedule"))),
        };
        schedule.checked(text)
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(ratio) => write!(f, "constant:{ratio}"),
            Self::Linear(from, to) => write!(f, "linear:{from}..{to}"),
            Self::Cosine(from, to) => write!(f, "cosine:{from}..{to}"),
            Self::Step(ratios) => {
                let ratios: Vec<String> = ratios.iter().map(f64::to_string).collect();
                write!(f, "step:{}", ratios.join(","))
            }
        }
    }
}

impl TryFrom<String> for Schedule {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Schedule> for String {
    fn from(schedule: Schedule) -> Self {
        schedule.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratios(text: &str, epochs: usize) -> Vec<f64> {
        let schedule: Schedule = text.parse().unwrap();
        (0..epochs).map(|e| schedule.ratio(e, epochs)).collect()
    }

    #[test]
    fn each_shape_goes_where_its_name_says() {
        assert_eq!(ratios("constant:0.25", 3), [0.25; 3]);
        assert_eq!(ratios("linear:1.0..0.5", 3), [1.0, 0.75, 0.5]);
        assert_eq!(ratios("step:1,0.5", 5), [1.0, 1.0, 1.0, 0.5, 0.5]);
        let cosine = ratios("cosine:0.2..0.8", 5);
        assert!((cosine[0] - 0.2).abs() < 1e-12 && (cosine[4] - 0.8).abs() < 1e-12);
        assert!(
            (cosine[2] - 0.5).abs() < 1e-12 && cosine[1] < 0.35,
            "{cosine:?}"
        );
    }

    #[test]
    fn one_epoch_and_epochs_past_the_end_are_defined() {
        assert_eq!(ratios("linear:0.9..0.1", 1), [0.9]);
        let schedule: Schedule = "step:0.9,0.1".parse().unwrap();
        assert_eq!(schedule.ratio(7, 4), 0.1);
    }

    #[test]
    fn text_survives_a_round_trip() {
        for text in [
            "constant:0.25",
            "linear:1..0.25",
            "cosine:0.5..1",
            "step:1,0.5,0.25",
        ] {
            assert_eq!(text.parse::<Schedule>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_text() {
        for text in [
            "",
            "constant",
            "constant:0",
            "constant:1.5",
            "constant:NaN",
            "linear:0.5",
            "step:",
            "wavy:1..2",
            "cosine:a..b",
            "step:0.5,,1",
        ] {
            let message = text.parse::<Schedule>().unwrap_err().to_string();
            assert!(message.contains(&format!("`{text}`")), "{message}");
        }
    }

    #[test]
    fn bare_names_are_built_from_the_keep_ratio() {
        let named = |name| Schedule::from_name(name, 0.5).unwrap().to_string();
        assert_eq!(named("constant"), "constant:0.5");
        assert_eq!(named("cosine"), "cosine:1..0.5");
        assert_eq!(named("step"), "step:1,0.75,0.5");
        assert_eq!(named("linear:0.3..0.2"), "linear:0.3..0.2");
        assert!(Schedule::from_name("linear", 0.0).is_err());
    }
}
