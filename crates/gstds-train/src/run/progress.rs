//! Progress reports of a run.

use super::summary::Summary;
use gstds_data::{Progress, Silent};
use serde::Serialize;
use std::time::Duration;

/// After each step. Loss and accuracy are those of an earlier step: the last whose reading has
/// arrived, which depends on the device's pace.
#[derive(Clone, Debug, Serialize)]
pub struct StepReport {
    /// Steps begun.
    pub step: usize,
    /// Steps of the whole run.
    pub steps: usize,
    /// Epoch, from 1.
    pub epoch: usize,
    /// Epochs of the whole run.
    pub epochs: usize,
    /// Mean loss over the kept rows of the last step read.
    pub loss: Option<f64>,
    /// Share of those rows that were classified correctly.
    pub accuracy: Option<f64>,
    /// Share of this batch that was kept.
    pub kept_share: f64,
    /// Images seen a second, selected or not, since the run began.
    pub images_per_second: f64,
    /// Time left at the pace so far.
    pub left: Duration,
}

/// After each epoch.
#[derive(Clone, Debug, Serialize)]
pub struct EpochReport {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Epochs of the whole run.
    pub epochs: usize,
    /// Share of test images classified correctly.
    pub test_accuracy: f64,
    /// Keep ratio of the epoch's schedule.
    pub keep_ratio: f64,
    /// Time since the run began.
    pub elapsed: Duration,
}

/// An observer of a run. Methods that are not implemented do nothing.
pub trait RunProgress: Progress {
    /// A step was queued.
    fn step(&mut self, report: &StepReport) {
        let _ = report;
    }

    /// An epoch was evaluated.
    fn epoch(&mut self, report: &EpochReport) {
        let _ = report;
    }

    /// Asked before the first step and after each: true ends the run with a checkpoint, see
    /// [`Error::Interrupted`](crate::Error::Interrupted).
    fn stop(&mut self) -> bool {
        false
    }

    /// The run has ended.
    fn finished(&mut self, summary: &Summary) {
        let _ = summary;
    }
}

impl RunProgress for Silent {}
