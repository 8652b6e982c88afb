//! How a learner's weights follow their gradients.

use super::config::config_error;
use crate::error::Result;
use burn::optim::{ModuleOptimizer, SgdConfig, decay::WeightDecayConfig, momentum::MomentumConfig};
use serde::{Deserialize, Serialize};

/// Stochastic gradient descent with momentum; the learning rate falls along half a cosine to 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Optimiser {
    /// Learning rate of the first step.
    pub learning_rate: f64,
    /// Share of the last update that is carried on, in [0, 1).
    pub momentum: f64,
    /// Weight decay added to gradients.
    pub weight_decay: f64,
}

impl Optimiser {
    pub(super) fn check(&self) -> Result<()> {
        let Self {
            learning_rate,
            momentum,
            weight_decay,
        } = *self;
        if !(learning_rate > 0.0 && learning_rate.is_finite()) {
            return Err(config_error(format!(
                "learning_rate {learning_rate} must be a positive number"
            )));
        }
        if !(0.0..1.0).contains(&momentum) {
            return Err(config_error(format!(
                "momentum {momentum} must be in [0, 1)"
            )));
        }
        if !(weight_decay >= 0.0 && weight_decay.is_finite()) {
            return Err(config_error(format!(
                "weight_decay {weight_decay} must be 0 or more"
            )));
        }
        Ok(())
    }

    /// The optimiser, before its first step.
    pub(super) fn init(&self) -> ModuleOptimizer {
        let momentum = MomentumConfig::new()
            .with_momentum(self.momentum)
            .with_dampening(0.0);
        let decay = WeightDecayConfig::new(self.weight_decay as f32);
        SgdConfig::new()
            .with_momentum(Some(momentum))
            .with_weight_decay(Some(decay))
            .init()
    }
}
