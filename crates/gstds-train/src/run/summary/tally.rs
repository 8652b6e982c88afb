//! The counts and times of a run so far: a checkpoint stores them, a summary shows them.

use super::corruption::CorruptionCounts;
use crate::flops::Flops;
use serde::{Deserialize, Serialize};

/// The counts, times and results of a run so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::run) struct Tally {
    /// Optimiser steps made.
    pub step: usize,
    /// Images that passed through batches.
    pub seen: u64,
    /// Images trained on.
    pub kept: u64,
    /// Test accuracy after each epoch.
    #[serde(with = "bits")]
    pub accuracies: Vec<f64>,
    pub flops: Flops,
    pub seconds: Seconds,
    /// Seconds since the first step, over all sessions; of this session, once they are saved.
    pub stepping: f64,
    pub reference: Option<ReferenceCost>,
    /// Counted up to the end of the last epoch.
    #[serde(default, rename = "troubles")]
    pub corruption: CorruptionCounts,
    /// Steps after which the run was resumed.
    pub resumed: Vec<usize>,
}

impl Tally {
    /// The tally of a resumed run: `saved`, and what opening cost this session.
    pub fn resume(saved: Self, opening: &Seconds) -> Self {
        let mut tally = saved;
        tally.resumed.push(tally.step);
        tally.seconds.data += opening.data;
        tally.seconds.reference += opening.reference;
        tally
    }
}

/// Wall-clock seconds of a run's parts. Of a resumed run, those of all its sessions up to the
/// checkpoint that the next one started from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seconds {
    /// Opening the data set: decoding image files, or reading the cache.
    pub data: f64,
    /// Finding or computing the feature bank in this run, and the reference's losses.
    pub reference: f64,
    /// Selections: at the end of each epoch its largest one is made once more and timed, and counts
    /// for all of the epoch. Steps do not wait for the device, so they cannot be timed one by one.
    /// 0 for `random`, which draws on the host as each epoch begins.
    pub selection: f64,
    /// The time of the steps less that of selections; includes forward passes for the losses that
    /// rows are chosen by.
    pub training: f64,
    /// Of the time of the steps, what the training thread waited for images; 0 where they are on
    /// the device.
    pub waiting: f64,
    /// Measuring test accuracy.
    pub evaluation: f64,
    /// From opening the run until its first step was queued.
    pub first_step: f64,
    /// Everything from opening the run to the summary.
    pub total: f64,
}

impl Seconds {
    /// Reference, selection and training, without opening the data set and without evaluations.
    #[must_use]
    pub fn working(&self) -> f64 {
        self.reference + self.selection + self.training
    }
}

/// The origin of the features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferenceCost {
    /// The reference model.
    pub model: String,
    /// `shipped`, `cached`, `computed` or, where the caller passed the features, `given`. The
    /// operations in [`Flops::reference`] are counted for the first three; only for `computed` were
    /// they done in this run.
    pub source: String,
    /// Accuracy of linear probes on the features of training images that they were not fitted to,
    /// where the reference's losses were needed. Where the learner is more accurate, rows chosen by
    /// learnability are worse than random ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_accuracy: Option<f64>,
}

/// Floats by their bits: decimal digits need not come back as the same number.
mod bits {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(values: &[f64], to: S) -> Result<S::Ok, S::Error> {
        let bits: Vec<u64> = values.iter().map(|value| value.to_bits()).collect();
        bits.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f64>, D::Error> {
        let bits = Vec::<u64>::deserialize(from)?;
        Ok(bits.into_iter().map(f64::from_bits).collect())
    }
}
