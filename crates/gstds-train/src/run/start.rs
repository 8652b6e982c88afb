//! Where training starts and how far it goes: the first learner, the number of steps.

use super::{
    config::TrainConfig,
    progress::Progress,
    sampler::{self, Purpose},
};
use crate::{
    data::Dataset,
    error::Result,
    learner::{Learner, LearnerShape, Pretrained},
};
use burn::tensor::Device;

/// Optimiser steps that a run makes, once its configuration is checked.
pub(super) fn steps(config: &TrainConfig, dataset: &Dataset) -> usize {
    let batches = dataset.train.len().div_ceil(config.batch);
    let all = config.epochs.saturating_mul(batches);
    config.max_steps.unwrap_or(all).min(all)
}

/// The learner before its first step, on a device with gradients.
pub(super) fn learner(
    config: &TrainConfig,
    shape: LearnerShape,
    device: &Device,
    progress: &mut dyn Progress,
) -> Result<Learner> {
    let seed = sampler::derived(config.seed, Purpose::Weights, 0);
    let Some(path) = &config.init else {
        return config.learner.init(shape, seed, device);
    };
    let Pretrained { learner, note } = config.learner.init_from(path, shape, seed, device)?;
    if let Some(note) = note {
        progress.note(&note);
    }
    Ok(learner)
}
