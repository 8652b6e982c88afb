//! The counts of a run, without running it.

use super::{
    config::TrainConfig,
    open::{Costs, check_new, steps, training_data},
    progress::RunProgress,
};
use crate::{error::Result, flops::Flops, method::MethodName, schedule::ScheduleTable};
use serde::Serialize;

/// A run by its counts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DryRun {
    /// The method.
    pub method: MethodName,
    /// The data set.
    pub dataset: String,
    /// Training rows, after the corruption that the configuration asks for.
    pub images: usize,
    /// Rows of a batch before selection.
    pub batch: usize,
    /// The schedule.
    pub schedule: String,
    /// Images kept, epoch by epoch.
    #[serde(flatten)]
    pub table: ScheduleTable,
    /// Share of the images seen that is trained on.
    pub kept_share: f64,
    /// Operations, counted from shapes; [`Flops::reference`] is 0, as the reference model is not
    /// opened.
    pub flops: Flops,
    /// Operations of training on every image seen.
    pub full_flops: u64,
}

impl DryRun {
    /// Operations as a share of those of training on every image seen, without the reference's.
    #[must_use]
    pub fn flops_share(&self) -> f64 {
        self.flops.total() as f64 / self.full_flops.max(1) as f64
    }
}

/// Counts what a new run does. The data set is opened for its size, and no device is used.
///
/// # Errors
/// A data set, weights or a folder that the run could not open, and invalid values, such as a
/// warm-up longer than the run.
pub fn dry_run(config: &TrainConfig, progress: &mut dyn RunProgress) -> Result<DryRun> {
    check_new(config)?;
    let dataset = training_data(config, progress)?;
    config.optimiser.check_steps(steps(config, &dataset))?;
    let costs = Costs::of(config, &dataset)?;
    let (method, schedule) = (config.spec(), &config.schedule);
    let extent = costs.extent(config);
    let table = schedule.table(method, &extent);
    let mut flops = Flops::default();
    for batch in schedule.batches(method, &extent) {
        flops += costs.step(batch)?;
    }
    Ok(DryRun {
        method: method.name,
        dataset: config.data.dataset.clone(),
        images: extent.images,
        batch: extent.batch,
        schedule: schedule.to_string(),
        kept_share: table.share(),
        full_flops: costs.full(table.seen),
        table,
        flops,
    })
}
