//! The flags that `train` and `compare` share: those of a run and of its output.

use std::path::PathBuf;

use gstds_burn::GpuDevice;
use gstds_data::{EMBEDDED_NAME, LARGEST_SIDE, SMALLEST_SIDE};
use gstds_train::method::MethodName;
use gstds_train::run::TrainConfig;
use gstds_train::schedule::Schedule;

use crate::exit::Failure;
use crate::images::ImageArgs;
use crate::overrides::Overrides;
use crate::reference::set_model;

#[derive(clap::Args)]
pub(crate) struct TrainingArgs {
    /// Start from this config.toml.
    ///
    /// Other flags override its values.
    #[arg(long, value_name = "FILE", help_heading = "Training")]
    config: Option<PathBuf>,
    /// Share of each batch to keep [default: 0.25]
    ///
    /// Above 0 and at most 1.
    #[arg(long, value_name = "F", value_parser = crate::ratios::ratio, help_heading = "Selection")]
    keep: Option<f64>,
    /// Keep ratio by epoch [default: constant]
    ///
    /// constant, linear, cosine or step. linear, cosine and step go from 1 down to --keep. Or give
    /// the ratios here and leave out --keep: linear:1..0.25, cosine:1..0.25, step:1,0.5,0.25.
    ///
    /// Append +warmup:N or +final:N to train on every row in the first or last N epochs; N may be a
    /// fraction or a percentage of all epochs. Append +interrupt:N to do so in every Nth batch
    /// between them.
    #[arg(long, value_name = "SHAPE", help_heading = "Selection")]
    schedule: Option<String>,
    #[command(flatten)]
    flags: Overrides<TrainConfig>,
    #[command(flatten)]
    files: ImageArgs,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Write to this new folder [default: in runs]
    ///
    /// The default is the next free runs/METHOD-N or runs/compare-N.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Resume --out from its latest checkpoint.
    ///
    /// The result equals that of an uninterrupted run. The configuration in --out applies:
    /// flags may repeat it, change the adapter, and add --methods and --seeds to a comparison.
    #[arg(long, requires = "out")]
    pub(crate) resume: bool,
    /// Print the result as JSON on stdout.
    ///
    /// With --dry-run, the plan; with --resume, also the result of a run that has finished.
    #[arg(long)]
    pub(crate) json: bool,
    /// Print the plan and exit.
    ///
    /// Nothing is trained. A comparison still trains the pilot runs that a budget of flops or time
    /// needs.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

impl TrainingArgs {
    /// Refuses flags that contradict each other.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match (&self.schedule, self.keep) {
            (Some(schedule), Some(keep)) if has_ratios(schedule) => Err(Failure::Usage(format!(
                "--schedule {schedule} names its own ratios, so --keep {keep} would be \
                     ignored; give one of the two"
            ))),
            _ => Ok(()),
        }
    }

    /// The configuration in --config, where it was given.
    pub(crate) fn file(&self) -> Result<Option<TrainConfig>, Failure> {
        let read = self.config.as_deref().map(TrainConfig::read);
        Ok(read.transpose()?)
    }

    /// The defaults of a run without a file.
    pub(crate) fn defaults(&self, device: &GpuDevice) -> TrainConfig {
        let dataset: Option<&String> = self.flags.get("dataset");
        let dataset = dataset.map_or(EMBEDDED_NAME, String::as_str);
        let method = self.flags.get("method").copied();
        let method = method.unwrap_or(MethodName::Guided);
        TrainConfig::for_dataset(dataset, method, device.is_software())
    }

    /// Applies the given flags over the values. Image files are decoded to the larger of the two
    /// networks' inputs, unless a side is given.
    pub(crate) fn apply(&self, config: &mut TrainConfig) -> Result<(), Failure> {
        match (&self.schedule, self.keep) {
            (Some(text), keep) => {
                let keep = keep.unwrap_or_else(|| config.schedule.curve().target());
                config.schedule = Schedule::from_name(text, keep)?;
            }
            (None, Some(keep)) => config.schedule = config.schedule.clone().with_target(keep)?,
            (None, None) => {}
        }
        let seen = |config: &TrainConfig| config.image_side.max(config.reference.side);
        let before = seen(config);
        let mut flags = self.flags.clone();
        // Flags that set defaults of others come first.
        if let Some(method) = flags.take("method") {
            config.set_method(method);
        }
        set_model(&mut flags, &mut config.reference);
        if let Some(algorithm) = flags.take("optimiser") {
            config.optimiser.set_algorithm(algorithm);
        }
        flags.apply(config);
        self.files.apply(&mut config.data);
        config.no_cache = self.files.no_cache();
        let now = seen(config);
        match self.files.side() {
            Some(side) => config.data.side = side,
            // Beyond that image files are not decoded; the learner's pictures are enlarged then.
            None if now != before => config.data.side = now.clamp(SMALLEST_SIDE, LARGEST_SIDE),
            None => {}
        }
        Ok(())
    }
}

/// Whether the shape of a schedule is written with its numbers; its phases always are.
fn has_ratios(schedule: &str) -> bool {
    let shape = schedule.split('+').next();
    shape.is_some_and(|shape| shape.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use gstds_models::learner::{LearnerConfig, Precision};
    use gstds_train::images::Residence;
    use gstds_train::run::{Clip, Optimiser};

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        args: TrainingArgs,
    }

    fn applied(flags: &str) -> Result<TrainConfig, Failure> {
        let only = Only::try_parse_from(format!("train {flags}").split_whitespace());
        let mut config = TrainConfig::new(MethodName::Gstds, true);
        only.unwrap().args.apply(&mut config)?;
        Ok(config)
    }

    /// The schedule that a configuration with `text` gets from `flags`.
    fn rescheduled(text: &str, flags: &str) -> String {
        let only = Only::try_parse_from(format!("train {flags}").split_whitespace());
        let mut config = TrainConfig::new(MethodName::Gstds, true);
        config.schedule = text.parse().unwrap();
        only.unwrap().args.apply(&mut config).unwrap();
        config.schedule.to_string()
    }

    #[test]
    fn flags_change_only_what_they_name() {
        assert_eq!(
            applied("").unwrap(),
            TrainConfig::new(MethodName::Gstds, true)
        );
        let config = applied("--epochs 3 --batch 9 --learner resnet20-w4").unwrap();
        assert_eq!((config.epochs, config.batch), (3, 9));
        assert_eq!(
            config.learner,
            LearnerConfig::Cifar {
                width: 4,
                blocks: 3
            }
        );
        assert_eq!(
            config.image_side,
            TrainConfig::new(MethodName::Gstds, true).image_side
        );
    }

    #[test]
    fn switches_that_are_not_given_leave_a_configuration_s_alone() {
        let only = Only::parse_from(["train", "--epochs", "3"]);
        let mut config = TrainConfig::new(MethodName::Jest, true);
        config.reweight = true;
        config.data.skip_bad = true;
        only.args.apply(&mut config).unwrap();
        assert!(config.reweight && config.data.skip_bad);
        assert!(applied("--reweight --skip-bad").unwrap().reweight);
    }

    #[test]
    fn another_method_brings_its_own_preset() {
        let config = applied("--method saln --seed 9").unwrap();
        assert_eq!(config.selection, MethodName::Saln.preset());
        assert_eq!(config.seed, 9);
    }

    #[test]
    fn keep_and_schedule_go_together() {
        let schedule = |flags| applied(flags).unwrap().schedule.to_string();
        assert_eq!(schedule("--keep 0.5"), "constant:0.5");
        assert_eq!(schedule("--schedule linear --keep 0.5"), "linear:1..0.5");
        assert_eq!(schedule("--schedule cosine:0.2..0.4"), "cosine:0.2..0.4");
        assert_eq!(
            schedule("--schedule cosine+warmup:2 --keep 0.5"),
            "cosine:1..0.5+warmup:2"
        );
        assert!(!has_ratios("cosine+warmup:2") && has_ratios("cosine:1..0.5+final:1"));
        assert!(applied("--schedule wavy").is_err());
    }

    #[test]
    fn a_bare_schedule_ends_where_the_one_before_it_ended() {
        let cosine = |before| rescheduled(before, "--schedule cosine");
        assert_eq!(cosine("constant:0.4"), "cosine:1..0.4");
        assert_eq!(cosine("linear:1..0.3"), "cosine:1..0.3");
        assert_eq!(cosine("step:1,0.7,0.6,0.15"), "cosine:1..0.15");
        let both = "--schedule cosine --keep 0.5";
        assert_eq!(rescheduled("constant:0.4", both), "cosine:1..0.5");
        assert_eq!(
            applied("--schedule cosine").unwrap().schedule.to_string(),
            "cosine:1..0.25"
        );
    }

    #[test]
    fn image_files_are_decoded_to_what_the_larger_network_sees() {
        let side = |flags| applied(flags).unwrap().data.side;
        assert_eq!(side("--dataset pets"), side(""));
        assert_eq!(side("--image-side 200"), 200);
        assert_eq!(side("--image-side 2048"), 1024);
        assert_eq!(side("--reference-side 160 --image-side 32"), 160);
        assert_eq!(side("--reference-side 160 --decode-side 96"), 96);
    }

    #[test]
    fn corruption_is_that_of_the_flags_over_the_file_s() {
        let flags = "--imbalance 0.1 --duplicate 5 --label-noise 0.2";
        let mut config = applied(flags).unwrap();
        let corruption = config.data.corruption();
        assert_eq!(
            corruption.to_string(),
            "imbalance 0.1, duplicate 5, label noise 0.2"
        );
        let only = Only::parse_from("train --label-noise 0".split_whitespace());
        only.args.apply(&mut config).unwrap();
        assert_eq!(config.data.label_noise, Some(0.0.into()));
        assert_eq!(config.data.duplicate, Some(5));
        assert!(applied("").unwrap().data.corruption().is_clean());
    }

    #[test]
    fn flags_of_an_optimiser_change_only_what_they_name() {
        assert_eq!(
            applied("").unwrap(),
            TrainConfig::new(MethodName::Gstds, true)
        );
        let config =
            applied("--clip norm:1 --warmup 9 --augment flip,crop:2 --residence stream").unwrap();
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
        assert_eq!(
            applied("--optimiser adamw").unwrap().optimiser,
            Optimiser::adamw()
        );
        assert_eq!(
            applied("--optimiser sgd").unwrap().optimiser,
            Optimiser::sgd()
        );
        let both = applied("--optimiser adamw --learning-rate 0.01")
            .unwrap()
            .optimiser;
        assert_eq!((both.learning_rate, both.weight_decay), (0.01, 0.05));
        let kept = applied("--clip norm:1 --warmup 9 --optimiser adamw")
            .unwrap()
            .optimiser;
        assert_eq!((kept.clip, kept.warmup), (Clip::Norm(1.0), 9));
    }

    #[test]
    fn another_algorithm_leaves_what_a_configuration_says_besides() {
        let mut config = TrainConfig::new(MethodName::Gstds, true);
        config.optimiser.precision = Precision::Mixed;
        config.optimiser.warmup = 500;
        let only = Only::parse_from(["train", "--optimiser", "adamw"]);
        only.args.apply(&mut config).unwrap();
        let expected = Optimiser {
            precision: Precision::Mixed,
            warmup: 500,
            ..Optimiser::adamw()
        };
        assert_eq!(config.optimiser, expected);
    }
}
