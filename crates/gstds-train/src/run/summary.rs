//! `summary.json`: what a run came to and what it cost.

use super::conditions::ConditionSummary;
use crate::{flops::Flops, memory::Memory, method::MethodName};
use gstds_data::BadImage;
use serde::{Deserialize, Serialize};

/// A finished run.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Version of this crate.
    pub version: &'static str,
    /// The method.
    pub method: MethodName,
    /// The data set.
    pub dataset: String,
    /// The learner, such as `resnet8-w16`.
    pub learner: String,
    /// Trainable values of the learner.
    pub parameters: usize,
    /// The schedule.
    pub schedule: String,
    /// The seed.
    pub seed: u64,
    /// Name of the GPU adapter.
    pub adapter: String,
    /// Its backend and driver.
    pub driver: String,
    /// Whether it is a CPU that plays a GPU.
    pub software_adapter: bool,
    /// Share of test images classified right at the end.
    pub test_accuracy: f64,
    /// The same after each epoch.
    pub epoch_accuracies: Vec<f64>,
    /// Whether [`patience`](super::TrainConfig::patience) ended the run before its last epoch.
    pub stopped_early: bool,
    /// Steps after which the run was taken up again.
    pub resumed: Vec<usize>,
    /// Optimiser steps.
    pub steps: usize,
    /// Training images that passed through batches, with repetition.
    pub samples_seen: u64,
    /// Of those, how many were trained on.
    pub samples_kept: u64,
    /// Operations, counted from shapes.
    pub flops: Flops,
    /// Time.
    pub seconds: Seconds,
    /// Where the features came from.
    pub reference: Option<ReferenceCost>,
    /// Where the training images lay: `device` or `stream`.
    pub images: &'static str,
    /// Predicted bytes on the device.
    pub memory: Memory,
    /// What was made hard about the training images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<ConditionSummary>,
    /// Images that could not be decoded and took no part.
    pub left_out: Vec<BadImage>,
}

/// Wall-clock seconds of a run's parts. Of a run that was stopped and resumed, those of all its
/// sessions up to the checkpoint that the next began from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seconds {
    /// Reading the data set: image files decoded, or their squares found in the cache.
    pub data: f64,
    /// Finding or computing the feature bank in this run, and the reference's losses.
    pub reference: f64,
    /// Selections: a selection by itself, measured before training, times their number. Within
    /// training the device is never waited for, so they cannot be timed there. 0 for
    /// `random`, which draws on the host as each epoch begins.
    pub selection: f64,
    /// The steps' time less that of selections; forward passes for losses to choose by are in it.
    pub training: f64,
    /// Of the steps' time, what the training thread waited for the next batch's images; nothing
    /// where they lie on the device.
    pub waiting: f64,
    /// Test accuracies.
    pub evaluation: f64,
    /// From the opened device until the first step was queued.
    pub first_step: f64,
    /// Everything from the opened device to the summary.
    pub total: f64,
}

impl Seconds {
    /// What the work took: reference, selection and training, without reading the data set and
    /// without evaluations.
    #[must_use]
    pub fn working(&self) -> f64 {
        self.reference + self.selection + self.training
    }
}

/// The feature bank's origin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferenceCost {
    /// The reference model.
    pub model: String,
    /// `shipped`, `cached`, `computed` or, where the caller brought the features, `given`. The
    /// operations of [`Flops::reference`] are counted whichever of the first three it is; only where
    /// it is `computed` were they done in this run.
    pub source: String,
    /// Share of training images that a linear head on the features, trained without their labels,
    /// names as given; where the reference's losses were needed. Where the learner does better,
    /// rows chosen by learnability are worse than random ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_accuracy: Option<f64>,
}
