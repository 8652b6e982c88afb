//! What `metrics.jsonl` says of an epoch, and what the run had cost by then.

use super::Run;
use crate::{flops::Flops, run::progress::EpochReport};
use serde::Serialize;

/// A line of `metrics.jsonl`; counts and times are those of the run so far.
#[derive(Serialize)]
pub(super) struct EpochLine {
    kind: &'static str,
    epoch: usize,
    step: usize,
    test_accuracy: f64,
    keep_ratio: f64,
    samples_seen: u64,
    samples_kept: u64,
    flops: Flops,
    /// Since the first step was queued, evaluations included.
    seconds: f64,
    /// Of reference, selection and training: without opening the data set and without evaluations,
    /// but with [`Seconds::waiting`](crate::run::Seconds::waiting), which is part of training.
    working_seconds: f64,
}

impl Run<'_, '_> {
    /// The line of the epoch that was evaluated last.
    pub(super) fn epoch_line(&self, report: &EpochReport) -> EpochLine {
        EpochLine {
            kind: "epoch",
            epoch: report.epoch,
            step: self.step,
            test_accuracy: report.test_accuracy,
            keep_ratio: report.keep_ratio,
            samples_seen: self.seen,
            samples_kept: self.kept,
            flops: self.flops,
            seconds: report.elapsed.as_secs_f64(),
            working_seconds: self.seconds.working(),
        }
    }
}
