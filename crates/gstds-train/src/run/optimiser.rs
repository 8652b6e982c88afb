//! How a learner's weights follow its losses.

mod clip;
mod device_pinned;
mod file;
#[cfg(test)]
mod tests;
mod updates;

pub use clip::Clip;
pub(super) use updates::Updates;

use crate::{
    error::{Result, config_error},
    schedule::Rate,
};
use file::OptimiserFile;
use gstds_models::learner::Precision;
use serde::{Deserialize, Serialize};

/// An algorithm, its learning rates, and what is done to losses and gradients.
///
/// A file may leave out everything but what it changes; the algorithm's defaults, those of
/// [`Optimiser::sgd`] or [`Optimiser::adamw`], fill the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "OptimiserFile", into = "OptimiserFile")]
pub struct Optimiser {
    /// What turns a gradient into an update.
    pub algorithm: Algorithm,
    /// Highest learning rate.
    pub learning_rate: f64,
    /// How the learning rate falls from there.
    pub rate: Rate,
    /// Steps over which the learning rate rises to its highest; fewer than the run has.
    pub warmup: usize,
    /// Weight decay: added to the gradient under SGD, apart from it and times the learning rate
    /// under AdamW.
    pub weight_decay: f64,
    /// Whether batch norms and biases decay as well.
    pub decay_norms: bool,
    /// What is done to gradients that are too large, before weight decay.
    pub clip: Clip,
    /// Share of each label that is spread over all classes, in [0, 1); counts in the losses shown.
    pub label_smoothing: f64,
    /// In which floats steps are computed.
    pub precision: Precision,
    /// Factor by which a mixed-precision loss is multiplied before its gradients are taken, which
    /// are divided by it again: it keeps small ones above f16's smallest numbers.
    pub loss_scale: f64,
}

/// What turns a gradient into an update.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Algorithm {
    /// Stochastic gradient descent.
    Sgd {
        /// Share of the last update that is carried on, in [0, 1).
        momentum: f64,
        /// Whether the gradient is taken where momentum will have led.
        nesterov: bool,
    },
    /// Adam with decoupled weight decay (arXiv 1711.05101).
    AdamW {
        /// Shares of the last moments that are carried on, in [0, 1): the mean's and the square's.
        betas: [f64; 2],
        /// Added to the root of the second moment.
        epsilon: f64,
    },
}

/// A usual static scale: f16's smallest normal number, 6e-5, then stands for a gradient of 6e-8.
const LOSS_SCALE: f64 = 1024.0;

impl Optimiser {
    /// SGD with momentum 0.9, learning rate 0.1 along a cosine, weight decay 5e-4 on everything.
    #[must_use]
    pub fn sgd() -> Self {
        Self {
            algorithm: Algorithm::Sgd {
                momentum: 0.9,
                nesterov: false,
            },
            learning_rate: 0.1,
            rate: Rate::Cosine,
            warmup: 0,
            weight_decay: 5e-4,
            decay_norms: true,
            clip: Clip::None,
            label_smoothing: 0.0,
            precision: Precision::Full,
            loss_scale: LOSS_SCALE,
        }
    }

    /// AdamW with betas 0.9 and 0.999, learning rate 1e-3 along a cosine, weight decay 0.05 on
    /// convolutions and the head's weights.
    #[must_use]
    pub fn adamw() -> Self {
        Self {
            algorithm: Algorithm::AdamW {
                betas: [0.9, 0.999],
                epsilon: 1e-8,
            },
            learning_rate: 1e-3,
            weight_decay: 0.05,
            decay_norms: false,
            ..Self::sgd()
        }
    }

    /// Learning rate of step `step`, counted from 0, of a run of `steps`.
    #[must_use]
    pub fn rate_at(&self, step: usize, steps: usize) -> f64 {
        self.rate.at(self.learning_rate, self.warmup, step, steps)
    }

    /// Every value; those that Burn takes as f32 are checked as such.
    pub(super) fn check(&self) -> Result<()> {
        self.algorithm.check()?;
        self.clip.check()?;
        let positive = [
            ("learning_rate", self.learning_rate),
            ("loss_scale", self.loss_scale),
        ];
        if let Some((what, value)) = positive.iter().find(|(_, value)| !is_positive(*value)) {
            return Err(config_error(format!(
                "{what} {value} must be a positive number"
            )));
        }
        let decay = self.weight_decay;
        if !(decay >= 0.0 && (decay as f32).is_finite()) {
            return Err(config_error(format!(
                "weight_decay {decay} must be 0 or more"
            )));
        }
        check_share("label_smoothing", self.label_smoothing)
    }

    /// That the learning rate gets to its highest within a run of `steps`.
    pub fn check_steps(&self, steps: usize) -> Result<()> {
        match self.warmup == 0 || self.warmup < steps {
            true => Ok(()),
            false => Err(config_error(format!(
                "warmup {} leaves nothing of the run's {steps} steps: choose less",
                self.warmup
            ))),
        }
    }
}

impl Algorithm {
    /// The name that configurations write.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sgd { .. } => "sgd",
            Self::AdamW { .. } => "adamw",
        }
    }

    fn check(&self) -> Result<()> {
        match *self {
            Self::Sgd { momentum, nesterov } => {
                check_share("momentum", momentum)?;
                match nesterov && momentum == 0.0 {
                    true => Err(config_error(
                        "nesterov needs a momentum above 0: set one or leave it out".into(),
                    )),
                    false => Ok(()),
                }
            }
            Self::AdamW { betas, epsilon } => {
                check_share("betas[0]", betas[0])?;
                check_share("betas[1]", betas[1])?;
                match is_positive(f64::from(epsilon as f32)) {
                    true => Ok(()),
                    false => Err(config_error(format!(
                        "epsilon {epsilon} must be a positive number that f32 holds"
                    ))),
                }
            }
        }
    }
}

fn is_positive(value: f64) -> bool {
    value > 0.0 && value.is_finite()
}

fn check_share(what: &str, value: f64) -> Result<()> {
    match (0.0..1.0).contains(&(value as f32)) {
        true => Ok(()),
        false => Err(config_error(format!("{what} {value} must be in [0, 1)"))),
    }
}
