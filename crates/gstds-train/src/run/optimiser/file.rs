//! The `[optimiser]` table of a configuration: flat, with the keys of its algorithm alone.

use super::{Algorithm, Clip, Optimiser};
use crate::{
    error::{Error, Result, config_error},
    schedule::Rate,
};
use gstds_models::learner::Precision;
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OptimiserFile {
    #[serde(default)]
    algorithm: Name,
    learning_rate: Option<f64>,
    rate: Option<Rate>,
    warmup: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    momentum: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nesterov: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    betas: Option<[f64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    epsilon: Option<f64>,
    weight_decay: Option<f64>,
    decay_norms: Option<bool>,
    clip: Option<Clip>,
    label_smoothing: Option<f64>,
    precision: Option<Precision>,
    loss_scale: Option<f64>,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Name {
    #[default]
    Sgd,
    AdamW,
}

impl TryFrom<OptimiserFile> for Optimiser {
    type Error = Error;

    fn try_from(file: OptimiserFile) -> Result<Self> {
        let mut optimiser = match file.algorithm {
            Name::Sgd => Self::sgd(),
            Name::AdamW => Self::adamw(),
        };
        let foreign = [
            ("momentum", file.momentum.is_some(), "sgd"),
            ("nesterov", file.nesterov.is_some(), "sgd"),
            ("betas", file.betas.is_some(), "adamw"),
            ("epsilon", file.epsilon.is_some(), "adamw"),
        ];
        let chosen = optimiser.algorithm.name();
        let mut foreign = foreign.iter();
        if let Some((key, _, owner)) = foreign.find(|(_, given, owner)| *given && *owner != chosen)
        {
            return Err(config_error(format!(
                "{key} belongs to {owner}, but the algorithm is {chosen}; remove one of them"
            )));
        }
        match &mut optimiser.algorithm {
            Algorithm::Sgd { momentum, nesterov } => {
                set(momentum, file.momentum);
                set(nesterov, file.nesterov);
            }
            Algorithm::AdamW { betas, epsilon } => {
                set(betas, file.betas);
                set(epsilon, file.epsilon);
            }
        }
        set(&mut optimiser.learning_rate, file.learning_rate);
        set(&mut optimiser.rate, file.rate);
        set(&mut optimiser.warmup, file.warmup);
        set(&mut optimiser.weight_decay, file.weight_decay);
        set(&mut optimiser.decay_norms, file.decay_norms);
        set(&mut optimiser.clip, file.clip);
        set(&mut optimiser.label_smoothing, file.label_smoothing);
        set(&mut optimiser.precision, file.precision);
        set(&mut optimiser.loss_scale, file.loss_scale);
        Ok(optimiser)
    }
}

fn set<T>(value: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *value = given;
    }
}

impl From<Optimiser> for OptimiserFile {
    fn from(optimiser: Optimiser) -> Self {
        let (algorithm, own) = match optimiser.algorithm {
            Algorithm::Sgd { momentum, nesterov } => (
                Name::Sgd,
                Self {
                    momentum: Some(momentum),
                    nesterov: Some(nesterov),
                    ..Self::default()
                },
            ),
            Algorithm::AdamW { betas, epsilon } => (
                Name::AdamW,
                Self {
                    betas: Some(betas),
                    epsilon: Some(epsilon),
                    ..Self::default()
                },
            ),
        };
        Self {
            algorithm,
            learning_rate: Some(optimiser.learning_rate),
            rate: Some(optimiser.rate),
            warmup: Some(optimiser.warmup),
            weight_decay: Some(optimiser.weight_decay),
            decay_norms: Some(optimiser.decay_norms),
            clip: Some(optimiser.clip),
            label_smoothing: Some(optimiser.label_smoothing),
            precision: Some(optimiser.precision),
            loss_scale: Some(optimiser.loss_scale),
            ..own
        }
    }
}
