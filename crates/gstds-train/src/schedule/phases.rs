//! Phases on full data: epochs before and after the curve, and single batches between.

use super::curve::{bad, number};
use crate::error::Result;
use std::fmt;

/// Where the curve begins and ends, and which batches within it are kept whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Phases {
    warmup: Option<Length>,
    last: Option<Length>,
    /// In epochs that select, every Nth batch is kept whole.
    interrupt: Option<usize>,
}

/// How long a phase on full data is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Length {
    /// So many epochs.
    Epochs(usize),
    /// A share of the run's epochs in (0, 1).
    Share(f64),
}

impl Phases {
    /// No phases.
    pub const NONE: Self = Self {
        warmup: None,
        last: None,
        interrupt: None,
    };

    /// The place of an epoch, counted from 0, among those that select, and how many these are; none
    /// for an epoch on full data. Epochs past the run's last select where no final phase follows.
    pub fn within(&self, epoch: usize, epochs: usize) -> Option<(usize, usize)> {
        let begin = match self.warmup {
            None => 0,
            Some(Length::Epochs(count)) => count,
            Some(Length::Share(share)) => at_least(share, epochs),
        };
        let last = match self.last {
            None => 0,
            Some(Length::Epochs(count)) => count,
            Some(Length::Share(share)) => at_most(share, epochs),
        };
        let end = epochs.saturating_sub(last);
        let selects = epoch >= begin && (self.last.is_none() || epoch < end);
        selects.then(|| (epoch - begin, end.saturating_sub(begin)))
    }

    /// Whether batch `place` of an epoch, counted from 0, is kept whole whatever the ratio.
    pub fn interrupts(&self, place: usize) -> bool {
        self.interrupt
            .is_some_and(|every| (place + 1).is_multiple_of(every))
    }

    /// Adds the phase written `part` in the schedule `text`.
    pub fn add(&mut self, part: &str, text: &str) -> Result<()> {
        let (name, value) = part.split_once(':').unwrap_or((part, ""));
        let given = match name {
            "warmup" => self.warmup.replace(length(name, value, text)?).is_some(),
            "final" => self.last.replace(length(name, value, text)?).is_some(),
            "interrupt" => self.interrupt.replace(every(value, text)?).is_some(),
            "start" => {
                return Err(bad(
                    text,
                    format!("write +warmup:{value} for +start:{value}"),
                ));
            }
            "end" => {
                // Rounded, as 1 - 0.9 is not quite 0.1.
                let rest = ((1.0 - number(value, text)?) * 1e9).round() / 1e9;
                return Err(bad(text, format!("write +final:{rest} for +end:{value}")));
            }
            _ => {
                let reason = format!("unknown phase `{name}`; choose warmup, final or interrupt");
                return Err(bad(text, reason));
            }
        };
        match (self.warmup, self.last) {
            _ if given => Err(bad(text, format!("{name} is given twice"))),
            (Some(Length::Share(warmup)), Some(Length::Share(last))) if warmup + last >= 1.0 => {
                let reason =
                    format!("warmup {warmup} and final {last} leave no epoch to select in");
                Err(bad(text, reason))
            }
            _ => Ok(()),
        }
    }
}

/// The fewest epochs that make up at least this share of a run's. A product would round, so that
/// 0.07 of 100 would be more than 7; a quotient meets the share as it is written.
fn at_least(share: f64, epochs: usize) -> usize {
    let near = (share * epochs as f64).floor() as usize;
    match near as f64 / epochs as f64 >= share {
        true => near,
        false => near + 1,
    }
}

/// The most epochs that make up at most this share of a run's.
fn at_most(share: f64, epochs: usize) -> usize {
    let near = (share * epochs as f64).ceil() as usize;
    match near as f64 / epochs.max(1) as f64 <= share {
        true => near,
        false => near - 1,
    }
}

/// A whole number of epochs, a share of them below 1, or a percentage.
fn length(name: &str, value: &str, text: &str) -> Result<Length> {
    let value = value.trim();
    let refused = || {
        let reason = format!(
            "{name} takes a whole number of epochs from 1, or a share of them above 0 and below 1, \
             not `{value}`"
        );
        bad(text, reason)
    };
    if let Ok(count) = value.parse::<usize>() {
        return match count {
            0 => Err(refused()),
            count => Ok(Length::Epochs(count)),
        };
    }
    let share = match value.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map(|percent| percent / 100.0),
        None => value.parse(),
    };
    match share {
        Ok(share) if share > 0.0 && share < 1.0 => Ok(Length::Share(share)),
        _ => Err(refused()),
    }
}

fn every(value: &str, text: &str) -> Result<usize> {
    match value.trim().parse() {
        Ok(every) if every >= 2 => Ok(every),
        _ => {
            let reason =
                format!("interrupt takes a number of batches of at least 2, not `{value}`");
            Err(bad(text, reason))
        }
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Epochs(epochs) => write!(f, "{epochs}"),
            Self::Share(share) => write!(f, "{share}"),
        }
    }
}

impl fmt::Display for Phases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, length) in [("warmup", self.warmup), ("final", self.last)] {
            if let Some(length) = length {
                write!(f, "+{name}:{length}")?;
            }
        }
        match self.interrupt {
            Some(every) => write!(f, "+interrupt:{every}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_reached_where_its_digits_say() {
        for (share, epochs, least, most) in [
            (0.5, 12, 6, 6),
            (0.5, 5, 3, 2),
            (0.07, 100, 7, 7),
            (0.57, 100, 57, 57),
            (0.9, 10, 9, 9),
            (0.999, 10, 10, 9),
            (0.001, 10, 1, 0),
        ] {
            assert_eq!(at_least(share, epochs), least, "{share} of {epochs}");
            assert_eq!(at_most(share, epochs), most, "{share} of {epochs}");
        }
        for epochs in 1..200 {
            for part in 1..epochs {
                let share = part as f64 / epochs as f64;
                assert_eq!(at_least(share, epochs), part, "{share} of {epochs}");
                assert_eq!(at_most(share, epochs), part, "{share} of {epochs}");
            }
        }
    }
}
