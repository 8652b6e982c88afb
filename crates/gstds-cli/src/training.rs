//! The flags that say what a training run is, whatever its method and seed: those that `train` and
//! `compare` share.

use std::path::PathBuf;

use clap::builder::TypedValueParser;
use gstds_burn::GpuDevice;
use gstds_data::{EMBEDDED_NAME, LARGEST_SIDE, SMALLEST_SIDE};
use gstds_models::learner::LearnerConfig;
use gstds_train::method::MethodName;
use gstds_train::run::TrainConfig;
use gstds_train::schedule::Schedule;

use crate::conditions::ConditionArgs;
use crate::exit::Failure;
use crate::images::ImageArgs;
use crate::optimiser::{OptimiserArgs, set};
use crate::reference::ReferenceArgs;

#[derive(clap::Args)]
pub(crate) struct TrainingArgs {
    /// Start from this config.toml; the other flags change single values of it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Data set: fashion-mnist-5k is inside this program; fashion-mnist, mnist, cifar10, flowers,
    /// flowers-valid, flowers-trainval, pets and folder (a folder a class) need --data.
    #[arg(long)]
    dataset: Option<String>,
    /// Where the data set's files lie.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Train on the first N images of each class only.
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    per_class: Option<usize>,
    /// Share of each batch that is kept, above 0 and at most 1 [default: 0.25].
    #[arg(long, value_name = "R", value_parser = crate::select::ratio)]
    keep: Option<f64>,
    /// Keep ratio by epoch: constant, linear, cosine or step (down from 1 to --keep), or with its
    /// numbers and without --keep, such as linear:1..0.25, step:1,0.5,0.25 or wave:0.25..1x4 (to
    /// and fro in 4 epochs); +warmup:N and +final:N behind it train on everything in the first and
    /// the last N epochs, +start:0.5 and +end:0.9 before and after these shares of the epochs, and
    /// +interrupt:N in every Nth batch between [default: constant].
    #[arg(long)]
    schedule: Option<String>,
    /// How random jest is, from 0: the most learnable rows [default: 1].
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    temperature: Option<f64>,
    /// Weigh the losses of kept rows by one over the probability with which they were kept, so that
    /// they stand for the whole batch: unbiased, and not normalised. For random, and jest with a
    /// temperature above 0; the other methods of a comparison go without.
    #[arg(long)]
    reweight: bool,
    /// Rows of a batch before selection.
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    batch: Option<usize>,
    /// Passes over the training images.
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    epochs: Option<usize>,
    /// The network: resnet8-w16 has 8 layers (8, 14, 20, ...) and 16 channels in its first stage;
    /// resnet18 and resnet18-cifar have 64, or another width such as resnet18-cifar-w8.
    #[arg(long)]
    learner: Option<LearnerConfig>,
    /// Weights that it starts from, in torchvision's layout: .safetensors or .pth (resnet18 only).
    #[arg(long, value_name = "FILE")]
    init: Option<PathBuf>,
    /// Side in pixels of the images that it sees.
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    image_side: Option<usize>,
    /// Minutes between checkpoints within an epoch; 0 leaves those at the ends of epochs
    /// [default: 10].
    #[arg(long, value_name = "MINUTES")]
    checkpoint_minutes: Option<f64>,
    #[command(flatten)]
    optimiser: OptimiserArgs,
    #[command(flatten)]
    reference: ReferenceArgs,
    #[command(flatten)]
    files: ImageArgs,
    #[command(flatten)]
    conditions: ConditionArgs,
}

impl TrainingArgs {
    /// That no flag contradicts another.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match (&self.schedule, self.keep) {
            (Some(schedule), Some(keep)) if brings_ratios(schedule) => {
                Err(Failure::Usage(format!(
                    "--schedule {schedule} brings its own ratios, so --keep {keep} would go unheard; give one of the two"
                )))
            }
            _ => Ok(()),
        }
    }

    /// The configuration in --config, where it was given.
    pub(crate) fn file(&self) -> Result<Option<TrainConfig>, Failure> {
        let read = self.config.as_deref().map(TrainConfig::read);
        Ok(read.transpose()?)
    }

    /// Where a run starts from that no file describes.
    pub(crate) fn defaults(&self, method: MethodName, device: &GpuDevice) -> TrainConfig {
        let dataset = self.dataset.as_deref().unwrap_or(EMBEDDED_NAME);
        TrainConfig::for_dataset(dataset, method, device.is_software())
    }

    /// Puts the flags that were given over the values that are there.
    pub(crate) fn apply(&self, config: &mut TrainConfig) -> Result<(), Failure> {
        match (&self.schedule, self.keep) {
            (Some(text), keep) => {
                let keep = keep.unwrap_or_else(|| config.schedule.shape().target());
                config.schedule = Schedule::from_name(text, keep)?;
            }
            (None, Some(keep)) => config.schedule = Schedule::constant(keep),
            (None, None) => {}
        }
        set(&mut config.temperature, self.temperature.as_ref());
        config.reweight |= self.reweight;
        set(&mut config.batch, self.batch.as_ref());
        set(&mut config.epochs, self.epochs.as_ref());
        set(&mut config.learner, self.learner.as_ref());
        set(
            &mut config.checkpoint_minutes,
            self.checkpoint_minutes.as_ref(),
        );
        config.init = self.init.clone().or(config.init.take());
        self.optimiser.apply(config);
        self.apply_images(config);
        Ok(())
    }

    /// The flags of data set, reference model and sides. Image files are decoded to what the larger
    /// of the two networks sees, unless a side is given.
    fn apply_images(&self, config: &mut TrainConfig) {
        let seen = |config: &TrainConfig| config.image_side.max(config.reference.side);
        let before = seen(config);
        set(&mut config.image_side, self.image_side.as_ref());
        self.reference.apply(&mut config.reference);
        let data = &mut config.data;
        set(&mut data.dataset, self.dataset.as_ref());
        data.folder = self.data.clone().or(data.folder.take());
        data.per_class = self.per_class.or(data.per_class);
        self.conditions.apply(data);
        data.skip_bad |= self.files.skip_bad();
        config.no_cache = self.files.no_cache();
        let now = seen(config);
        match self.files.side() {
            Some(side) => config.data.side = side,
            // Beyond that image files are not decoded; the learner's pictures are enlarged then.
            None if now != before => config.data.side = now.clamp(SMALLEST_SIDE, LARGEST_SIDE),
            None => {}
        }
    }
}

/// Whether the shape of a schedule is written with its numbers; its phases always are.
fn brings_ratios(schedule: &str) -> bool {
    let shape = schedule.split('+').next();
    shape.is_some_and(|shape| shape.contains(':'))
}

/// A count.
pub(crate) fn at_least_one() -> impl TypedValueParser<Value = usize> {
    clap::value_parser!(u32)
        .range(1..)
        .map(|count| count as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

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
    fn keep_and_schedule_go_together() {
        let schedule = |flags| applied(flags).unwrap().schedule.to_string();
        assert_eq!(schedule("--keep 0.5"), "constant:0.5");
        assert_eq!(schedule("--schedule linear --keep 0.5"), "linear:1..0.5");
        assert_eq!(schedule("--schedule cosine:0.2..0.4"), "cosine:0.2..0.4");
        assert_eq!(
            schedule("--schedule cosine+warmup:2 --keep 0.5"),
            "cosine:1..0.5+warmup:2"
        );
        assert!(!brings_ratios("cosine+warmup:2") && brings_ratios("wave:1..0.5x4+final:1"));
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
    fn conditions_are_those_given_and_the_file_s() {
        let flags = "--imbalance 0.1 --duplicate 5 --label-noise 0.2";
        let mut config = applied(flags).unwrap();
        let conditions = config.data.corruption();
        assert_eq!(
            conditions.to_string(),
            "imbalance 0.1, duplicate 5, label noise 0.2"
        );
        let only = Only::parse_from("train --label-noise 0".split_whitespace());
        only.args.apply(&mut config).unwrap();
        assert_eq!(config.data.label_noise, Some(0.0));
        assert_eq!(config.data.duplicate, Some(5));
        assert!(applied("").unwrap().data.corruption().is_clean());
    }
}
