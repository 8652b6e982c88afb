//! Keep-ratio schedules: which share of a batch is kept, epoch by epoch.

use super::{curve::Curve, phases::Phases};
use crate::error::{Error, Result};
use std::{fmt, str::FromStr};

/// The share of a batch that is kept, as a function of the epoch.
///
/// Written as a curve: `constant:R`, `linear:FROM..TO`, `cosine:FROM..TO` or `step:R,R,...`, each
/// ratio in (0, 1]. Phases may follow it:
///
/// - `+warmup:N` keeps every row in the first epochs and `+final:N` in the last. N is a whole
///   number of epochs, or a share of the run's epochs below 1, which may be a percentage:
///   `+warmup:2`, `+warmup:0.5` and `+final:10%`. A warm-up by share covers the epochs that start
///   before the share is over; a final phase by share is never longer than it. The curve spans the
///   epochs between. A run no longer than both phases keeps every row throughout.
/// - `+interrupt:N`, N at least 2, keeps every row in every Nth batch between the phases, so that
///   each row is trained on; [`Schedule::batch_ratio`] accounts for these batches.
///
/// The paper (arXiv 2507.04269) schedules its ratio but does not publish the curve; these are ours.
/// Under rules that cover the batch the curve mattered little at equal mean ratio.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    curve: Curve,
    phases: Phases,
}

impl Schedule {
    /// The same ratio always; [`Schedule::ratio`] takes it as it is.
    #[must_use]
    pub const fn constant(ratio: f64) -> Self {
        Self::of(Curve::Constant(ratio))
    }

    const fn of(curve: Curve) -> Self {
        Self {
            curve,
            phases: Phases::NONE,
        }
    }

    /// The curve between the phases on full data.
    #[must_use]
    pub fn curve(&self) -> &Curve {
        &self.curve
    }

    /// Keep ratio of an epoch, counted from 0, of a run of `epochs`. Epochs past the last have
    /// the last one's ratio.
    #[must_use]
    pub fn ratio(&self, epoch: usize, epochs: usize) -> f64 {
        match self.phases.within(epoch, epochs) {
            Some((place, selecting)) => self.curve.ratio(place, selecting),
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

    /// The same schedule whose curve ends at `keep`; a constant one is `keep` throughout. Phases and
    /// the other ratios stay.
    ///
    /// # Errors
    /// [`gstds_data::Error::Text`] for a ratio outside (0, 1].
    pub fn with_target(self, keep: f64) -> Result<Self> {
        let curve = self.curve.towards(keep);
        let text = curve.to_string();
        Ok(Self {
            curve: curve.checked(&text)?,
            phases: self.phases,
        })
    }

    /// Parses a schedule in which a bare name is a curve that ends at `keep`: `constant` is
    /// `keep` throughout, `linear` and `cosine` go from 1 to it, and `step` goes there in three
    /// equal parts by way of the midpoint.
    ///
    /// # Errors
    /// [`gstds_data::Error::Text`].
    pub fn from_name(text: &str, keep: f64) -> Result<Self> {
        Self::read(text, |part| match Curve::from_name(part, keep) {
            Some(curve) => curve.checked(text),
            None => Curve::parse(part, text),
        })
    }

    fn read(text: &str, curve: impl FnOnce(&str) -> Result<Curve>) -> Result<Self> {
        let mut parts = text.split('+');
        let mut schedule = Self::of(curve(parts.next().unwrap_or_default())?);
        for part in parts {
            schedule.phases.add(part, text)?;
        }
        Ok(schedule)
    }
}

impl FromStr for Schedule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::read(text, |part| Curve::parse(part, text))
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.curve, self.phases)
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
    fn each_curve_goes_where_its_name_says() {
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
    fn another_target_leaves_the_rest_of_a_schedule() {
        let towards = |text: &str| {
            let schedule: Schedule = text.parse().unwrap();
            schedule.with_target(0.3).map(|it| it.to_string())
        };
        for (text, expected) in [
            ("constant:0.5+warmup:2", "constant:0.3+warmup:2"),
            ("cosine:0.9..0.5+final:1", "cosine:0.9..0.3+final:1"),
            ("step:1,0.5,0.25", "step:1,0.5,0.3"),
        ] {
            let expected: Schedule = expected.parse().unwrap();
            assert_eq!(towards(text).unwrap(), expected.to_string());
        }
        let half: Schedule = "linear:1..0.5".parse().unwrap();
        assert!(half.with_target(1.5).is_err());
    }

    #[test]
    fn full_phases_frame_the_curve_which_spans_the_epochs_between() {
        let expected = [1.0, 1.0, 0.9, 0.7, 0.5, 1.0];
        assert_close(&ratios("linear:0.9..0.5+warmup:2+final:1", 6), &expected);
        assert_close(&ratios("constant:0.5+final:2", 3), &[0.5, 1.0, 1.0]);
        let short = ratios("constant:0.5+warmup:2+final:2", 3);
        assert_eq!(short, [1.0; 3], "a run of phases alone");
    }

    #[test]
    fn shares_of_the_epochs_frame_the_curve_like_counts() {
        let expected = [1.0, 1.0, 0.9, 0.7, 0.5, 1.0];
        for phases in ["+warmup:0.3+final:0.2", "+warmup:30%+final:20 %"] {
            assert_close(&ratios(&format!("linear:0.9..0.5{phases}"), 6), &expected);
        }
        assert_close(&ratios("constant:0.5+warmup:0.5", 4), &[1.0, 1.0, 0.5, 0.5]);
        assert_close(&ratios("constant:0.5+final:0.5", 4), &[0.5, 0.5, 1.0, 1.0]);
        assert_eq!(ratios("constant:0.5+warmup:0.5", 1), [1.0]);
        let mixed = ratios("constant:0.5+warmup:1+final:0.25", 4);
        assert_eq!(mixed, [1.0, 0.5, 0.5, 1.0]);
        let none = ratios("constant:0.5+warmup:0.6+final:0.3", 2);
        assert_eq!(none, [1.0, 1.0], "no epoch lies between them");
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
    }

    #[test]
    fn text_survives_a_round_trip() {
        for text in [
            "constant:0.25",
            "linear:1..0.25",
            "cosine:0.5..1",
            "step:1,0.5,0.25",
            "cosine:1..0.25+warmup:2+final:1",
            "constant:0.5+warmup:0.5+final:0.1+interrupt:2",
            "constant:0.5+warmup:1+final:0.25",
            "constant:0.5+warmup:0.125+final:2",
            "step:1,0.5+interrupt:10",
        ] {
            assert_eq!(text.parse::<Schedule>().unwrap().to_string(), text);
        }
        let turned: Schedule = "constant:0.5+final:1+warmup:2".parse().unwrap();
        assert_eq!(turned.to_string(), "constant:0.5+warmup:2+final:1");
        let percent: Schedule = "constant:0.5+warmup:7%".parse().unwrap();
        assert_eq!(percent.to_string(), "constant:0.5+warmup:0.07");
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
            "wave:0.5..1x4",
            "constant:0.5+",
            "constant:0.5+warmup",
            "constant:0.5+warmup:0",
            "constant:0.5+warmup:-1",
            "constant:0.5+final:1+final:2",
            "constant:0.5+pause:1",
            "warmup:1+constant:0.5",
            "+warmup:1",
            "constant:0.5+warmup:0.0",
            "constant:0.5+warmup:1.0",
            "constant:0.5+warmup:NaN",
            "constant:0.5+warmup:100%",
            "constant:0.5+warmup:0%",
            "constant:0.5+final:1.5",
            "constant:0.5+warmup:0.5+warmup:0.6",
            "constant:0.5+start:0.5",
            "constant:0.5+end:0.9",
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
            ("+warmup:0.5+warmup:2", "warmup is given twice"),
            ("+final:2+final:0.5", "final is given twice"),
            ("+warmup:0.5+final:0.5", "leave no epoch to select in"),
            ("+final:75%+warmup:0.5", "leave no epoch to select in"),
            ("+interrupt:1", "at least 2"),
        ] {
            let text = format!("constant:0.5{phases}");
            let error = text.parse::<Schedule>().unwrap_err();
            assert_eq!(error.kind(), gstds::ErrorKind::Usage, "{error}");
            assert!(error.to_string().contains(reason), "{error}");
        }
    }

    #[test]
    fn what_was_removed_is_refused_with_what_to_write_instead() {
        for (text, instead) in [
            ("constant:0.5+start:0.5", "write +warmup:0.5 for +start:0.5"),
            ("constant:0.5+end:0.9", "write +final:0.1 for +end:0.9"),
            ("wave:0.25..1x4", "wave was removed; choose another curve"),
        ] {
            let message = text.parse::<Schedule>().unwrap_err().to_string();
            assert!(message.contains(instead), "{message}");
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
        let unknown = Schedule::from_name("wavy", 0.5).unwrap_err().to_string();
        assert!(unknown.contains("unknown curve `wavy`; write"), "{unknown}");
        assert!(unknown.contains("linear:1..0.25"), "{unknown}");
        let bare = "linear".parse::<Schedule>().unwrap_err().to_string();
        assert!(bare.contains("a colon must separate"), "{bare}");
    }

    #[test]
    fn a_curve_ends_at_its_last_ratio() {
        let target = |text: &str| text.parse::<Schedule>().unwrap().curve().target();
        assert_eq!(target("linear:1..0.3+final:1"), 0.3);
        assert_eq!(target("step:1,0.7,0.15"), 0.15);
    }
}
