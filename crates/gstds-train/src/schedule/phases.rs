//! What a schedule trains on whole: epochs before and after its shape, and single batches.

use super::shape::{bad, epochs, number};
use crate::error::Result;
use std::fmt;

/// Where the shape begins and ends, and which batches within it are left whole.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Phases {
    before: Edge,
    after: Edge,
    /// In selecting epochs every so many batches one is kept whole.
    interrupt: Option<usize>,
}

/// Full epochs at one end of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Edge {
    #[default]
    None,
    /// So many of them.
    Epochs(usize),
    /// Up to this share of the run's epochs, or from it on.
    Share(f64),
}

impl Phases {
    /// Before there are any.
    pub const NONE: Self = Self {
        before: Edge::None,
        after: Edge::None,
        interrupt: None,
    };

    /// The place of an epoch, counted from 0, among those that select, and how many these are; none
    /// for an epoch on full data. Epochs past the run's last select where nothing follows the shape.
    pub fn within(&self, epoch: usize, epochs: usize) -> Option<(usize, usize)> {
        let begin = match self.before {
            Edge::None => 0,
            Edge::Epochs(count) => count,
            Edge::Share(share) => reached(share, epochs),
        };
        let end = match self.after {
            Edge::None => epochs,
            Edge::Epochs(count) => epochs.saturating_sub(count),
            Edge::Share(share) => reached(share, epochs),
        };
        let selects = epoch >= begin && (self.after == Edge::None || epoch < end);
        selects.then(|| (epoch - begin, end.saturating_sub(begin)))
    }

    /// Whether batch `place` of an epoch, counted from 0, is kept whole wherever that is.
    pub fn interrupts(&self, place: usize) -> bool {
        self.interrupt
            .is_some_and(|every| (place + 1).is_multiple_of(every))
    }

    /// Adds the phase written `part` in the schedule `text`.
    pub fn add(&mut self, part: &str, text: &str) -> Result<()> {
        let (name, value) = part.split_once(':').unwrap_or((part, ""));
        match name {
            "warmup" => self.before = self.before.or(name, full(name, value, text)?, text)?,
            "final" => self.after = self.after.or(name, full(name, value, text)?, text)?,
            "start" => self.before = self.before.or(name, share(name, value, text)?, text)?,
            "end" => self.after = self.after.or(name, share(name, value, text)?, text)?,
            "interrupt" if self.interrupt.is_some() => return Err(twice(name, text)),
            "interrupt" => self.interrupt = Some(every(value, text)?),
            _ => {
                let reason = format!("`{name}` is none of warmup, final, start, end and interrupt");
                return Err(bad(text, reason));
            }
        }
        match (self.before, self.after) {
            (Edge::Share(start), Edge::Share(end)) if start >= end => Err(bad(
                text,
                format!(
                    "selection starts at {start} of the epochs and so must end later than at {end}"
                ),
            )),
            _ => Ok(()),
        }
    }
}

impl Edge {
    /// The edge that is `given` as `name`, where none was before.
    fn or(self, name: &str, given: Self, text: &str) -> Result<Self> {
        let reason = match (self, given) {
            (Self::None, _) => return Ok(given),
            (Self::Epochs(_), Self::Epochs(_)) | (Self::Share(_), Self::Share(_)) => {
                return Err(twice(name, text));
            }
            _ if matches!(name, "warmup" | "start") => {
                "warmup and start both say where selection begins: give one of them"
            }
            _ => "final and end both say where selection ends: give one of them",
        };
        Err(bad(text, reason.into()))
    }
}

fn twice(name: &str, text: &str) -> crate::error::Error {
    bad(text, format!("{name} stands there twice"))
}

/// The first epoch that begins when this share of a run's is over.
fn reached(share: f64, epochs: usize) -> usize {
    // A product rounds, so that 0.07 of 100 would be beyond 7; a quotient meets the written share.
    let near = (share * epochs as f64).floor() as usize;
    match near as f64 / epochs as f64 >= share {
        true => near,
        false => near + 1,
    }
}

fn full(name: &str, value: &str, text: &str) -> Result<Edge> {
    match epochs(value, text)? {
        0 => Err(bad(text, format!("{name} lasts at least 1 epoch"))),
        count => Ok(Edge::Epochs(count)),
    }
}

fn share(name: &str, value: &str, text: &str) -> Result<Edge> {
    let share = number(value, text)?;
    match share > 0.0 && share < 1.0 {
        true => Ok(Edge::Share(share)),
        false => Err(bad(
            text,
            format!("{name} {share} is no share of the epochs between 0 and 1"),
        )),
    }
}

fn every(value: &str, text: &str) -> Result<usize> {
    let value = value.trim();
    match value.parse() {
        Ok(0 | 1) => Err(bad(
            text,
            format!("interrupt:{value} leaves no batch to select from: give at least 2"),
        )),
        Ok(every) => Ok(every),
        Err(_) => Err(bad(text, format!("`{value}` is no number of batches"))),
    }
}

impl fmt::Display for Phases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (edge, [counted, shared]) in [
            (self.before, ["warmup", "start"]),
            (self.after, ["final", "end"]),
        ] {
            match edge {
                Edge::None => {}
                Edge::Epochs(epochs) => write!(f, "+{counted}:{epochs}")?,
                Edge::Share(share) => write!(f, "+{shared}:{share}")?,
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
        for (share, epochs, first) in [
            (0.5, 12, 6),
            (0.5, 5, 3),
            (0.07, 100, 7),
            (0.57, 100, 57),
            (0.9, 10, 9),
            (0.999, 10, 10),
            (0.001, 10, 1),
        ] {
            assert_eq!(reached(share, epochs), first, "{share} of {epochs}");
        }
        for epochs in 1..200 {
            for part in 1..epochs {
                let share = part as f64 / epochs as f64;
                assert_eq!(reached(share, epochs), part, "{share} of {epochs}");
            }
        }
    }
}
