//! `summary.json`: the results of a run and what it cost.

pub(super) mod corruption;
mod tally;

pub(super) use tally::Tally;
pub use tally::{ReferenceCost, Seconds};

use crate::{flops::Flops, method::MethodName};
use corruption::CorruptionSummary;
use gstds_data::{BadImage, megabytes};
use serde::Serialize;
use std::fmt;

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
    /// Whether it is a software adapter, which computes on the CPU.
    pub software_adapter: bool,
    /// Share of test images classified correctly at the end.
    pub test_accuracy: f64,
    /// Test accuracy of naming the most frequent class for every image.
    pub chance: f64,
    /// The test accuracy after each epoch.
    pub epoch_accuracies: Vec<f64>,
    /// Whether [`patience`](super::TrainConfig::patience) ended the run before its last epoch.
    pub stopped_early: bool,
    /// Steps after which the run was resumed.
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
    /// Which of these seconds are estimated: those of selections, of which one an epoch was timed,
    /// and of training, which is what was measured of both less these. All others are measured.
    pub estimated_seconds: &'static [&'static str],
    /// Where the features came from.
    pub reference: Option<ReferenceCost>,
    /// Where the training images were: `device` or `stream`.
    pub images: &'static str,
    /// Predicted bytes on the device.
    pub memory: DeviceMemory,
    /// How the training data were corrupted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<CorruptionSummary>,
    /// Images that could not be decoded and were left out.
    pub left_out: Vec<BadImage>,
}

/// Bytes that a run keeps on the device from its first step to its last, predicted from shapes. The
/// learner's weights and activations come on top.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DeviceMemory {
    /// The feature bank, and the reference's losses.
    pub features: u64,
    /// Images and labels; of a streamed split, the labels.
    pub images: u64,
    /// The workspace of a selection, or what the method knows of each row.
    pub selection: u64,
}

impl DeviceMemory {
    /// The sum.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.features + self.images + self.selection
    }
}

/// One line for people, printed before the work.
impl fmt::Display for DeviceMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "device memory: {} features, {} images, {} selection, and learner",
            megabytes(self.features),
            megabytes(self.images),
            megabytes(self.selection)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Terminals are often no wider, and a line that stays is not cut.
    #[test]
    fn the_line_about_memory_fits_80_columns() {
        let memory = DeviceMemory {
            features: 40_000_000,
            images: 120_000_000,
            selection: 9_900_000,
        };
        let line = memory.to_string();
        assert!(line.contains("40.0 MB features, 120.0 MB images"), "{line}");
        assert!(line.chars().count() <= 80, "{line}");
    }
}
