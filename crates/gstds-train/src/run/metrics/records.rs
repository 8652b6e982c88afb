//! The lines of `metrics.jsonl`.

use crate::flops::Flops;
use burn::tensor::TensorData;
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guide: Option<GuideRecord>,
}

/// The terms of `guided`'s scores in a step.
#[derive(Clone, Debug, Serialize)]
pub(super) struct GuideRecord {
    /// How far the reference was trusted, from 0 to 1.
    pub gate: f32,
    /// The learner's accuracy on kept rows that it met for the first time.
    pub accuracy: f32,
    /// Mean of each term over the batch.
    pub class: f32,
    pub reference: f32,
    pub age: f32,
    /// The running loss of each class.
    pub class_losses: Vec<f32>,
}

impl GuideRecord {
    /// From the values of [`Chosen::guide`](crate::method::Chosen::guide).
    pub fn new(values: &TensorData) -> Self {
        let mut values = values.iter::<f32>();
        let mut next = || values.next().unwrap_or(f32::NAN);
        Self {
            gate: next(),
            accuracy: next(),
            class: next(),
            reference: next(),
            age: next(),
            class_losses: values.collect(),
        }
    }
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
