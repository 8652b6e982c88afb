//! What a run will come to, before any of it is done.

use super::{conditions, config::TrainConfig, progress::Progress, setup, start};
use crate::{
    data::Dataset,
    error::Result,
    flops::{self, Flops},
    method::MethodName,
    schedule::{Extent, Table},
};
use gstds::Shape;
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
/// A data set that cannot be opened, and values that no run can have.
pub fn plan(config: &TrainConfig, progress: &mut dyn Progress) -> Result<Plan> {
    config.check()?;
    let opened = setup::dataset(config, progress)?;
    config.check_images(opened.dataset.shape())?;
    let conditioned = conditions::conditioned(config, &opened.dataset)?;
    let dataset = conditioned
        .as_ref()
        .map_or(&opened.dataset, |it| &it.dataset);
    counted(config, dataset)
}

fn counted(config: &TrainConfig, dataset: &Dataset) -> Result<Plan> {
    let (method, schedule) = (config.method, &config.schedule);
    let shape = start::shape(config, dataset);
    config.learner.check(&shape)?;
    let extent = Extent {
        images: dataset.train.len(),
        batch: config.batch,
        epochs: config.epochs,
        max_steps: config.max_steps,
    };
    let table = schedule.table(method, &extent);
    let image = flops::learner(&config.learner, &shape);
    let mut flops = Flops {
        scoring: image.forward * table.scored,
        forward: image.forward * table.kept,
        backward: image.backward * table.kept,
        ..Flops::default()
    };
    let features = config.reference.model.features();
    for batch in schedule.batches(method, &extent) {
        let shape = Shape {
            rows: batch.rows,
            features,
        };
        flops.selection += flops::choice(method, &config.selection, shape, batch.keep)?;
    }
    Ok(Plan {
        method,
        dataset: config.data.dataset.clone(),
        images: extent.images,
        batch: extent.batch,
        schedule: schedule.to_string(),
        kept_share: table.share(),
        full_flops: (image.forward + image.backward) * table.seen,
        table,
        flops,
    })
}
