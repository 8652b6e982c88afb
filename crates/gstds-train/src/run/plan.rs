//! What a run will come to, before any of it is done.

use super::{conditions, config::TrainConfig, progress::RunProgress, start};
use crate::{
    error::Result,
    flops::{self, Flops},
    method::MethodName,
    schedule::{Batch, Extent, Table},
};
use gstds::{Options, Shape};
use gstds_data::Dataset;
use gstds_models::learner::LearnerFlops;
use serde::Serialize;

/// A run by its counts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// The method.
    pub method: MethodName,
    /// The data set.
    pub dataset: String,
    /// Training rows, under the conditions of the configuration.
    pub images: usize,
    /// Rows of a batch before selection.
    pub batch: usize,
    /// The schedule.
    pub schedule: String,
    /// Images kept, epoch by epoch.
    #[serde(flatten)]
    pub table: Table,
    /// Share of the images seen that is trained on.
    pub kept_share: f64,
    /// Operations, counted from shapes; [`Flops::reference`] is 0 here, as the reference model is
    /// not opened.
    pub flops: Flops,
    /// Those of training on every image seen.
    pub full_flops: u64,
}

impl Plan {
    /// Operations as a share of those of training on every image seen, the reference's aside.
    #[must_use]
    pub fn flops_share(&self) -> f64 {
        self.flops.total() as f64 / self.full_flops.max(1) as f64
    }
}

/// Opens the data set that a configuration names, for its size, and counts; no device is used.
///
/// # Errors
/// A data set that cannot be opened, and values that no run can have, a warm-up longer than the run
/// among them.
pub fn plan(config: &TrainConfig, progress: &mut dyn RunProgress) -> Result<Plan> {
    config.check()?;
    let dataset = conditions::training_data(config, progress)?;
    config.check_images(dataset.shape())?;
    counted(config, &dataset)
}

/// What the steps of a run cost, from shapes alone.
#[derive(Clone, Debug)]
pub struct Costs {
    method: MethodName,
    selection: Options,
    image: LearnerFlops,
    features: usize,
    /// Training images.
    pub images: usize,
}

impl Costs {
    /// Those of a configuration on its data set.
    pub fn of(config: &TrainConfig, dataset: &Dataset) -> Result<Self> {
        let shape = start::shape(config, dataset);
        config.learner.check(&shape)?;
        Ok(Self {
            method: config.method,
            selection: config.selection.clone(),
            image: config.learner.flops(&shape),
            features: config.reference.model.features(),
            images: dataset.train.len(),
        })
    }

    /// The data set that a configuration names, opened for its size.
    pub fn open(config: &TrainConfig, progress: &mut dyn RunProgress) -> Result<Self> {
        let dataset = conditions::training_data(config, progress)?;
        config.check_images(dataset.shape())?;
        Self::of(config, &dataset)
    }

    /// How far a run of `config` goes.
    pub fn extent(&self, config: &TrainConfig) -> Extent {
        start::extent(config, self.images)
    }

    /// The same with another method and its selection options.
    pub fn with(&self, method: MethodName, selection: &Options) -> Self {
        Self {
            method,
            selection: selection.clone(),
            ..self.clone()
        }
    }

    /// The operations of one step.
    pub fn step(&self, batch: Batch) -> Result<Flops> {
        let (rows, keep) = (batch.rows, batch.keep);
        let shape = Shape {
            rows,
            features: self.features,
        };
        Ok(Flops {
            reference: 0,
            selection: flops::choice(self.method, &self.selection, shape, keep)?,
            scoring: self.image.forward * self.method.scored(rows, keep) as u64,
            forward: self.image.forward * keep as u64,
            backward: self.image.backward * keep as u64,
        })
    }
}

fn counted(config: &TrainConfig, dataset: &Dataset) -> Result<Plan> {
    let (method, schedule) = (config.method, &config.schedule);
    let costs = Costs::of(config, dataset)?;
    config
        .optimiser
        .check_steps(start::steps(config, dataset))?;
    let extent = costs.extent(config);
    let table = schedule.table(method, &extent);
    let mut flops = Flops::default();
    for batch in schedule.batches(method, &extent) {
        flops += costs.step(batch)?;
    }
    Ok(Plan {
        method,
        dataset: config.data.dataset.clone(),
        images: extent.images,
        batch: extent.batch,
        schedule: schedule.to_string(),
        kept_share: table.share(),
        full_flops: (costs.image.forward + costs.image.backward) * table.seen,
        table,
        flops,
    })
}
