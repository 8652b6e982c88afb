//! The shape of a keep-ratio schedule, without its phases on full data.

use crate::error::{Error, Result};
use std::fmt;

/// How the ratio moves over a number of epochs.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// The same ratio always.
    Constant(f64),
    /// From the first ratio in the first epoch to the second in the last, in equal steps.
    Linear(f64, f64),
    /// The same along half a cosine: slow at both ends.
    Cosine(f64, f64),
    /// Ratios for equal parts of the epochs.
    Step(Vec<f64>),
    /// From the first ratio to the second and back along a cosine, again and again.
    Wave {
        /// Ratio of the first epoch.
        from: f64,
        /// Ratio half a period later.
        to: f64,
        /// Epochs from one first ratio to the next, at least 2.
        period: usize,
    },
}

impl Shape {
    /// Keep ratio of an epoch, counted from 0, of `epochs`. One epoch takes the first ratio; those
    /// past the last take the last, but that a wave goes on.
    #[must_use]
    pub fn ratio(&self, epoch: usize, epochs: usize) -> f64 {
        let progress = match epochs {
            0 | 1 => 0.0,
            _ => (epoch as f64 / (epochs - 1) as f64).min(1.0),
        };
        match self {
            Self::Constant(ratio) => *ratio,
            Self::Linear(from, to) => from + (to - from) * progress,
            Self::Cosine(from, to) => half_cosine(*from, *to, progress),
            Self::Step(ratios) => {
                let part = epoch * ratios.len() / epochs.max(1);
                ratios[part.min(ratios.len() - 1)]
            }
            Self::Wave { from, to, period } => {
                let phase = (epoch % period) as f64 / *period as f64;
                half_cosine(*from, *to, 2.0 * phase)
            }
        }
    }

    /// The ratio where it is heading, to the digit; [`Shape::ratio`] rounds on its way there.
    #[must_use]
    pub fn target(&self) -> f64 {
        match self {
            Self::Constant(ratio)
            | Self::Linear(_, ratio)
            | Self::Cosine(_, ratio)
            | Self::Wave { to: ratio, .. } => *ratio,
            Self::Step(ratios) => ratios.last().copied().unwrap_or(1.0),
        }
    }

    /// The shape that a bare name stands for, made from `keep`; nothing for other text.
    pub(super) fn from_name(name: &str, keep: f64) -> Option<Self> {
        match name {
            "constant" => Some(Self::Constant(keep)),
            "linear" => Some(Self::Linear(1.0, keep)),
            "cosine" => Some(Self::Cosine(1.0, keep)),
            "step" => Some(Self::Step(vec![1.0, f64::midpoint(1.0, keep), keep])),
            _ => None,
        }
    }

    /// Reads one shape of the schedule `text`.
    pub(super) fn parse(part: &str, text: &str) -> Result<Self> {
        let bad = |reason: &str| bad(text, reason.into());
        let (name, numbers) = part
            .split_once(':')
            .ok_or_else(|| bad("a name and its numbers are separated by a colon"))?;
        let range = |numbers| range(numbers, text);
        let shape = match name {
            "constant" => Self::Constant(number(numbers, text)?),
            "linear" => range(numbers).map(|(from, to)| Self::Linear(from, to))?,
            "cosine" => range(numbers).map(|(from, to)| Self::Cosine(from, to))?,
            "step" => {
                let ratios = numbers.split(',').map(|ratio| number(ratio, text));
                Self::Step(ratios.collect::<Result<_>>()?)
            }
            "wave" => {
                let (ratios, period) = numbers
                    .split_once('x')
                    .ok_or_else(|| bad("ratios and period of a wave are separated by x"))?;
                let (from, to) = range(ratios)?;
                let period = epochs(period, text)?;
                Self::Wave { from, to, period }
            }
            _ => return Err(bad(&format!("`{name}` names no schedule"))),
        };
        shape.checked(text)
    }

    /// Refuses ratios outside (0, 1] and waves that do not move.
    pub(super) fn checked(self, text: &str) -> Result<Self> {
        let ratios = match &self {
            Self::Constant(ratio) => vec![*ratio],
            Self::Linear(from, to) | Self::Cosine(from, to) | Self::Wave { from, to, .. } => {
                vec![*from, *to]
            }
            Self::Step(ratios) => ratios.clone(),
        };
        if let Some(ratio) = ratios.iter().find(|r| !(**r > 0.0 && **r <= 1.0)) {
            return Err(bad(text, format!("keep ratio {ratio} is not in (0, 1]")));
        }
        match &self {
            Self::Wave { period: 0 | 1, .. } => {
                Err(bad(text, "a wave's period is at least 2 epochs".into()))
            }
            _ => Ok(self),
        }
    }
}

/// From one ratio at 0 to the other at 1, and back at 2.
fn half_cosine(from: f64, to: f64, progress: f64) -> f64 {
    from + (to - from) * 0.5 * (1.0 - (std::f64::consts::PI * progress).cos())
}

pub(super) fn bad(text: &str, reason: String) -> Error {
    Error::Schedule {
        text: text.into(),
        reason,
    }
}

/// A whole number of epochs.
pub(super) fn epochs(part: &str, text: &str) -> Result<usize> {
    let part = part.trim();
    part.parse()
        .map_err(|_| bad(text, format!("`{part}` is no number of epochs")))
}

pub(super) fn number(part: &str, text: &str) -> Result<f64> {
    let part = part.trim();
    part.parse()
        .map_err(|_| bad(text, format!("`{part}` is no number")))
}

fn range(numbers: &str, text: &str) -> Result<(f64, f64)> {
    let (from, to) = numbers
        .split_once("..")
        .ok_or_else(|| bad(text, "two ratios are written FROM..TO".into()))?;
    Ok((number(from, text)?, number(to, text)?))
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(ratio) => write!(f, "constant:{ratio}"),
            Self::Linear(from, to) => write!(f, "linear:{from}..{to}"),
            Self::Cosine(from, to) => write!(f, "cosine:{from}..{to}"),
            Self::Step(ratios) => {
                let ratios: Vec<String> = ratios.iter().map(f64::to_string).collect();
                write!(f, "step:{}", ratios.join(","))
            }
            Self::Wave { from, to, period } => write!(f, "wave:{from}..{to}x{period}"),
        }
    }
}
