//! `gstds train`: train a network on the rows that a selection method keeps.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use gstds_burn::GpuDevice;
use gstds_train::Error;
use gstds_train::method::MethodName;
use gstds_train::run::{RunFolder, Summary, Terminal, TrainConfig, train_on};

use crate::adapter;
use crate::dry_run;
use crate::exit::{Failure, tell};
use crate::images::tell_left_out;
use crate::interrupt;
use crate::optimiser::set;
use crate::training::{TrainingArgs, at_least_one};

/// Train a network on the samples that a method selects from each batch.
///
/// Writes a run folder: config.toml, metrics.jsonl, kept/, checkpoints/, summary.json. Defaults fit
/// the adapter: a small network and small images where the CPU plays the GPU. Ctrl-C or SIGTERM ends
/// a run after the step under way with a checkpoint, a second one at once; --resume goes on.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Which rows of a batch are trained on; loss, jest, stratified-learnability and spectral-guided
    /// go by losses, for which each batch passes the network once more. The last three want a
    /// reference that is better than the network, and random rows are the baseline for all
    /// [default: gstds].
    #[arg(long, value_parser = method())]
    method: Option<MethodName>,
    /// End after so many optimiser steps.
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    max_steps: Option<usize>,
    /// End after so many epochs without a better test accuracy. Test images that decide this are
    /// no longer a clean test.
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    patience: Option<usize>,
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
    /// Print the summary as JSON on stdout, also that of a finished run which --resume leaves as it
    /// is; with --dry-run, the table.
    #[arg(long)]
    json: bool,
    /// Print how much of each epoch would be kept, and train nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    base: TrainingArgs,
}

const EXAMPLES: &str = "\
Examples:
  gstds train --method gstds --keep 0.25
  gstds train --method saln --schedule cosine:1..0.25 --epochs 20 --out runs/saln
  gstds train --resume --out runs/saln
  gstds train --schedule cosine:1..0.25+warmup:2+final:10% --dry-run
  gstds train --dataset cifar10 --data DIR --per-class 200 --method jest";

pub(crate) fn run(args: &Args, adapter: &adapter::Args) -> Result<(), Failure> {
    args.base.check()?;
    let read = args.read()?;
    let mut asked = read
        .as_ref()
        .map(|config| config.adapter.clone())
        .unwrap_or_default();
    adapter.apply(&mut asked);
    let device = GpuDevice::open(&asked.wanted()?).map_err(Error::Gpu)?;
    adapter::log_opened(&device.gpu);
    let mut config = read.unwrap_or_else(|| {
        let method = args.method.unwrap_or(MethodName::Gstds);
        args.base.defaults(method, &device)
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
            return match args.json {
                true => print_summary(&out),
                false => Ok(()),
            };
        }
        Err(Error::Interrupted { step, steps, .. }) => {
            let left = format!(
                "continue with: gstds train --resume --out {}",
                out.display()
            );
            return Err(Error::Interrupted { step, steps, left }.into());
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

/// Prints what the finished run in `out` came to, on one line like that of a run which ends now.
fn print_summary(out: &Path) -> Result<(), Failure> {
    let path = out.join("summary.json");
    let read = std::fs::read_to_string(&path).and_then(|text| {
        serde_json::from_str::<serde_json::Value>(&text).map_err(std::io::Error::from)
    });
    let summary = read.map_err(|source| gstds_data::Error::Io {
        action: "reading",
        path,
        source,
    })?;
    writeln!(std::io::stdout(), "{summary}").map_err(Failure::Stdout)
}

impl Args {
    /// The configuration to start from, where a file holds it.
    fn read(&self) -> Result<Option<TrainConfig>, Failure> {
        if let Some(out) = self.out.as_ref().filter(|out| !self.resume && out.exists()) {
            return Err(Error::RunExists { path: out.clone() }.into());
        }
        Ok(match (self.base.file()?, &self.out) {
            (None, Some(out)) if self.resume => Some(RunFolder::config(out)?),
            (file, _) => file,
        })
    }

    /// Puts the flags that were given over the values that are there.
    fn apply(&self, config: &mut TrainConfig) -> Result<(), Failure> {
        if let Some(method) = self.method.filter(|&method| method != config.method) {
            config.method = method;
            config.selection = method.preset();
        }
        set(&mut config.seed, self.seed.as_ref());
        config.max_steps = self.max_steps.or(config.max_steps);
        config.patience = self.patience.or(config.patience);
        config.resume = self.resume;
        self.base.apply(config)
    }
}

/// A method by its name.
pub(crate) fn method() -> impl TypedValueParser<Value = MethodName> {
    let names = PossibleValuesParser::new(MethodName::ALL.iter().map(|method| method.name()));
    names.try_map(|text| text.parse::<MethodName>())
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

    #[test]
    fn another_method_brings_its_own_preset() {
        let only = Only::parse_from("train --method saln --seed 9".split_whitespace());
        let mut config = TrainConfig::new(MethodName::Gstds, true);
        only.args.apply(&mut config).unwrap();
        assert_eq!(config.selection, MethodName::Saln.preset());
        assert_eq!(config.seed, 9);
    }
}
