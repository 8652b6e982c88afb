//! Trains all runs of a comparison and compares them.

use super::{
    allocation::Allocation,
    budget::Budget,
    config::CompareConfig,
    folder::{Folder, clear_unbegun},
    observer::{CompareObserver, PlannedRun},
    planner::plan,
};
use crate::{
    error::{Error, Result},
    results::{self, Comparison, Group, Run},
};
use gstds_burn::GpuDevice;
use gstds_train::method::MethodName;
use gstds_train::run::{RunFolder, TrainConfig, train_on};
use serde::Serialize;
use std::path::PathBuf;

/// The result of a comparison: `summary.json`.
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
    /// What is equal for every method.
    pub budget: Budget,
    /// How much of it.
    pub amount: f64,
    /// Whether the reference is left out of it.
    pub free_reference: bool,
    /// The share of each method.
    pub allotments: Vec<Allocation>,
    /// The comparison of the runs.
    pub comparison: Comparison,
    /// All runs. Not part of the file.
    #[serde(skip)]
    pub groups: Vec<Group>,
    /// Its folder. Not part of the file.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// Trains every method with every seed, seed by seed, in folders below [`CompareConfig::out`], and
/// compares them. With [`CompareConfig::resume`], finished runs are reused, and one that was
/// stopped resumes from its checkpoint.
///
/// # Errors
/// As [`plan`]; [`Error::Train`](crate::Error::Train) where `out` is taken, where a run
/// to resume has another configuration or is in use, and for the errors of runs;
/// [`Error::NoComparison`](crate::Error::NoComparison) to resume what is not there.
pub fn compare_on(
    device: &GpuDevice,
    config: &mut CompareConfig,
    observer: &mut dyn CompareObserver,
) -> Result<Outcome> {
    config.check()?;
    let folder = Folder::open(config)?;
    check_adapter(device, config, observer)?;
    folder.write_config(config)?;
    if let Err(error) = plan(device, config, observer) {
        let stopped = gstds_train::Error::is_interruption;
        if !matches!(&error, Error::Train(error) if stopped(error)) {
            folder.forget_unbegun()?;
        }
        return Err(error);
    }
    folder.write_config(config)?;
    observer.allotted(config);
    let of = config.methods.len() * config.seeds;
    let mut folders = Vec::with_capacity(of);
    for seed in 0..config.seeds {
        for method in &config.methods {
            let allotted = config.allotted(*method);
            let run = config.run(allotted.ok_or_else(|| missing_allocation(*method))?, seed);
            let planned = PlannedRun {
                method: run.method,
                seed: run.seed,
                number: folders.len() + 1,
                of,
                folder: run.out.clone().unwrap_or_default(),
            };
            execute_run(device, run, &planned, observer)?;
            folders.push(planned.folder);
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
    folder.write_summary(&outcome)?;
    Ok(outcome)
}

/// Warns of an adapter other than the one that the comparison began on, and rejects it where the
/// budget was measured in time.
fn check_adapter(
    device: &GpuDevice,
    config: &mut CompareConfig,
    observer: &mut dyn CompareObserver,
) -> Result<()> {
    let info = device.gpu.adapter.get_info();
    let now = format!("{} ({} {})", info.name, info.backend, info.driver_info);
    let then = config.device.get_or_insert_with(|| now.clone());
    if *then == now {
        return Ok(());
    }
    let differences = format!("the adapter is {now}, not {then}");
    if config.budget == Budget::Time {
        return Err(gstds_train::Error::OtherRun {
            path: config.out.clone(),
            differences,
        }
        .into());
    }
    observer.warn(&format!(
        "{differences}; runs of one seed may differ in their last bits, and their seconds come from two adapters"
    ));
    Ok(())
}

/// A method without an allocation, although `plan` makes one for each.
fn missing_allocation(method: MethodName) -> Error {
    super::config::error(format!(
        "{method} has no entry under allotments in compare.toml"
    ))
}

/// Trains one run from its checkpoint or from the beginning, unless it is finished.
fn execute_run(
    device: &GpuDevice,
    mut config: TrainConfig,
    run: &PlannedRun,
    observer: &mut dyn CompareObserver,
) -> Result<()> {
    clear_unbegun(&run.folder)?;
    if RunFolder::is_finished(&run.folder) {
        observer.ended(run, None);
        return Ok(());
    }
    config.resume = run.folder.exists();
    let label = format!("{}/{} {} seed {}", run.number, run.of, run.method, run.seed);
    match train_on(device, &config, observer.watch(&label).as_mut()) {
        Ok(summary) => observer.ended(run, Some(&summary)),
        // It would diverge again; the others can be compared without it.
        Err(error) if error.is_divergence() => observer.failed(run, &error.into()),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
