//! Keep-ratio schedules: which share of a batch is kept, epoch by epoch.

use super::{phases::Phases, shape::Shape};
use crate::error::{Error, Result};
use std::{fmt, str::FromStr};

/// The share of a batch that is kept, as a function of the epoch alone.
///
/// Written `constant:R`, `linear:FROM..TO`, `cosine:FROM..TO`, `step:R,R,...` or
/// `wave:FROM..TOxPERIOD`, each R in (0, 1] and PERIOD in epochs; behind it `+warmup:N` keeps
/// everything in the first N epochs and `+final:N` in the last N, and the shape spans the epochs
/// between, as in `cosine:1..0.25+warmup:2+final:1`. A run no longer than these phases keeps
/// everything throughout.
///
/// In their place the edges may be shares of the run's epochs in (0, 1), in the manner of selective
/// back-propagation as Composer has it: `+start:0.5` keeps everything in the epochs that begin
/// before half of them are over, `+end:0.9` in those that begin once nine tenths are.
/// `+interrupt:N`, N at least 2, keeps everything in every Nth batch of the epochs between, so that
/// each row has its turn; [`Schedule::batch_ratio`] knows of these batches.
///
/// The paper (arXiv 2507.04269) schedules its ratio but we could not learn the shape; these
/// are ours. Under rules that cover the batch the shape mattered little at equal mean ratio.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    shape: Shape,
    phases: Phases,
}

impl Schedule {
    /// The same ratio always; [`Schedule::ratio`] takes it as it is.
    #[must_use]
    pub const fn constant(ratio: f64) -> Self {
        Self::of(Shape::Constant(ratio))
    }

    const fn of(shape: Shape) -> Self {
        Self {
            shape,
            phases: Phases::NONE,
        }
    }

    /// The shape between the phases on full data.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Keep ratio of an epoch, counted from 0, of a run of `epochs`. Epochs past the last take the
    /// last one's ratio, but that a wave goes on.
    #[must_use]
    pub fn ratio(&self, epoch: usize, epochs: usize) -> f64 {
        match self.phases.within(epoch, epochs) {
            Some((place, selecting)) => self.shape.ratio(place, selecting),
            None => 1.0,
        }
    }

    /// Keep ratio of batch `place` of an epoch, both counted from 0: the epoch's, or 1 where the
    /// batch interrupts selection.
    #[must_use]
    pub fn batch_ratio(&self, epoch: usize, epochs: usize, place: usize) -> f64 {
        match self.phases.interrupts(place) {
            true => 1.0,
            false => self.ratio(epoch, epochs),
        }
    }

    /// Reads a schedule, where a bare name stands for one made from `keep`: `constant` keeps it
    /// throughout, `linear` and `cosine` go from 1 to it, `step` halves its way from 1 to it in
    /// three parts.
    ///
    /// # Errors
    /// [`Error::Schedule`].
    pub fn from_name(text: &str, keep: f64) -> Result<Self> {
        Self::read(text, |part| match Shape::from_name(part, keep) {
            Some(shape) => shape.checked(text),
            None => Shape::parse(part, text),
        })
    }

    fn read(text: &str, shape: impl FnOnce(&str) -> Result<Shape>) -> Result<Self> {
        let mut parts = text.split('+');
        let mut schedule = Self::of(shape(parts.next().unwrap_or_default())?);
        for part in parts {
            schedule.phases.add(part, text)?;
        }
        Ok(schedule)
    }
}

impl FromStr for Schedule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::read(text, |part| Shape::parse(part, text))
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.shape, self.phases)
    }
}

gstds_data::as_text!(Schedule);

#[cfg(test)]
mod tests {
    use super::*;

    fn ratios(text: &str, epochs: usize) -> Vec<f64> {
        let schedule: Schedule = text.parse().unwrap();
        (0..epochs).map(|e| schedule.ratio(e, epochs)).collect()
    }

    fn assert_close(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-12;
        assert!(found.iter().zip(expected).all(close), "{found:?}");
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
    fn a_wave_comes_back_every_period() {
        let expected = [0.2, 0.5, 0.8, 0.5, 0.2, 0.5, 0.8];
        assert_close(&ratios("wave:0.2..0.8x4", 7), &expected);
        assert_close(&ratios("wave:1..0.5x2", 5), &[1.0, 0.5, 1.0, 0.5, 1.0]);
        let odd = ratios("wave:0.2..0.8x3", 6);
        assert_close(&odd[..3], &odd[3..]);
        assert_close(&odd[1..3], &[0.65, 0.65]);
    }

    #[test]
    fn full_phases_frame_the_shape_which_spans_the_epochs_between() {
        let expected = [1.0, 1.0, 0.9, 0.7, 0.5, 1.0];
        assert_close(&ratios("linear:0.9..0.5+warmup:2+final:1", 6), &expected);
        assert_close(&ratios("constant:0.5+final:2", 3), &[0.5, 1.0, 1.0]);
        assert_close(&ratios("wave:0.5..1x2+warmup:1", 4), &[1.0, 0.5, 1.0, 0.5]);
        let short = ratios("constant:0.5+warmup:2+final:2", 3);
        assert_eq!(short, [1.0; 3], "a run of phases alone");
    }

    #[test]
    fn shares_of_the_epochs_frame_the_shape_like_counts() {
        let expected = [1.0, 1.0, 0.9, 0.7, 0.5, 1.0];
        assert_close(&ratios("linear:0.9..0.5+start:0.3+end:0.8", 6), &expected);
        assert_close(&ratios("constant:0.5+start:0.5", 4), &[1.0, 1.0, 0.5, 0.5]);
        assert_close(&ratios("constant:0.5+end:0.5", 4), &[0.5, 0.5, 1.0, 1.0]);
        assert_eq!(ratios("constant:0.5+start:0.5", 1), [1.0]);
        let mixed = ratios("constant:0.5+warmup:1+end:0.75", 4);
        assert_eq!(mixed, [1.0, 0.5, 0.5, 1.0]);
        let none = ratios("constant:0.5+start:0.6+end:0.7", 2);
        assert_eq!(none, [1.0; 2], "no epoch begins between them");
    }

    #[test]
    fn every_nth_batch_of_a_selecting_epoch_is_whole() {
        let schedule: Schedule = "constant:0.25+warmup:1+interrupt:3".parse().unwrap();
        let epoch = |epoch| [0, 1, 2, 3, 4, 5].map(|place| schedule.batch_ratio(epoch, 3, place));
        assert_eq!(epoch(0), [1.0; 6]);
        assert_eq!(epoch(1), [0.25, 0.25, 1.0, 0.25, 0.25, 1.0]);
        assert_eq!(schedule.ratio(1, 3), 0.25);
    }

    #[test]
    fn one_epoch_and_epochs_past_the_end_are_defined() {
        assert_eq!(ratios("linear:0.9..0.1", 1), [0.9]);
        let past = |text: &str| text.parse::<Schedule>().unwrap().ratio(7, 4);
        assert_eq!(past("step:0.9,0.1"), 0.1);
        assert_eq!(past("step:0.9,0.1+warmup:1"), 0.1);
        assert_eq!(past("step:0.9,0.1+final:1"), 1.0);
        assert_eq!(past("wave:0.9..0.1x7"), 0.9);
    }

    #[test]
    fn text_survives_a_round_trip() {
        for text in [
            "constant:0.25",
            "linear:1..0.25",
            "cosine:0.5..1",
            "step:1,0.5,0.25",
            "wave:0.25..1x4",
            "wave:1..0.25x10+final:3",
            "cosine:1..0.25+warmup:2+final:1",
            "constant:0.5+start:0.5+end:0.9+interrupt:2",
            "constant:0.5+warmup:1+end:0.75",
            "constant:0.5+start:0.125+final:2",
            "step:1,0.5+interrupt:10",
        ] {
            assert_eq!(text.parse::<Schedule>().unwrap().to_string(), text);
        }
        let turned: Schedule = "constant:0.5+final:1+warmup:2".parse().unwrap();
        assert_eq!(turned.to_string(), "constant:0.5+warmup:2+final:1");
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
            "wave:0.5..1",
            "wave:0.5..1x1",
            "wave:0.5..1x2.5",
            "wave:0.5..1x",
            "wave:0..1x4",
            "constant:0.5+",
            "constant:0.5+warmup",
            "constant:0.5+warmup:0",
            "constant:0.5+warmup:-1",
            "constant:0.5+final:1+final:2",
            "constant:0.5+pause:1",
            "warmup:1+constant:0.5",
            "+warmup:1",
            "constant:0.5+start",
            "constant:0.5+start:0",
            "constant:0.5+start:1",
            "constant:0.5+start:NaN",
            "constant:0.5+end:1.5",
            "constant:0.5+start:0.5+start:0.6",
            "constant:0.5+interrupt",
            "constant:0.5+interrupt:0",
            "constant:0.5+interrupt:1",
            "constant:0.5+interrupt:2.5",
            "constant:0.5+interrupt:2+interrupt:3",
        ] {
            let message = text.parse::<Schedule>().unwrap_err().to_string();
            assert!(message.contains(&format!("`{text}`")), "{message}");
        }
    }

    #[test]
    fn phases_that_contradict_each_other_are_refused_with_the_reason() {
        for (phases, reason) in [
            ("+start:0.5+warmup:2", "warmup and start both"),
            ("+warmup:2+start:0.5", "warmup and start both"),
            ("+end:0.5+final:2", "final and end both"),
            ("+final:2+end:0.5", "final and end both"),
            ("+start:0.5+end:0.5", "later than at 0.5"),
            ("+end:0.25+start:0.5", "later than at 0.25"),
            ("+interrupt:1", "at least 2"),
        ] {
            let text = format!("constant:0.5{phases}");
            let error = text.parse::<Schedule>().unwrap_err();
            assert!(matches!(error, Error::Schedule { .. }), "{error}");
            assert!(error.to_string().contains(reason), "{error}");
        }
    }

    #[test]
    fn bare_names_are_built_from_the_keep_ratio() {
        let named = |name| Schedule::from_name(name, 0.5).unwrap().to_string();
        assert_eq!(named("constant"), "constant:0.5");
        assert_eq!(named("cosine"), "cosine:1..0.5");
        assert_eq!(named("step"), "step:1,0.75,0.5");
        assert_eq!(named("linear:0.3..0.2"), "linear:0.3..0.2");
        assert_eq!(named("cosine+warmup:2"), "cosine:1..0.5+warmup:2");
        assert!(Schedule::from_name("linear", 0.0).is_err());
        let wave = Schedule::from_name("wave", 0.5).unwrap_err().to_string();
        assert!(wave.contains("wave:0.25..1x4"), "{wave}");
    }

    #[test]
    fn a_shape_heads_for_its_last_ratio() {
        let target = |text: &str| text.parse::<Schedule>().unwrap().shape().target();
        assert_eq!(target("linear:1..0.3+final:1"), 0.3);
        assert_eq!(target("step:1,0.7,0.15"), 0.15);
        assert_eq!(target("wave:1..0.4x4"), 0.4);
    }
}
