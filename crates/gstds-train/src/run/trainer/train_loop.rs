//! Whole runs: loops over a [`Trainer`].

use super::Trainer;
use crate::{
    error::{Error, Result},
    run::{config::TrainConfig, progress::RunProgress, summary::Summary},
};
use burn::tensor::Tensor;
use gstds_burn::GpuDevice;
use gstds_data::Dataset;

/// Opens the adapter that the configuration names and trains there.
///
/// # Errors
/// No such adapter, and whatever [`train_on`] returns.
pub fn train(config: &TrainConfig, progress: &mut dyn RunProgress) -> Result<Summary> {
    let device = GpuDevice::open(&config.wanted()?).map_err(Error::Gpu)?;
    train_on(&device, config, progress)
}

/// Trains on an opened device, on the data set that the configuration names.
///
/// # Errors
/// As [`Trainer::open`] and [`train_with`].
pub fn train_on(
    device: &GpuDevice,
    config: &TrainConfig,
    progress: &mut dyn RunProgress,
) -> Result<Summary> {
    run(Trainer::open(device, config, progress)?, progress)
}

/// Trains on a data set in memory, see [`Trainer::with_dataset`];
/// [`TrainConfig::residence`] decides where its images are kept.
///
/// The same configuration, data and adapter give the same losses, kept rows and accuracy. The loss
/// and accuracy of every [`TrainConfig::log_every`]th step, and of an epoch's last, are read
/// asynchronously: a later step takes what has arrived. Only the end of an epoch waits, for what is
/// left to read and for test accuracy, and so does a checkpoint
/// ([`TrainConfig::checkpoint_minutes`]). Within steps Burn itself waits for an earlier submission
/// every 512 kernels, to bound its queue.
///
/// With [`TrainConfig::resume`], a run that was stopped or killed resumes from its newest
/// checkpoint and ends with the losses, kept rows and accuracy of a run that never stopped. A run
/// without a checkpoint starts again.
///
/// # Errors
/// As [`Trainer::with_dataset`], [`Trainer::step`] and [`Trainer::end_epoch`];
/// [`Error::Interrupted`] where [`RunProgress::stop`] requested it.
pub fn train_with(
    device: &GpuDevice,
    config: &TrainConfig,
    dataset: &Dataset,
    bank: Option<Tensor<2>>,
    progress: &mut dyn RunProgress,
) -> Result<Summary> {
    let trainer = Trainer::with_dataset(device, config, dataset, bank, progress)?;
    run(trainer, progress)
}

fn run(mut trainer: Trainer, progress: &mut dyn RunProgress) -> Result<Summary> {
    if progress.stop() {
        return Err(trainer.interrupt()?);
    }
    while let Some(report) = trainer.step()? {
        progress.step(&report);
        match trainer.end_epoch()? {
            Some(report) => progress.epoch(&report),
            None => trainer.checkpoint_if_due()?,
        }
        if !trainer.is_finished() && progress.stop() {
            return Err(trainer.interrupt()?);
        }
    }
    let summary = trainer.finish()?;
    progress.finished(&summary);
    Ok(summary)
}
