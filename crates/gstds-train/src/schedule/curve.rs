//! The curve of a keep-ratio schedule, without its phases on full data.

use crate::error::{Error, Result};
use std::fmt;

/// How schedules are written.
const FORMS: &str = "constant:0.25, linear:1..0.25, cosine:1..0.25 or step:1,0.5,0.25, then any of \
                     +warmup:2, +final:0.1 and +interrupt:10";

/// How the ratio moves over a number of epochs.
#[derive(Clone, Debug, PartialEq)]
pub enum Curve {
    /// The same ratio always.
    Constant(f64),
    /// From the first ratio in the first epoch to the second in the last, in equal steps.
    Linear(f64, f64),
    /// The same along half a cosine: slow at both ends.
    Cosine(f64, f64),
    /// Ratios for equal parts of the epochs.
    Step(Vec<f64>),
}

impl Curve {
    /// Keep ratio of an epoch, counted from 0, of `epochs`. A run of one epoch has the first ratio;
    /// epochs past the last keep the last one's.
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

    /// The ratio of the last epoch, exactly as written; [`Curve::ratio`] may round it.
    #[must_use]
    pub fn target(&self) -> f64 {
        match self {
            Self::Constant(ratio) | Self::Linear(_, ratio) | Self::Cosine(_, ratio) => *ratio,
            Self::Step(ratios) => ratios.last().copied().unwrap_or(1.0),
        }
    }

    /// The same curve with another ratio at its end.
    pub(super) fn towards(mut self, target: f64) -> Self {
        match &mut self {
            Self::Constant(ratio) | Self::Linear(_, ratio) | Self::Cosine(_, ratio) => {
                *ratio = target;
            }
            Self::Step(ratios) => {
                if let Some(last) = ratios.last_mut() {
                    *last = target;
                }
            }
        }
        self
    }

    /// The curve of a bare name, ending at `keep`; none for other text.
    pub(super) fn from_name(name: &str, keep: f64) -> Option<Self> {
        match name {
            "constant" => Some(Self::Constant(keep)),
            "linear" => Some(Self::Linear(1.0, keep)),
            "cosine" => Some(Self::Cosine(1.0, keep)),
            "step" => Some(Self::Step(vec![1.0, f64::midpoint(1.0, keep), keep])),
            _ => None,
        }
    }

    /// Parses `part`, the curve of the schedule `text`.
    pub(super) fn parse(part: &str, text: &str) -> Result<Self> {
        let bad = |reason: &str| bad(text, reason);
        let (name, numbers) =
            part.split_once(':')
                .ok_or_else(|| match Self::from_name(part, 1.0) {
                    Some(_) => bad("a colon must separate the name and its ratios"),
                    None => bad(&format!("unknown curve `{part}`")),
                })?;
        let range = |numbers| range(numbers, text);
        let curve = match name {
            "constant" => Self::Constant(number(numbers, text)?),
            "linear" => range(numbers).map(|(from, to)| Self::Linear(from, to))?,
            "cosine" => range(numbers).map(|(from, to)| Self::Cosine(from, to))?,
            "step" => {
                let ratios = numbers.split(',').map(|ratio| number(ratio, text));
                Self::Step(ratios.collect::<Result<_>>()?)
            }
            "wave" => {
                return Err(bad(
                    "wave was removed; choose another curve, or finish the run with the version \
                     that started it",
                ));
            }
            _ => return Err(bad(&format!("unknown curve `{name}`"))),
        };
        curve.checked(text)
    }

    /// Refuses ratios outside (0, 1].
    pub(super) fn checked(self, text: &str) -> Result<Self> {
        let ratios = match &self {
            Self::Constant(ratio) => &[*ratio][..],
            Self::Linear(from, to) | Self::Cosine(from, to) => &[*from, *to],
            Self::Step(ratios) => ratios,
        };
        match ratios.iter().find(|r| !(**r > 0.0 && **r <= 1.0)) {
            Some(ratio) => Err(bad(text, format!("keep ratio {ratio} is not in (0, 1]"))),
            None => Ok(self),
        }
    }
}

pub(super) fn bad(text: &str, reason: impl Into<String>) -> Error {
    gstds_data::Error::Text {
        what: "schedule",
        text: text.into(),
        reason: reason.into(),
        forms: FORMS,
    }
    .into()
}

pub(super) fn number(part: &str, text: &str) -> Result<f64> {
    let part = part.trim();
    part.parse()
        .map_err(|_| bad(text, format!("`{part}` is not a number")))
}

fn range(numbers: &str, text: &str) -> Result<(f64, f64)> {
    let (from, to) = numbers
        .split_once("..")
        .ok_or_else(|| bad(text, "write the two ratios as FROM..TO"))?;
    Ok((number(from, text)?, number(to, text)?))
}

impl fmt::Display for Curve {
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
