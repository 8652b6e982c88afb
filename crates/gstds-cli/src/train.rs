//! `gstds train`: train a network on the rows that a selection method keeps.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use gstds_burn::GpuDevice;
use gstds_train::Error;
use gstds_train::data::{EMBEDDED_NAME, LARGEST_SIDE, SMALLEST_SIDE};
use gstds_train::learner::LearnerConfig;
use gstds_train::method::MethodName;
use gstds_train::run::{RunFolder, Summary, Terminal, TrainConfig, train_on};
use gstds_train::schedule::Schedule;

use crate::adapter;
use crate::dry_run;
use crate::exit::{Failure, tell};
use crate::images::{ImageArgs, tell_left_out};
use crate::interrupt;
use crate::optimiser::{OptimiserArgs, set};
use crate::reference::ReferenceArgs;

/// Train a network on the samples that a method selects from each batch.
///
/// Writes a run folder: config.toml, metrics.jsonl, kept/, checkpoints/, summary.json. Defaults fit
/// the adapter: a small network and small images where the CPU plays the GPU. Ctrl-C ends a run after
/// the step under way with a checkpoint, a second one at once; --resume goes on.
#[derive(clap::Args)]
pub(crate) struct Args {
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
    /// Which rows of a batch are trained on; loss, jest, stratified-learnability and spectral-guided
    /// go by losses, for which each batch passes the network once more. The last three want a
    /// reference that is better than the network, and random rows are the baseline for all
    /// [default: gstds].
    #[arg(long, value_parser = method())]
    method: Option<MethodName>,
    /// Share of each batch that is kept, above 0 and at most 1 [default: 0.25].
    #[arg(long, value_name = "R", value_parser = crate::select::ratio)]
    keep: Option<f64>,
    /// Keep ratio by epoch: constant, linear, cosine or step (down from 1 to --keep), or with its
    /// numbers and without --keep, such as linear:1..0.25, step:1,0.5,0.25 or wave:0.25..1x4 (to
    /// and fro in 4 epochs); +warmup:N and +final:N behind it train on everything in the first and
    /// the last N epochs [default: constant].
    #[arg(long)]
    schedule: Option<String>,
    /// How random jest is, from 0: the most learnable rows [default: 1].
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    temperature: Option<f64>,
    /// Rows of a batch before selection.
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    batch: Option<usize>,
    /// Passes over the training images.
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    epochs: Option<usize>,
    /// End after so many optimiser steps.
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    max_steps: Option<usize>,
    /// End after so many epochs without a better test accuracy. Test images that decide this are
    /// no longer a clean test.
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    patience: Option<usize>,
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
    /// Seed of weights, order and random choices.
    #[arg(long)]
    seed: Option<u64>,
    /// The run's folder, which must not exist [default: runs/METHOD-1, or the next number free].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Go on with the run in --out from its newest checkpoint, to the numbers of a run that was
    /// never stopped. Its config.toml holds; flags may repeat it, and change the adapter.
    #[arg(long, requires = "out")]
    resume: bool,
    /// Minutes between checkpoints within an epoch; 0 leaves those at the ends of epochs
    /// [default: 10].
    #[arg(long, value_name = "MINUTES")]
    checkpoint_minutes: Option<f64>,
    /// Print the summary as JSON on stdout; with --dry-run, the table.
    #[arg(long)]
    json: bool,
    /// Print how much of each epoch would be kept, and train nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    optimiser: OptimiserArgs,
    #[command(flatten)]
    reference: ReferenceArgs,
    #[command(flatten)]
    files: ImageArgs,
}

pub(crate) fn run(args: &Args, adapter: &adapter::Args) -> Result<(), Failure> {
    args.check()?;
    let read = args.read()?;
    let mut asked = read
        .as_ref()
        .map(|config| config.adapter.clone())
        .unwrap_or_default();
    adapter.apply(&mut asked);
    let device = GpuDevice::open(&asked.wanted()?).map_err(Error::Gpu)?;
    let mut config = read.unwrap_or_else(|| {
        let method = args.method.unwrap_or(MethodName::Gstds);
        let dataset = args.dataset.as_deref().unwrap_or(EMBEDDED_NAME);
        TrainConfig::for_dataset(dataset, method, device.is_software())
    });
    config.adapter = asked;
    args.apply(&mut config)?;
    if args.dry_run {
        return dry_run::run(&config, args.json);
    }
    let free = || RunFolder::free_path(Path::new("runs"), config.method.name());
    let out = args.out.clone().unwrap_or_else(free);
    config.out = Some(out.clone());
    let mut progress = Terminal::stderr(config.method.name()).stopped_by(interrupt::asked);
    interrupt::listen();
    let summary = match train_on(&device, &config, &mut progress) {
        Err(error @ Error::RunFinished { .. }) => {
            tell(&error.to_string());
            return Ok(());
        }
        summary => summary?,
    };
    tell_left_out(&summary.left_out);
    tell(&line(&summary, &out));
    if args.json {
        let text =
            serde_json::to_string(&summary).map_err(|error| Failure::Stdout(error.into()))?;
        writeln!(std::io::stdout(), "{text}").map_err(Failure::Stdout)?;
    }
    Ok(())
}

impl Args {
    /// That no flag contradicts another.
    fn check(&self) -> Result<(), Failure> {
        match (&self.schedule, self.keep) {
            (Some(schedule), Some(keep)) if brings_ratios(schedule) => {
                Err(Failure::Usage(format!(
                    "--schedule {schedule} brings its own ratios, so --keep {keep} would go unheard; give one of the two"
                )))
            }
            _ => Ok(()),
        }
    }

    /// The configuration to start from, where a file holds it.
    fn read(&self) -> Result<Option<TrainConfig>, Failure> {
        if let Some(out) = self.out.as_ref().filter(|out| !self.resume && out.exists()) {
            return Err(Error::RunExists { path: out.clone() }.into());
        }
        Ok(match (&self.config, &self.out) {
            (Some(file), _) => Some(TrainConfig::read(file)?),
            (None, Some(out)) if self.resume => Some(RunFolder::config(out)?),
            _ => None,
        })
    }

    /// Puts the flags that were given over the values that are there.
    fn apply(&self, config: &mut TrainConfig) -> Result<(), Failure> {
        if let Some(method) = self.method.filter(|&method| method != config.method) {
            config.method = method;
            config.selection = method.preset();
        }
        match (&self.schedule, self.keep) {
            (Some(text), keep) => {
                let keep = keep.unwrap_or_else(|| config.schedule.shape().target());
                config.schedule = Schedule::from_name(text, keep)?;
            }
            (None, Some(keep)) => config.schedule = Schedule::constant(keep),
            (None, None) => {}
        }
        set(&mut config.temperature, self.temperature.as_ref());
        set(&mut config.batch, self.batch.as_ref());
        set(&mut config.epochs, self.epochs.as_ref());
        set(&mut config.learner, self.learner.as_ref());
        set(&mut config.seed, self.seed.as_ref());
        set(
            &mut config.checkpoint_minutes,
            self.checkpoint_minutes.as_ref(),
        );
        config.max_steps = self.max_steps.or(config.max_steps);
        config.patience = self.patience.or(config.patience);
        config.resume = self.resume;
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

fn method() -> impl TypedValueParser<Value = MethodName> {
    let names = PossibleValuesParser::new(MethodName::ALL.iter().map(|method| method.name()));
    names.try_map(|text| text.parse::<MethodName>())
}

fn at_least_one() -> impl TypedValueParser<Value = usize> {
    clap::value_parser!(u32)
        .range(1..)
        .map(|count| count as usize)
}

fn line(summary: &Summary, out: &Path) -> String {
    let early = match summary.stopped_early {
        true => format!(" (early, after epoch {})", summary.epoch_accuracies.len()),
        false => String::new(),
    };
    format!(
        "{} · test accuracy {:.1} %{} · {} of {} samples back-propagated · {:.1} s (training {:.1}, selection {:.2}) · {} · {}",
        summary.method,
        summary.test_accuracy * 100.0,
        early,
        summary.samples_kept,
        summary.samples_seen,
        summary.seconds.total,
        summary.seconds.training,
        summary.seconds.selection,
        summary.adapter,
        out.display(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        args: Args,
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
        let config = applied("--epochs 3 --seed 9 --learner resnet20-w4").unwrap();
        assert_eq!((config.epochs, config.seed), (3, 9));
        assert_eq!(
            config.learner,
            LearnerConfig::Cifar {
                width: 4,
                blocks: 3
            }
        );
        assert_eq!(
            config.batch,
            TrainConfig::new(MethodName::Gstds, true).batch
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
    fn another_method_brings_its_own_preset() {
        let config = applied("--method saln").unwrap();
        assert_eq!(config.selection, MethodName::Saln.preset());
    }
}
