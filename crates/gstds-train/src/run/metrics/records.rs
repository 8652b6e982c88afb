//! The lines of `metrics.jsonl`.

use crate::flops::Flops;
use serde::Serialize;

/// A step whose loss was read.
#[derive(Clone, Debug, Serialize)]
pub(super) struct StepRecord {
    pub kind: &'static str,
    pub step: usize,
    pub epoch: usize,
    pub learning_rate: f64,
    pub seen: usize,
    pub kept: usize,
    pub loss: f64,
    pub accuracy: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selection: Option<SelectionRecord>,
}

/// The parts of [`gstds::Status`] that are logged.
#[derive(Clone, Debug, Serialize)]
pub(super) struct SelectionRecord {
    pub lambda2: f32,
    pub residual: f32,
    pub steps: u32,
    pub valid: u32,
    pub flags: String,
}

impl From<&gstds::Status> for SelectionRecord {
    fn from(status: &gstds::Status) -> Self {
        Self {
            lambda2: status.lambda2,
            residual: status.residual,
            steps: status.steps,
            valid: status.valid,
            flags: status.flags().to_string(),
        }
    }
}

/// An epoch; counts and times are those of the run so far.
#[derive(Clone, Debug, Serialize)]
pub(in crate::run) struct EpochRecord {
    pub kind: &'static str,
    pub epoch: usize,
    pub step: usize,
    pub test_accuracy: f64,
    pub keep_ratio: f64,
    pub samples_seen: u64,
    pub samples_kept: u64,
    pub flops: Flops,
    /// Since the first step was queued, evaluations included.
    pub seconds: f64,
    /// Of reference, selection and training: without opening the data set and without evaluations,
    /// but with the time that training waited for images.
    pub working_seconds: f64,
}
