//! The flags that say how a learner is trained.

use gstds_models::learner::Precision;
use gstds_train::images::{Augment, Residence};
use gstds_train::run::{Clip, Optimiser, TrainConfig};
use gstds_train::schedule::Rate;

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Algorithm {
    Sgd,
    Adamw,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Training")]
pub(crate) struct OptimiserArgs {
    /// sgd (momentum 0.9) or adamw; another than before brings its own learning rate and weight
    /// decay [default: sgd].
    #[arg(long)]
    optimiser: Option<Algorithm>,
    /// Highest learning rate [default: 0.1 for sgd, 0.001 for adamw].
    #[arg(long, value_name = "R")]
    learning_rate: Option<f64>,
    /// How it falls over the run's steps: cosine, constant, or step:0.5,0.75x0.1 (times 0.1 at
    /// half and three quarters of them) [default: cosine].
    #[arg(long)]
    rate: Option<Rate>,
    /// Steps over which it first rises to its highest.
    #[arg(long, value_name = "N")]
    warmup: Option<usize>,
    /// Weight decay [default: 0.0005 for sgd, 0.05 for adamw].
    #[arg(long, value_name = "R")]
    weight_decay: Option<f64>,
    /// Limit gradients: none, norm:1 (of all together) or value:0.5 (of each).
    #[arg(long)]
    clip: Option<Clip>,
    /// Share of each label that is spread over all classes, from 0 to below 1.
    #[arg(long, value_name = "R")]
    label_smoothing: Option<f64>,
    /// Floats of the learner's convolutions: full, or mixed (f16, needs SHADER_F16).
    #[arg(long)]
    precision: Option<Precision>,
    /// What a loss is multiplied by under mixed precision, to keep small gradients; lower it where
    /// large ones overflow [default: 1024].
    #[arg(long, value_name = "S")]
    loss_scale: Option<f64>,
    /// Change training images at random, as flip,crop:4,rotate:10,brightness:0.2 or a part of it;
    /// or none.
    #[arg(long)]
    augment: Option<Augment>,
    /// Where images lie during the run: auto, device or stream.
    #[arg(long)]
    residence: Option<Residence>,
}

impl OptimiserArgs {
    /// Puts the flags that were given over what a configuration says.
    pub(crate) fn apply(&self, config: &mut TrainConfig) {
        let optimiser = &mut config.optimiser;
        let fresh = match self.optimiser {
            Some(Algorithm::Sgd) => Some(Optimiser::sgd()),
            Some(Algorithm::Adamw) => Some(Optimiser::adamw()),
            None => None,
        };
        if let Some(fresh) = fresh.filter(|it| it.algorithm.name() != optimiser.algorithm.name()) {
            // What else was set stays.
            optimiser.algorithm = fresh.algorithm;
            optimiser.learning_rate = fresh.learning_rate;
            optimiser.weight_decay = fresh.weight_decay;
            optimiser.decay_norms = fresh.decay_norms;
        }
        set(&mut optimiser.learning_rate, self.learning_rate.as_ref());
        set(&mut optimiser.rate, self.rate.as_ref());
        set(&mut optimiser.warmup, self.warmup.as_ref());
        set(&mut optimiser.weight_decay, self.weight_decay.as_ref());
        set(&mut optimiser.clip, self.clip.as_ref());
        set(
            &mut optimiser.label_smoothing,
            self.label_smoothing.as_ref(),
        );
        set(&mut optimiser.precision, self.precision.as_ref());
        set(&mut optimiser.loss_scale, self.loss_scale.as_ref());
        set(&mut config.augment, self.augment.as_ref());
        set(&mut config.residence, self.residence.as_ref());
    }
}

/// Puts a flag that was given over the value that is there.
pub(crate) fn set<T: Clone>(value: &mut T, given: Option<&T>) {
    if let Some(given) = given {
        value.clone_from(given);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use gstds_train::method::MethodName;

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        args: OptimiserArgs,
    }

    fn applied(flags: &str) -> TrainConfig {
        let mut config = TrainConfig::new(MethodName::Gstds, true);
        let only = Only::parse_from(format!("train {flags}").split_whitespace());
        only.args.apply(&mut config);
        config
    }

    #[test]
    fn flags_change_only_what_they_name() {
        assert_eq!(applied(""), TrainConfig::new(MethodName::Gstds, true));
        let config = applied("--clip norm:1 --warmup 9 --augment flip,crop:2 --residence stream");
        let expected = Optimiser {
            clip: Clip::Norm(1.0),
            warmup: 9,
            ..Optimiser::sgd()
        };
        assert_eq!(config.optimiser, expected);
        assert_eq!((config.augment.flip, config.augment.crop), (true, 2));
        assert_eq!(config.residence, Residence::Stream);
    }

    #[test]
    fn an_algorithm_brings_its_own_rates_and_the_same_one_changes_nothing() {
        assert_eq!(applied("--optimiser adamw").optimiser, Optimiser::adamw());
        assert_eq!(applied("--optimiser sgd").optimiser, Optimiser::sgd());
        let both = applied("--optimiser adamw --learning-rate 0.01").optimiser;
        assert_eq!((both.learning_rate, both.weight_decay), (0.01, 0.05));
        let kept = applied("--clip norm:1 --warmup 9 --optimiser adamw").optimiser;
        assert_eq!((kept.clip, kept.warmup), (Clip::Norm(1.0), 9));
    }

    #[test]
    fn another_algorithm_leaves_what_a_configuration_says_besides() {
        let mut config = TrainConfig::new(MethodName::Gstds, true);
        config.optimiser.precision = Precision::Mixed;
        config.optimiser.warmup = 500;
        let only = Only::parse_from(["train", "--optimiser", "adamw"]);
        only.args.apply(&mut config);
        let expected = Optimiser {
            precision: Precision::Mixed,
            warmup: 500,
            ..Optimiser::adamw()
        };
        assert_eq!(config.optimiser, expected);
    }
}
