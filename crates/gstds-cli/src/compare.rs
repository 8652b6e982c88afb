//! `gstds compare`: methods and seeds against each other at equal cost.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use gstds_burn::GpuDevice;
use gstds_study::Error;
use gstds_study::compare::{
    Budget, COMPARE, CompareConfig, CompareObserver, Outcome, PlannedRun, compare_on, plan,
};
use gstds_study::report::Report;
use gstds_train::Error as TrainError;
use gstds_train::method::MethodName;
use gstds_train::run::{RunFolder, RunProgress, Summary, Terminal};

use crate::adapter;
use crate::exit::{Failure, tell, warn};
use crate::interrupt;
use crate::train::method;
use crate::training::{TrainingArgs, at_least_one};

/// Train with several methods and seeds at equal cost, and say what can be told apart.
///
/// Runs of one seed start from the same weights and see the same order of images, so accuracies are
/// compared in pairs. What random rows cost with these flags is the budget of every method, in
/// back-propagated samples, operations or seconds; random rows are always worth having among the
/// methods. Writes below --out: compare.toml, runs/METHOD/seed-N, summary.json, report.html with
/// its plots/, curves.csv and runs.csv.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The methods, with commas between [default: random,gstds].
    #[arg(long, value_name = "M,M,...", value_delimiter = ',', value_parser = method())]
    methods: Option<Vec<MethodName>>,
    /// Seeds of each method [default: 5].
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    seeds: Option<usize>,
    /// The first seed; the others count up from it [default: 0].
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// What every method gets the same of: samples (back-propagated), flops (operations, all counted)
    /// or time (as a pilot paces it) [default: samples].
    #[arg(long, value_parser = budget())]
    budget: Option<Budget>,
    /// Leave the reference model's cost out of a budget of flops or time, as where its features serve
    /// many runs.
    #[arg(long)]
    free_reference: bool,
    /// The comparison's folder, which must not exist [default: runs/compare-1, or the next number
    /// free].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Go on with the comparison in --out where it was stopped or killed; --methods and --seeds may
    /// add to it.
    #[arg(long, requires = "out")]
    resume: bool,
    /// Print the outcome as JSON on stdout instead of the table.
    #[arg(long)]
    json: bool,
    /// Print what each method would get, and train nothing but the pilots that a budget of flops or
    /// time takes.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    base: TrainingArgs,
}

const EXAMPLES: &str = "\
Examples:
  gstds compare --methods full,random,gstds,jest --seeds 5
  gstds compare --methods random,jest --label-noise 0.2 --out runs/noise
  gstds compare --resume --seeds 10 --out runs/noise
  gstds compare --methods random,gstds --budget flops --dry-run";

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
    if args.dry_run {
        plan(&device, &mut config, &mut Shown)?;
        return print(&match args.json {
            true => json(&config)?,
            false => allotments(&config),
        });
    }
    let outcome = compare_on(&device, &mut config, &mut Shown);
    let stopped = interrupt::hand_back();
    let outcome = outcome.map_err(|error| interrupted(error, &config.out))?;
    // Before the report, whose failure must not cost the outcome.
    print(&match args.json {
        true => json(&outcome)?,
        false => outcome.comparison.to_string(),
    })?;
    if stopped {
        let out = config.out.display().to_string();
        return Err(Failure::StoppedBeforeReport { out });
    }
    report(&outcome, &device)?;
    tell(&line(&outcome));
    Ok(())
}

/// An interrupted run is gone on with by the comparison that it is part of.
fn interrupted(error: Error, out: &Path) -> Error {
    match error {
        Error::Train(TrainError::Interrupted { step, steps, .. }) => TrainError::Interrupted {
            step,
            steps,
            left: format!(
                "continue with: gstds compare --resume --out {}",
                out.display()
            ),
        }
        .into(),
        other => other,
    }
}

/// Puts the report beside the comparison; an earlier one is replaced.
fn report(outcome: &Outcome, device: &GpuDevice) -> Result<(), Failure> {
    let mut same = || Ok(device.clone());
    let mut progress = Terminal::stderr("report");
    let (groups, comparison) = (&outcome.groups, Some(&outcome.comparison));
    let report = Report::make(groups, comparison, &mut same, &mut progress)?;
    for missing in report.missing() {
        warn(&format!("not shown in the report: {missing}"));
    }
    report.write(&outcome.folder, true)?;
    Ok(())
}

impl Args {
    /// The comparison to go on with.
    fn before(&self) -> Result<Option<CompareConfig>, Failure> {
        let Some(out) = self.out.as_ref().filter(|_| self.resume) else {
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
        let mut config = before.unwrap_or_else(|| self.fresh(device));
        if let Some(file) = self.base.file()? {
            config.base = file;
        }
        self.base.apply(&mut config.base)?;
        if let Some(methods) = &self.methods {
            config.methods.clone_from(methods);
        }
        config.seeds = self.seeds.unwrap_or(config.seeds);
        config.base.seed = self.seed.unwrap_or(config.base.seed);
        config.budget = self.budget.unwrap_or(config.budget);
        config.free_reference |= self.free_reference;
        let free = || RunFolder::free_path(Path::new("runs"), "compare");
        config.out = self.out.clone().unwrap_or_else(free);
        config.resume = self.resume;
        Ok(config)
    }

    fn fresh(&self, device: &GpuDevice) -> CompareConfig {
        CompareConfig {
            methods: vec![MethodName::Random, MethodName::Gstds],
            seeds: 5,
            budget: Budget::Samples,
            free_reference: false,
            amount: None,
            device: None,
            base: self.base.defaults(MethodName::Gstds, device),
            allotments: vec![],
            out: PathBuf::new(),
            resume: false,
        }
    }
}

fn budget() -> impl TypedValueParser<Value = Budget> {
    PossibleValuesParser::new(Budget::NAMES).try_map(|text| text.parse::<Budget>())
}

/// A comparison on stderr: a line a run for everyone, the steps between on terminals.
struct Shown;

impl CompareObserver for Shown {
    fn watch(&mut self, label: &str) -> Box<dyn RunProgress> {
        Box::new(Terminal::stderr(label).stopped_by(interrupt::asked))
    }

    fn allotted(&mut self, config: &CompareConfig) {
        tell(allotments(config).trim_end());
    }

    fn failed(&mut self, run: &PlannedRun, error: &Error) {
        let PlannedRun {
            method,
            seed,
            number,
            of,
            ..
        } = run;
        tell(&format!(
            "{number}/{of} {method} seed {seed} · left out: {error}"
        ));
    }

    fn warn(&mut self, text: &str) {
        tell(text);
    }

    fn ended(&mut self, run: &PlannedRun, summary: Option<&Summary>) {
        let PlannedRun {
            method,
            seed,
            number,
            of,
            ..
        } = run;
        let what = match summary {
            Some(summary) => format!(
                "test accuracy {:.2} % · {:.1} s",
                100.0 * summary.test_accuracy,
                summary.seconds.total
            ),
            None => "was there already".into(),
        };
        tell(&format!("{number}/{of} {method} seed {seed} · {what}"));
    }
}

/// What each method gets.
fn allotments(config: &CompareConfig) -> String {
    let amount = config.amount.unwrap_or(f64::NAN);
    let mut text = format!(
        "{} seeds of each method, each run with {}{}\n",
        config.seeds,
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

fn json<T: serde::Serialize>(value: &T) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| Failure::Stdout(error.into()))
}

fn print(text: &str) -> Result<(), Failure> {
    writeln!(std::io::stdout(), "{}", text.trim_end()).map_err(Failure::Stdout)
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
        let said = interrupted(run.into(), Path::new("runs/c")).to_string();
        assert!(said.contains("step 3 of 9"), "{said}");
        assert!(
            said.ends_with("continue with: gstds compare --resume --out runs/c"),
            "{said}"
        );
        assert!(!said.contains("gstds train"), "{said}");
    }
}
