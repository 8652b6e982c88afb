//! One batch of a run, solved again: its features, scores and kept rows.

use super::kept_rows;
use crate::{
    error::{Error, Result},
    results::Run,
};
use gstds::{Keep, Shape};
use gstds_burn::GpuDevice;
use gstds_data::Split;
use gstds_models::bank::FeatureBank;
use gstds_models::bank_cache;
use gstds_models::reference::reference_device;
use gstds_plot::SimilarityMap;
use gstds_train::run::RunProgress;
use gstds_train::sampler::{Purpose, derived, permutation};
use gstds_train::schedule::Extent;

/// A batch with all that its pictures need. Rows are positions in the batch.
pub(super) struct SolvedBatch {
    /// The epoch whose first batch it is, from 1.
    pub epoch: usize,
    pub rows: usize,
    width: usize,
    features: Vec<f32>,
    /// One per row: its component of the Fiedler vector, as the run's options define it.
    pub scores: Vec<f32>,
    pub lambda2: f32,
    pub kept: Vec<u32>,
}

impl SolvedBatch {
    /// The rows by their scores.
    pub(super) fn fiedler_order(&self) -> Result<SimilarityMap> {
        let mut order: Vec<u32> = (0..self.rows as u32).collect();
        order.sort_by(|&one, &other| {
            self.scores[one as usize].total_cmp(&self.scores[other as usize])
        });
        self.map(&order)
    }

    /// The rows in input order.
    pub(super) fn input_order(&self) -> Result<SimilarityMap> {
        let order: Vec<u32> = (0..self.rows as u32).collect();
        self.map(&order)
    }

    fn map(&self, order: &[u32]) -> Result<SimilarityMap> {
        let (features, kept) = (&self.features, &self.kept);
        Ok(SimilarityMap::new(features, self.width, order, kept)?)
    }
}

/// The first batch of a run of which not everything is kept; none where there is none or
/// the method solves no graph. Its features come from the binary, from the cache, or are computed
/// for these rows alone.
///
/// # Errors
/// Those of the reference model and of the kernels, [`Error::RunFile`] for kept rows that are not
/// the batch's.
pub(super) fn of_run(
    run: &Run,
    images: &Split,
    device: &GpuDevice,
    progress: &mut dyn RunProgress,
) -> Result<Option<SolvedBatch>> {
    let config = &run.config;
    let extent = Extent {
        images: images.len(),
        batch: config.batch,
        epochs: config.epochs,
        max_steps: None,
    };
    let first = |epoch| {
        let mut batches = config.schedule.batches_of(config.spec(), &extent, epoch);
        batches.next()
    };
    let mut firsts = (0..run.curve.len()).filter_map(first);
    let chosen = firsts.find(|batch| batch.keep < batch.rows);
    let (true, Some(chosen)) = (config.spec().solves_graphs(), chosen) else {
        return Ok(None);
    };
    let (epoch, size) = (chosen.epoch, chosen.rows);
    let before = epoch * images.len().div_ceil(config.batch);
    let order = permutation(images.len(), derived(config.seed, Purpose::Order, epoch));
    let rows: Vec<usize> = order[..size].iter().map(|&row| row as usize).collect();
    let (width, features) = features(run, images, &rows, device, progress)?;
    let options = config.spec().solved(&config.selection).seed(derived(
        config.seed,
        Purpose::BatchChoice,
        before,
    ));
    let shape = Shape {
        rows: size,
        features: width,
    };
    let keep = Keep::Count(chosen.keep);
    let (gpu, queue) = (&device.gpu.device, &device.gpu.queue);
    let selection = gstds::select_blocking(gpu, queue, &options, &features, shape, keep)
        .map_err(|e| gstds_train::Error::Gpu(e.into()))?;
    Ok(Some(SolvedBatch {
        epoch: epoch + 1,
        rows: size,
        width,
        features,
        scores: selection.scores,
        lambda2: selection.status.lambda2,
        kept: match recorded(run, epoch + 1, &rows)? {
            Some(kept) => kept,
            None => selection.kept,
        },
    }))
}

/// Positions in `rows` of those that the run recorded as kept.
fn recorded(run: &Run, epoch: usize, rows: &[usize]) -> Result<Option<Vec<u32>>> {
    let steps = kept_rows::of_epoch(run, epoch)?;
    let Some(first) = steps.and_then(|steps| steps.into_iter().next()) else {
        return Ok(None);
    };
    let place = |row: u32| {
        let place = rows.iter().position(|&other| other == row as usize);
        place
            .map(|place| place as u32)
            .ok_or_else(|| Error::RunFile {
                path: run.folder.join(format!("kept/epoch-{epoch:03}.json")),
                reason: format!("row {row} is not in the first batch of that epoch"),
            })
    };
    let places: Result<Vec<u32>> = first.into_iter().map(place).collect();
    places.map(Some)
}

/// Features of some images, `[rows, width]`, and the width.
fn features(
    run: &Run,
    images: &Split,
    rows: &[usize],
    device: &GpuDevice,
    progress: &mut dyn RunProgress,
) -> Result<(usize, Vec<f32>)> {
    let config = &run.config.reference;
    let device = reference_device(device);
    let reference = config.open()?;
    let folder = bank_cache::cache(run.config.no_cache);
    let (found, warnings) =
        bank_cache::find(reference.info(), images, config.bank, folder.as_deref());
    for warning in &warnings {
        progress.warn(warning);
    }
    let (bank, at): (FeatureBank, Vec<usize>) = match found {
        Some((bank, _)) => (bank, rows.to_vec()),
        None => {
            let part = images.rows(rows)?;
            let tell = |done, total| progress.job("features computed", done, total);
            let network = reference.load(&device);
            let bank = FeatureBank::compute(network.as_ref(), &part, config.bank, &device, tell)?;
            (bank, (0..rows.len()).collect())
        }
    };
    let values = at.iter().flat_map(|&row| bank.row(row)).collect();
    Ok((bank.width(), values))
}
