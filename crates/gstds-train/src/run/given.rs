//! From a configuration, or from data in memory, to a run.

use super::{
    conditions, config::TrainConfig, control, progress::RunProgress, setup, start,
    summary::Summary, train::Run,
};
use crate::error::{Error, Result};
use burn::tensor::Tensor;
use gstds_burn::GpuDevice;
use gstds_data::{BadImage, CorruptedDataset, Dataset, Split};
use std::{thread, time::Instant};

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
/// An unknown data set, trouble with its feature bank, and whatever [`train_with`] returns.
pub fn train_on(
    device: &GpuDevice,
    config: &TrainConfig,
    progress: &mut dyn RunProgress,
) -> Result<Summary> {
    let begun = Instant::now();
    control::check(config)?;
    config.check()?;
    start::check_files(config)?;
    let opened = setup::dataset(config, progress)?;
    let given = Given {
        device,
        config,
        dataset: &opened.dataset,
        conditioned: None,
        stored: &opened.dataset.train,
        left_out: &opened.skipped,
        begun,
    };
    given.train(None, progress)
}

/// Trains on a data set, under the [conditions](gstds_data::Corruption) that the configuration
/// names; [`TrainConfig::residence`] says where its images lie meanwhile. `bank` has a feature row for
/// each training image of `dataset`, on the device; without one, a method that needs features finds
/// or computes them. Under conditions its rows are gathered once.
///
/// The same configuration, data and adapter give the same losses, kept rows and accuracy. The loss
/// and accuracy of every [`TrainConfig::log_every`]th step, and of an epoch's last, are copied
/// behind the work and taken by whichever step finds them there; only an epoch's end waits, for the
/// rest of its readings and for test accuracy, and a checkpoint ([`TrainConfig::checkpoint_minutes`]),
/// for all that it holds. Within steps Burn itself waits for an earlier
/// submission every 512 kernels, to bound its queue.
///
/// With [`TrainConfig::resume`], a run that was stopped or killed goes on from its newest checkpoint
/// to the losses, kept rows and accuracy of one that never was. A run without a checkpoint yet
/// begins again.
///
/// # Errors
/// A value that no run can have, images or activations that the device cannot hold, images that
/// cannot be read, a folder that exists or cannot be written, options that the kernels cannot take,
/// a loss that is no number, a graph without a symmetric Laplacian, in strict mode an invalid row,
/// a device that fails. [`Error::Interrupted`] where [`RunProgress::stop`] asked for it. To resume:
/// [`Error::NoRun`], [`Error::OtherRun`], [`Error::RunFinished`], [`Error::RunInUse`],
/// [`Error::Checkpoint`] where none is good.
pub fn train_with(
    device: &GpuDevice,
    config: &TrainConfig,
    dataset: &Dataset,
    bank: Option<Tensor<2>>,
    progress: &mut dyn RunProgress,
) -> Result<Summary> {
    let given = Given {
        device,
        config,
        dataset,
        conditioned: None,
        stored: &dataset.train,
        left_out: &[],
        begun: Instant::now(),
    };
    given.train(bank, progress)
}

/// What a run is given.
#[derive(Clone, Copy)]
pub(super) struct Given<'env> {
    pub device: &'env GpuDevice,
    pub config: &'env TrainConfig,
    /// What is trained and tested on.
    pub dataset: &'env Dataset,
    /// Where its training rows come from, under conditions.
    pub conditioned: Option<&'env CorruptedDataset>,
    /// The training images of the data set, which features belong to.
    pub stored: &'env Split,
    pub left_out: &'env [BadImage],
    /// When the first of it was asked for.
    pub begun: Instant,
}

impl Given<'_> {
    fn train(self, bank: Option<Tensor<2>>, progress: &mut dyn RunProgress) -> Result<Summary> {
        self.config.check()?;
        let conditioned = conditions::conditioned(self.config, self.dataset)?;
        let given = match &conditioned {
            Some(under) => self.under(under),
            None => self,
        };
        given.check()?;
        // Threads that read images end with the scope, whichever way the run ends.
        thread::scope(|scope| {
            let (mut run, learner) = Run::prepare(scope, given, bank, progress)?;
            let learner = run.all_epochs(learner)?;
            run.finish(&learner)
        })
    }

    /// The same under conditions.
    fn under<'a>(self, conditioned: &'a CorruptedDataset) -> Given<'a>
    where
        Self: 'a,
    {
        Given {
            dataset: &conditioned.dataset,
            conditioned: Some(conditioned),
            ..self
        }
    }

    /// Bytes that a bank which is on the device already is copied into, for its rows under
    /// conditions.
    pub(super) fn copied(&self, bank: Option<&Tensor<2>>) -> Option<u64> {
        let copies = self.config.method.needs_features() && self.conditioned.is_some();
        bank.map(|bank| match copies {
            true => {
                let row = bank.dims()[1] * bank.dtype().size();
                (self.dataset.train.len() * row) as u64
            }
            false => 0,
        })
    }

    fn check(&self) -> Result<()> {
        let (config, device) = (self.config, self.device);
        config.check_images(self.dataset.shape())?;
        start::check(config, self.dataset, device)?;
        control::check(config)
    }
}
