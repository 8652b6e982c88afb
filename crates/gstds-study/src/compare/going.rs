//! From a configuration to all its runs and what they say.

use super::{
    allot::{self, Allotment, Fitted, Purse},
    budget::Budget,
    config::CompareConfig,
    folder::{Folder, clear_unbegun},
    pilot::{self, Pilot},
};
use crate::{
    error::{Error, Result},
    results::{self, Comparison, Group, Run},
};
use gstds_burn::GpuDevice;
use gstds_train::flops::Flops;
use gstds_train::method::MethodName;
use gstds_train::run::{Costs, RunFolder, RunProgress, Silent, Summary, TrainConfig, train_on};
use gstds_train::schedule::BatchCounts;
use serde::Serialize;
use std::{collections::HashMap, path::PathBuf};

/// One run of a comparison.
#[derive(Clone, Debug)]
pub struct RunOf {
    /// Its method.
    pub method: MethodName,
    /// Its seed.
    pub seed: u64,
    /// Its number, from 1.
    pub number: usize,
    /// Runs of the comparison.
    pub of: usize,
    /// Where it lies.
    pub folder: PathBuf,
}

/// Someone who watches a comparison. Every method may be left out.
pub trait Listener {
    /// Pilots, and then the runs, begin: what watches this one.
    fn watch(&mut self, label: &str) -> Box<dyn RunProgress> {
        let _ = label;
        Box::new(Silent)
    }

    /// What each method gets was worked out.
    fn allotted(&mut self, config: &CompareConfig) {
        let _ = config;
    }

    /// A run went astray and is left out, see [`Error::Diverged`].
    fn failed(&mut self, run: &RunOf, error: &Error) {
        let _ = (run, error);
    }

    /// Something that may not be what was meant.
    fn warn(&mut self, text: &str) {
        let _ = text;
    }

    /// A run ended; without a summary, it had ended before.
    fn ended(&mut self, run: &RunOf, summary: Option<&Summary>) {
        let _ = (run, summary);
    }
}

/// What a comparison came to: `summary.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Version of this crate.
    pub version: &'static str,
    /// The data set.
    pub dataset: String,
    /// The learner.
    pub learner: String,
    /// Name of the GPU adapter.
    pub adapter: String,
    /// Its backend and driver.
    pub driver: String,
    /// What every method got the same of.
    pub budget: Budget,
    /// How much of it.
    pub amount: f64,
    /// Whether the reference is left out of it.
    pub free_reference: bool,
    /// What that was for each method.
    pub allotments: Vec<Allotment>,
    /// What came of it.
    pub comparison: Comparison,
    /// All runs. Not part of the file.
    #[serde(skip)]
    pub groups: Vec<Group>,
    /// Where it lies. Not part of the file.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// Works out what each method gets, and writes nothing: `config` holds it afterwards. A budget of
/// samples costs arithmetic; one of operations a run of one step of each method, and one of time ten
/// steps more.
///
/// # Errors
/// Values that no comparison can have, a data set that cannot be opened, [`Error::Budget`] for a
/// method that gets too little, and as [`train_on`].
pub fn plan(
    device: &GpuDevice,
    config: &mut CompareConfig,
    listener: &mut dyn Listener,
) -> Result<()> {
    config.check()?;
    let mut random = config.of(MethodName::Random);
    random.method = MethodName::Random;
    let costs = Costs::open(&random, listener.watch("data").as_mut())?;
    let mut planner = Planner {
        device,
        config: config.clone(),
        costs,
        flown: HashMap::new(),
    };
    let amount = match config.amount {
        Some(amount) => amount,
        None => planner.amount(&random, listener)?,
    };
    config.amount = Some(amount);
    for method in config.methods.clone() {
        if config.allotted(method).is_none() {
            let allotted = planner.allot(method, amount, listener)?;
            config.allotments.push(allotted);
        }
    }
    Ok(())
}

/// Trains every method with every seed, seed by seed, in folders below [`CompareConfig::out`], and
/// compares them. With [`CompareConfig::resume`], runs that ended are taken as they are, and one that
/// was stopped goes on from its checkpoint.
///
/// # Errors
/// As [`plan`] and [`train_on`]; [`Error::RunExists`] where `out` is taken, and to resume
/// [`Error::NoComparison`], [`Error::OtherRun`], [`Error::RunInUse`].
pub fn compare_on(
    device: &GpuDevice,
    config: &mut CompareConfig,
    listener: &mut dyn Listener,
) -> Result<Outcome> {
    config.check()?;
    let folder = Folder::open(config)?;
    same_device(device, config, listener)?;
    folder.keep(config)?;
    plan(device, config, listener)?;
    folder.keep(config)?;
    listener.allotted(config);
    let of = config.methods.len() * config.seeds;
    let mut folders = Vec::with_capacity(of);
    for seed in 0..config.seeds {
        for method in &config.methods {
            let allotted = config.allotted(*method);
            let run = config.run(allotted.ok_or_else(|| lost(*method))?, seed);
            let number = folders.len() + 1;
            folders.push(one(device, run, (number, of), listener)?);
        }
    }
    let runs: Result<Vec<Run>> = folders.iter().map(|folder| Run::read(folder)).collect();
    let groups = results::groups(runs?)?;
    let info = device.gpu.adapter.get_info();
    let outcome = Outcome {
        version: env!("CARGO_PKG_VERSION"),
        dataset: config.base.data.dataset.clone(),
        learner: config.base.learner.name(),
        adapter: info.name,
        driver: format!("{} {} {}", info.backend, info.driver, info.driver_info),
        budget: config.budget,
        amount: config.amount.unwrap_or(f64::NAN),
        free_reference: config.free_reference,
        allotments: config.allotments.clone(),
        comparison: results::compare(&groups, None)?,
        groups,
        folder: config.out.clone(),
    };
    folder.sum_up(&outcome)?;
    Ok(outcome)
}

/// Tells of another adapter than the comparison began on, and refuses it where time was measured there.
fn same_device(
    device: &GpuDevice,
    config: &mut CompareConfig,
    listener: &mut dyn Listener,
) -> Result<()> {
    let info = device.gpu.adapter.get_info();
    let now = format!("{} ({} {})", info.name, info.backend, info.driver_info);
    let then = config.device.get_or_insert_with(|| now.clone());
    if *then == now {
        return Ok(());
    }
    let differences = format!("it goes on with adapter {now}, not {then}");
    if config.budget == Budget::Time {
        return Err(gstds_train::Error::OtherRun {
            path: config.out.clone(),
            differences,
        }
        .into());
    }
    listener.warn(&format!(
        "{differences}: runs of one seed may differ in their last bits, and their seconds are of two adapters"
    ));
    Ok(())
}

/// A method without an allotment, which `plan` gives to all.
fn lost(method: MethodName) -> Error {
    super::config::error(format!("{method} has no allotment in compare.toml"))
}

/// One run: as it is where it has ended, else from its checkpoint or from the beginning.
fn one(
    device: &GpuDevice,
    mut config: TrainConfig,
    (number, of): (usize, usize),
    listener: &mut dyn Listener,
) -> Result<PathBuf> {
    let path = config.out.clone().unwrap_or_default();
    let run = RunOf {
        method: config.method,
        seed: config.seed,
        number,
        of,
        folder: path.clone(),
    };
    clear_unbegun(&path)?;
    if RunFolder::is_finished(&path) {
        listener.ended(&run, None);
        return Ok(path);
    }
    config.resume = path.exists();
    let label = format!("{}/{} {} seed {}", number, of, config.method, config.seed);
    match train_on(device, &config, listener.watch(&label).as_mut()) {
        Ok(summary) => listener.ended(&run, Some(&summary)),
        // It would do so again; the others can be compared without it.
        Err(error @ gstds_train::Error::Diverged { .. }) => listener.failed(&run, &error.into()),
        Err(error) => return Err(error.into()),
    }
    Ok(path)
}

/// What allotments are worked out from.
struct Planner<'a> {
    device: &'a GpuDevice,
    config: CompareConfig,
    /// Of random rows.
    costs: Costs,
    /// Pilots that were flown: of each method one, so that random rows get what they set.
    flown: HashMap<MethodName, Pilot>,
}

impl Planner<'_> {
    /// What random rows of the base cost: the amount that every method gets.
    fn amount(&mut self, random: &TrainConfig, listener: &mut dyn Listener) -> Result<f64> {
        let extent = self.costs.extent(random);
        let pilot = self.pilot(random, listener)?;
        let batches = random.schedule.batches(MethodName::Random, &extent);
        let mut amount = 0.0;
        for batch in batches {
            amount += self.price(&self.costs, &pilot, batch)?;
        }
        Ok(amount)
    }

    fn allot(
        &mut self,
        method: MethodName,
        amount: f64,
        listener: &mut dyn Listener,
    ) -> Result<Allotment> {
        let run = self.config.of(method);
        let costs = self.costs.with(method, &run.selection);
        let pilot = self.pilot(&run, listener)?;
        let once = match (self.config.free_reference, self.config.budget) {
            (true, _) | (_, Budget::Samples) => 0.0,
            (_, Budget::Flops) => pilot.reference_flops as f64,
            (_, Budget::Time) => pilot.reference_seconds,
        };
        let purse = Purse {
            budget: self.config.budget,
            amount,
            once,
        };
        let mut known = HashMap::new();
        let fitted = allot::fit(
            (&run.schedule, method),
            (self.costs.images, run.batch),
            purse,
            |batch| {
                let key = (batch.rows, batch.keep);
                if let Some(price) = known.get(&key) {
                    return Ok(*price);
                }
                let price = self.price(&costs, &pilot, batch)?;
                known.insert(key, price);
                Ok(price)
            },
        )?;
        run.optimiser.check_steps(fitted.batches.len())?;
        self.written(method, &costs, (&fitted, once))
    }

    fn written(
        &self,
        method: MethodName,
        costs: &Costs,
        (fitted, once): (&Fitted, f64),
    ) -> Result<Allotment> {
        let mut flops = Flops::default();
        for batch in &fitted.batches {
            flops += costs.step(*batch)?;
        }
        if self.config.budget == Budget::Flops {
            flops.reference = once as u64;
        }
        Ok(Allotment {
            method,
            epochs: fitted.epochs,
            steps: fitted.batches.len(),
            samples: fitted.batches.iter().map(|batch| batch.keep as u64).sum(),
            flops: flops.total(),
            seconds: (self.config.budget == Budget::Time).then_some(fitted.cost),
        })
    }

    /// What one step costs of the budget.
    fn price(&self, costs: &Costs, pilot: &Pilot, batch: BatchCounts) -> Result<f64> {
        Ok(match self.config.budget {
            Budget::Samples => batch.keep as f64,
            Budget::Flops => costs.step(batch)?.total() as f64,
            Budget::Time => pilot.step_seconds(batch.keep as f64 / batch.rows.max(1) as f64),
        })
    }

    /// A pilot where the budget needs one.
    fn pilot(&mut self, run: &TrainConfig, listener: &mut dyn Listener) -> Result<Pilot> {
        if let Some(known) = self.flown.get(&run.method) {
            return Ok(known.clone());
        }
        let needed = match self.config.budget {
            Budget::Samples => false,
            Budget::Flops => run.method.needs_features() && !self.config.free_reference,
            Budget::Time => true,
        };
        if !needed {
            return Ok(Pilot::default());
        }
        let shares = match self.config.budget {
            Budget::Time => self.shares(run),
            _ => Vec::new(),
        };
        let label = format!("pilot of {}", run.method);
        let pilot = pilot::fly(self.device, run, &shares, listener.watch(&label).as_mut())?;
        self.flown.insert(run.method, pilot.clone());
        Ok(pilot)
    }

    /// The least and the greatest share of a batch that a run of the base keeps: one where it keeps the
    /// same of all.
    fn shares(&self, run: &TrainConfig) -> Vec<f64> {
        let extent = self.costs.extent(run);
        let whole = |batch: &BatchCounts| batch.rows == run.batch.min(self.costs.images);
        let batches = run.schedule.batches(run.method, &extent).filter(whole);
        let shares = batches.map(|batch| batch.keep as f64 / batch.rows.max(1) as f64);
        let (mut least, mut most) = (1.0f64, 0.0f64);
        for share in shares {
            (least, most) = (least.min(share), most.max(share));
        }
        match most - least > 0.05 {
            true => vec![least, most],
            false => vec![least],
        }
    }
}
