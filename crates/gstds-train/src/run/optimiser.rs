//! The optimiser's configuration.

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
use clap::builder::{PossibleValuesParser, TypedValueParser};
use file::OptimiserFile;
use gstds_models::learner::Precision;
use serde::{Deserialize, Serialize};

/// An algorithm, its learning rates, and what is done to losses and gradients.
///
/// A file may leave out everything but what it changes; the algorithm's defaults, those of
/// [`Optimiser::sgd`] or [`Optimiser::adamw`], fill the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, clap::Args)]
#[serde(try_from = "OptimiserFile", into = "OptimiserFile")]
#[command(next_help_heading = "Training")]
pub struct Optimiser {
    /// Optimiser [default: sgd]
    ///
    /// sgd (momentum 0.9) or adamw. Changing it also changes the learning rate and weight decay to
    /// its defaults.
    #[arg(id = "optimiser", long, value_name = "NAME", value_parser = algorithm())]
    pub algorithm: Algorithm,
    /// Peak learning rate [default: by the optimiser]
    ///
    /// 0.1 for sgd, 0.001 for adamw.
    #[arg(long, value_name = "R")]
    pub learning_rate: f64,
    /// Learning-rate schedule [default: cosine]
    ///
    /// cosine, constant or step:0.5,0.75x0.1. step:0.5,0.75x0.1 multiplies the rate by 0.1 at half
    /// and at three quarters of the steps.
    #[arg(long)]
    pub rate: Rate,
    /// Steps of linear warm-up [default: 0]
    ///
    /// To the peak learning rate. Fewer than the run has.
    #[arg(long, value_name = "N")]
    pub warmup: usize,
    /// Weight decay [default: by the optimiser]
    ///
    /// 0.0005 for sgd, 0.05 for adamw. Added to the gradient by sgd; decoupled, times the learning
    /// rate, by adamw.
    #[arg(long, value_name = "R")]
    pub weight_decay: f64,
    /// Whether batch norms and biases decay as well.
    #[arg(skip)]
    pub decay_norms: bool,
    /// Clip gradients, such as norm:1 [default: none]
    ///
    /// none, norm:1 or value:0.5. norm scales all gradients together to a joint norm of at most 1;
    /// value clamps each entry. Clipping comes before weight decay.
    #[arg(long)]
    pub clip: Clip,
    /// Label smoothing, in [0, 1) [default: 0]
    ///
    /// The fraction of each label that is spread over all classes. Reported losses include it.
    #[arg(long, value_name = "F")]
    pub label_smoothing: f64,
    /// Precision of convolutions [default: full]
    ///
    /// Of the learner; mixed needs SHADER_F16.
    #[arg(long)]
    pub precision: Precision,
    /// Loss scale under mixed precision [default: 1024]
    ///
    /// Losses are multiplied by it before the backward pass, and gradients divided by it after, so
    /// that small gradients do not underflow in f16. Lower it where large ones overflow.
    #[arg(long, value_name = "S")]
    pub loss_scale: f64,
}

/// Reads an algorithm, with its own defaults.
fn algorithm() -> impl TypedValueParser<Value = Algorithm> {
    PossibleValuesParser::new(["sgd", "adamw"]).map(|name| match name.as_str() {
        "sgd" => Optimiser::sgd().algorithm,
        _ => Optimiser::adamw().algorithm,
    })
}

/// What turns a gradient into an update.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Algorithm {
    /// Stochastic gradient descent.
    Sgd {
        /// Share of the last update that is carried over, in [0, 1).
        momentum: f64,
        /// Whether to use Nesterov momentum.
        nesterov: bool,
    },
    /// Adam with decoupled weight decay (arXiv 1711.05101).
    AdamW {
        /// Shares of the last moments that are carried over, in [0, 1): the mean's and the
        /// square's.
        betas: [f64; 2],
        /// Added to the root of the second moment.
        epsilon: f64,
    },
}

/// A usual static scale: f16's smallest normal number, 6e-5, then represents a gradient of 6e-8.
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

    /// Changes the algorithm: another one brings its own learning rate and weight decay; other
    /// settings stay.
    pub fn set_algorithm(&mut self, algorithm: Algorithm) {
        let defaults = match algorithm {
            _ if algorithm.name() == self.algorithm.name() => return,
            Algorithm::Sgd { .. } => Self::sgd(),
            Algorithm::AdamW { .. } => Self::adamw(),
        };
        self.algorithm = algorithm;
        self.learning_rate = defaults.learning_rate;
        self.weight_decay = defaults.weight_decay;
        self.decay_norms = defaults.decay_norms;
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

    /// Checks that a run of `steps` steps is longer than the warm-up.
    pub fn check_steps(&self, steps: usize) -> Result<()> {
        match self.warmup == 0 || self.warmup < steps {
            true => Ok(()),
            false => Err(config_error(format!(
                "warmup {} must be below the run's {steps} steps",
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
