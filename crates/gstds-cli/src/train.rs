//! `gstds train`: train a network on the rows that a selection method keeps.

use std::path::Path;

use gstds_burn::GpuDevice;
use gstds_train::Error;
use gstds_train::run::{RunFolder, Summary, TrainConfig, train_on};

use crate::exit::{Failure, json, print};
use crate::loaded_pool::warn_left_out;
use crate::shell_word::shell_word;
use crate::terminal::Terminal;
use crate::training::{OutputArgs, TrainingArgs};
use crate::{adapter, console, dry_run, interrupt};

/// Train a network on the rows that a method keeps of each batch.
///
/// Writes a run folder: config.toml, metrics.jsonl, kept/, checkpoints/ and summary.json. Defaults
/// depend on the data set and the adapter: small networks and images on a software adapter. Ctrl-C
/// or SIGTERM stops after the current step with a checkpoint, a second one at once; --resume
/// continues from there.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    base: TrainingArgs,
    #[command(flatten)]
    output: OutputArgs,
}

const EXAMPLES: &str = "\
Examples:
  gstds train --method guided --keep 0.25
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
    let mut config = read.unwrap_or_else(|| args.base.defaults(&device));
    config.adapter = asked;
    args.base.apply(&mut config)?;
    let output = &args.output;
    config.resume = output.resume;
    if output.dry_run {
        return dry_run::run(&config, output.json);
    }
    let free = || RunFolder::free_path(Path::new("runs"), config.method.name());
    let out = output.out.clone().unwrap_or_else(free);
    config.out = Some(out.clone());
    let mut progress = Terminal::stderr(config.method.name()).stopped_by(interrupt::asked);
    interrupt::listen();
    let summary = match train_on(&device, &config, &mut progress) {
        Err(error @ Error::RunFinished { .. }) => {
            console::info(&error.to_string());
            return match output.json {
                true => print_summary(&out),
                false => Ok(()),
            };
        }
        Err(Error::Interrupted { step, steps, .. }) => {
            let left = format!(
                "continue with: gstds train --resume --out {}",
                shell_word(&out)
            );
            return Err(Error::Interrupted { step, steps, left }.into());
        }
        summary => summary?,
    };
    warn_left_out(&summary.left_out);
    console::info(&line(&summary, &out));
    if output.json {
        print(&json(&summary)?)?;
    }
    Ok(())
}

/// Prints the summary of the finished run in `out`, in one line as at the end of a run.
fn print_summary(out: &Path) -> Result<(), Failure> {
    let path = out.join("summary.json");
    let read = std::fs::read_to_string(&path).and_then(|text| {
        serde_json::from_str::<serde_json::Value>(&text).map_err(std::io::Error::from)
    });
    let summary = read.map_err(gstds_data::Error::io("reading", path))?;
    print(&summary.to_string())
}

impl Args {
    /// The configuration to start from, where it is in a file.
    fn read(&self) -> Result<Option<TrainConfig>, Failure> {
        let OutputArgs { out, resume, .. } = &self.output;
        if let Some(out) = out.as_ref().filter(|out| !resume && out.exists()) {
            return Err(Error::RunExists { path: out.clone() }.into());
        }
        if let Some(out) = out.as_ref().filter(|_| *resume)
            && let Err(error @ Error::NoRun { .. }) = RunFolder::config(out)
        {
            // As `compare` has it: the flag is at fault.
            return Err(Failure::Usage(format!(
                "{error}; leave out --resume to start one"
            )));
        }
        Ok(match (self.base.file()?, out) {
            (None, Some(out)) if *resume => Some(RunFolder::config(out)?),
            (file, _) => file,
        })
    }
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
