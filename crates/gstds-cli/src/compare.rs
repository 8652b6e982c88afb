//! `gstds compare`: compares methods over several seeds at equal cost.

use std::fmt::Write as _;
use std::path::Path;

use clap::Arg;
use gstds_burn::GpuDevice;
use gstds_study::Error;
use gstds_study::compare::{
    COMPARE, CompareConfig, CompareObserver, Outcome, PlannedRun, compare_on, plan,
};
use gstds_study::report::Report;
use gstds_train::Error as TrainError;
use gstds_train::run::{RunFolder, RunProgress, Summary};

use crate::exit::{Failure, json, print};
use crate::overrides::Overrides;
use crate::shell_word::shell_word;
use crate::terminal::Terminal;
use crate::training::{OutputArgs, TrainingArgs};
use crate::{adapter, console, interrupt};

/// Compare methods over several seeds at equal cost.
///
/// Reports which methods differ significantly. Runs of one seed start from the same weights and see the
/// same order of images, so accuracies are compared in pairs. The cost of random rows with these
/// flags is the budget of every method: in back-propagated samples, operations or seconds. Include
/// random among the methods as baseline, and small-batch, plain training in batches of the kept
/// size, as the second.
///
/// Writes to --out: compare.toml, runs/METHOD/seed-N, summary.json, report.html with its plots/,
/// curves.csv and runs.csv.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
#[command(mut_arg("seed", |it| it.help(SEED).long_help(SEED)))]
#[command(mut_arg("method", |it| refused(it, "use --methods")))]
#[command(mut_arg("max_steps", |it| refused(it, "the budget decides how long runs are")))]
#[command(mut_arg("patience", |it| refused(it, "the budget decides how long runs are")))]
pub(crate) struct Args {
    #[command(flatten)]
    flags: Overrides<CompareConfig>,
    #[command(flatten)]
    base: TrainingArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Print every column of the table.
    ///
    /// Also where that is wider than 80 characters.
    #[arg(long, conflicts_with = "json", help_heading = "Output")]
    wide: bool,
}

/// A flag of a run that a comparison sets by itself.
fn refused(flag: Arg, reason: &'static str) -> Arg {
    flag.hide(true)
        .value_parser(move |_: &str| Err::<String, _>(reason))
}

const SEED: &str = "First seed; the others count up [default: 0]";

const EXAMPLES: &str = "\
Examples:
  gstds compare --methods random,small-batch,guided,jest --seeds 5
  gstds compare --methods random,jest --label-noise 0.2 --out runs/noise
  gstds compare --resume --seeds 10 --out runs/noise
  gstds compare --methods random,guided --budget flops --dry-run";

pub(crate) fn run(args: &Args, adapter: &adapter::Args) -> Result<(), Failure> {
    args.base.check()?;
    let before = args.before()?;
    let mut asked = match (&before, args.base.file()?) {
        (Some(before), _) => before.base.adapter.clone(),
        (None, Some(file)) => file.adapter,
        (None, None) => Default::default(),
    };
    adapter.apply(&mut asked);
    let device = GpuDevice::open(&asked.wanted()?).map_err(TrainError::Gpu)?;
    adapter::log_opened(&device.gpu);
    let mut config = args.config(before, &device)?;
    config.base.adapter = asked;
    interrupt::listen();
    let output = &args.output;
    if output.dry_run {
        plan(&device, &mut config, &mut StderrObserver)?;
        return print(&match output.json {
            true => json(&config)?,
            false => allotments(&config),
        });
    }
    let outcome = compare_on(&device, &mut config, &mut StderrObserver);
    let stopped = interrupt::hand_back();
    let outcome = outcome.map_err(|error| interrupted(error, &config.out))?;
    // Before the report, whose failure must not cost the outcome.
    print(&match output.json {
        true => json(&outcome)?,
        false => outcome.comparison.table(args.wide),
    })?;
    if stopped {
        let out = shell_word(&config.out);
        return Err(Failure::StoppedBeforeReport { out });
    }
    report(&outcome, &device)?;
    console::info(&line(&outcome));
    Ok(())
}

/// An interrupted run is resumed by its comparison.
fn interrupted(error: Error, out: &Path) -> Error {
    match error {
        Error::Train(TrainError::Interrupted { step, steps, .. }) => TrainError::Interrupted {
            step,
            steps,
            left: format!(
                "continue with: gstds compare --resume --out {}",
                shell_word(out)
            ),
        }
        .into(),
        other => other,
    }
}

/// Writes the report into the comparison's folder; an earlier one is replaced.
fn report(outcome: &Outcome, device: &GpuDevice) -> Result<(), Failure> {
    let mut same = || Ok(device.clone());
    let mut progress = Terminal::stderr("report");
    let (groups, comparison) = (&outcome.groups, Some(&outcome.comparison));
    let report = Report::make(groups, comparison, &mut same, &mut progress)?;
    for missing in report.missing() {
        console::info(&format!("not shown in the report: {missing}"));
    }
    report.write(&outcome.folder, true)?;
    Ok(())
}

impl Args {
    /// The comparison to resume.
    fn before(&self) -> Result<Option<CompareConfig>, Failure> {
        let output = &self.output;
        let Some(out) = output.out.as_ref().filter(|_| output.resume) else {
            return Ok(None);
        };
        match out.join(COMPARE) {
            file if file.exists() => Ok(Some(CompareConfig::read(&file)?)),
            _ => Err(Error::NoComparison { path: out.clone() }.into()),
        }
    }

    fn config(
        &self,
        before: Option<CompareConfig>,
        device: &GpuDevice,
    ) -> Result<CompareConfig, Failure> {
        let fresh = || CompareConfig::new(self.base.defaults(device));
        let mut config = before.unwrap_or_else(fresh);
        if let Some(file) = self.base.file()? {
            config.base = file;
        }
        self.base.apply(&mut config.base)?;
        self.flags.clone().apply(&mut config);
        let free = || RunFolder::free_path(Path::new("runs"), "compare");
        config.out = self.output.out.clone().unwrap_or_else(free);
        config.resume = self.output.resume;
        Ok(config)
    }
}

/// A comparison on stderr: one line per run, and on terminals the steps between.
struct StderrObserver;

impl CompareObserver for StderrObserver {
    fn watch(&mut self, label: &str) -> Box<dyn RunProgress> {
        Box::new(Terminal::stderr(label).stopped_by(interrupt::asked))
    }

    fn allotted(&mut self, config: &CompareConfig) {
        console::info(allotments(config).trim_end());
    }

    fn failed(&mut self, run: &PlannedRun, error: &Error) {
        console::warn(&format!("{} · left out: {error}", label(run)));
    }

    fn warn(&mut self, text: &str) {
        console::warn(text);
    }

    fn ended(&mut self, run: &PlannedRun, summary: Option<&Summary>) {
        let what = match summary {
            Some(summary) => format!(
                "test accuracy {:.2} % · {:.1} s",
                100.0 * summary.test_accuracy,
                summary.seconds.total
            ),
            None => "finished before".into(),
        };
        console::info(&format!("{} · {what}", label(run)));
    }
}

fn label(run: &PlannedRun) -> String {
    let PlannedRun {
        method,
        seed,
        number,
        of,
        ..
    } = run;
    format!("{number}/{of} {method} seed {seed}")
}

/// The share of each method.
fn allotments(config: &CompareConfig) -> String {
    let amount = config.amount.unwrap_or(f64::NAN);
    let mut text = format!(
        "{} {} of each method, each run with {}{}\n",
        config.seeds,
        if config.seeds == 1 { "seed" } else { "seeds" },
        config.budget.amount(amount),
        match config.free_reference {
            true => ", the reference model left out",
            false => "",
        }
    );
    let width = config.methods.iter().map(|method| method.name().len());
    let width = width.max().unwrap_or(0).max("method".len());
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{:width$}  epochs   steps    samples  operations / 1e9",
        "method"
    );
    for method in &config.methods {
        let Some(it) = config.allotted(*method) else {
            continue;
        };
        let _ = writeln!(
            text,
            "{:width$}  {:>6}  {:>6}  {:>9}  {:>16.4}",
            method,
            it.epochs,
            it.steps,
            it.samples,
            it.flops as f64 / 1e9
        );
    }
    text
}

fn line(outcome: &Outcome) -> String {
    format!(
        "{} · {} · {} · {}",
        outcome.dataset,
        outcome.learner,
        outcome.adapter,
        outcome.folder.join("report.html").display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupted_run_goes_on_with_its_comparison() {
        let run = TrainError::Interrupted {
            step: 3,
            steps: 9,
            left: "continue with: gstds train --resume --out runs/x".into(),
        };
        let message = interrupted(run.into(), Path::new("runs/c")).to_string();
        assert!(message.contains("step 3 of 9"), "{message}");
        assert!(
            message.ends_with("continue with: gstds compare --resume --out runs/c"),
            "{message}"
        );
        assert!(!message.contains("gstds train"), "{message}");
    }
}
