//! Default configurations by data set and kind of adapter.

use crate::images::Augment;
use gstds_data::EMBEDDED_NAME;
use gstds_models::bank::EMBEDDED_INPUT_SIDE;
use gstds_models::learner::LearnerConfig;

/// The values of a configuration that depend on the data set.
pub(super) struct Defaults {
    pub batch: usize,
    pub epochs: usize,
    pub image_side: usize,
    pub reference_side: usize,
    pub learner: LearnerConfig,
    pub augment: Augment,
}

impl Defaults {
    /// Software adapters get what a CPU can train in minutes.
    pub(super) fn of(dataset: &str, software_adapter: bool) -> Self {
        match (dataset, software_adapter) {
            (EMBEDDED_NAME | "fashion-mnist" | "mnist", true) => small(14, EMBEDDED_INPUT_SIDE),
            (EMBEDDED_NAME | "fashion-mnist" | "mnist", false) => Self {
                epochs: 30,
                image_side: 28,
                learner: LearnerConfig::Cifar {
                    width: 16,
                    blocks: 1,
                },
                ..small(28, EMBEDDED_INPUT_SIDE)
            },
            ("cifar10", true) => small(16, 64),
            ("cifar10", false) => Self {
                epochs: 60,
                learner: LearnerConfig::ResNet18Cifar { width: 64 },
                augment: Augment {
                    flip: true,
                    crop: 4,
                    ..Augment::default()
                },
                ..small(32, 128)
            },
            (_, true) => small(32, 96),
            (_, false) => Self {
                batch: 128,
                epochs: 60,
                learner: LearnerConfig::ResNet18 { width: 64 },
                augment: Augment {
                    flip: true,
                    crop: 16,
                    rotation: 10.0,
                    brightness: 0.1,
                },
                ..small(224, 224)
            },
        }
    }
}

/// A small learner on images of `image_side`.
fn small(image_side: usize, reference_side: usize) -> Defaults {
    Defaults {
        batch: 256,
        epochs: 12,
        image_side,
        reference_side,
        learner: LearnerConfig::Cifar {
            width: 8,
            blocks: 1,
        },
        augment: Augment::default(),
    }
}
