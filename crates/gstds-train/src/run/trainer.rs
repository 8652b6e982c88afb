//! A run, step by step: rows, selection, gather, forward, backward, update. No step waits for the
//! device; the end of an epoch and a checkpoint do.

mod early_stopping;
mod epoch;
mod evaluate;
mod results;
mod save;
mod selection_time;
mod step;
mod train_loop;

pub use train_loop::{train, train_on, train_with};

use super::{
    checkpoint::{Origin, Position},
    config::TrainConfig,
    folder::RunFolder,
    metrics::Metrics,
    open::{DeviceState, Preflight, ReadyRun, RunData, RunInputs, RunSizes},
    progress::{EpochReport, RunProgress, StepReport},
    summary::{DeviceMemory, Seconds, Summary, Tally},
};
use crate::{
    error::{Error, Result},
    method::MethodName,
};
use burn::tensor::Tensor;
use epoch::Epoch;
use gstds_burn::GpuDevice;
use gstds_data::Dataset;
use gstds_models::learner::Learner;
use std::time::{Duration, Instant};

/// A run under way.
///
/// [`train`] and its like are a loop over it, which a caller can write as well:
///
/// ```no_run
/// use gstds_train::{method::MethodName, run::{Silent, TrainConfig, Trainer}};
///
/// # fn main() -> gstds_train::Result<()> {
/// let config = TrainConfig::new(MethodName::Gstds, false);
/// let device = gstds_burn::GpuDevice::open(&config.wanted()?).map_err(gstds_train::Error::Gpu)?;
/// let mut trainer = Trainer::open(&device, &config, &mut Silent)?;
/// while let Some(step) = trainer.step()? {
///     println!("step {} of {}: loss {:?}", step.step, step.steps, step.loss);
///     if let Some(epoch) = trainer.end_epoch()? {
///         println!("epoch {}: test accuracy {:.3}", epoch.epoch, epoch.test_accuracy);
///     }
/// }
/// let summary = trainer.finish()?;
/// # Ok(())
/// # }
/// ```
pub struct Trainer {
    inputs: RunInputs,
    sizes: RunSizes,
    state: DeviceState,
    records: RunRecords,
    tally: Tally,
    clocks: Clocks,
    /// The next batch.
    position: Position,
    /// The epoch under way.
    epoch: Option<Epoch>,
    memory: DeviceMemory,
    /// A step or the end of an epoch failed half way.
    failed: bool,
}

/// The outputs of a run.
struct RunRecords {
    folder: Option<RunFolder>,
    metrics: Metrics,
    /// The run's origin for checkpoints, where it has a folder.
    origin: Option<Origin>,
    /// The step of the last checkpoint.
    saved: usize,
}

/// Times of this session.
struct Clocks {
    /// The first step could be queued.
    stepping: Instant,
    /// Up to here the time of training is counted.
    counted: Instant,
    /// The last checkpoint was written.
    saved: Instant,
}

impl Trainer {
    /// Opens a run on the data set that the configuration names.
    ///
    /// # Errors
    /// An unknown data set or one that cannot be opened, features that cannot be computed, and as
    /// [`Trainer::with_dataset`].
    pub fn open(
        device: &GpuDevice,
        config: &TrainConfig,
        progress: &mut dyn RunProgress,
    ) -> Result<Self> {
        let opened = Instant::now();
        let preflight = Preflight::new(config, true, progress)?;
        let inputs = RunInputs {
            device: device.clone(),
            data: RunData::open(config, progress)?,
            config: config.clone(),
            opened,
        };
        Self::prepare(inputs, preflight, None, progress)
    }

    /// Opens a run on a data set in memory, corrupted as configured. `bank` has a
    /// feature row (f32 or f16) for each training image of `dataset`, on the device; without it,
    /// features are found or computed where the method needs them. Under corruption its rows are
    /// gathered once.
    ///
    /// # Errors
    /// An invalid value, images or activations that the device cannot hold, images that
    /// cannot be read, a folder that exists or cannot be written, options that the kernels cannot
    /// take. To resume: [`Error::NoRun`], [`Error::OtherRun`], [`Error::RunFinished`],
    /// [`Error::RunInUse`], [`Error::Checkpoint`] where none is intact.
    ///
    /// [`Error::NoRun`]: crate::Error::NoRun
    /// [`Error::OtherRun`]: crate::Error::OtherRun
    /// [`Error::RunFinished`]: crate::Error::RunFinished
    /// [`Error::RunInUse`]: crate::Error::RunInUse
    /// [`Error::Checkpoint`]: crate::Error::Checkpoint
    pub fn with_dataset(
        device: &GpuDevice,
        config: &TrainConfig,
        dataset: &Dataset,
        bank: Option<Tensor<2>>,
        progress: &mut dyn RunProgress,
    ) -> Result<Self> {
        let opened = Instant::now();
        let preflight = Preflight::new(config, bank.is_none(), progress)?;
        let inputs = RunInputs {
            device: device.clone(),
            data: RunData::new(config, dataset.clone())?,
            config: config.clone(),
            opened,
        };
        Self::prepare(inputs, preflight, bank, progress)
    }

    fn prepare(
        inputs: RunInputs,
        preflight: Preflight,
        bank: Option<Tensor<2>>,
        progress: &mut dyn RunProgress,
    ) -> Result<Self> {
        let opening = inputs.opened.elapsed().as_secs_f64();
        let ready = ReadyRun::prepare(inputs, preflight, bank, progress)?;
        let config = &ready.inputs.config;
        let logs_kept = ready.folder.is_some() && config.method != MethodName::Full;
        let mut tally = Tally {
            seconds: Seconds {
                data: opening,
                reference: ready.reference.seconds,
                ..Seconds::default()
            },
            reference: ready.reference.cost,
            ..Tally::default()
        };
        tally.flops.reference = ready.reference.flops;
        let now = Instant::now();
        let mut trainer = Self {
            records: RunRecords {
                metrics: Metrics::new(logs_kept, config.selection.strict),
                folder: ready.folder,
                origin: ready.origin,
                saved: 0,
            },
            inputs: ready.inputs,
            sizes: ready.sizes,
            state: ready.state,
            tally,
            clocks: Clocks {
                stepping: now,
                counted: now,
                saved: now,
            },
            position: Position::default(),
            epoch: None,
            memory: ready.memory,
            failed: false,
        };
        trainer.restore(ready.checkpoint, progress)?;
        trainer.clocks.stepping = Instant::now();
        trainer.clocks.saved = trainer.clocks.stepping;
        Ok(trainer)
    }

    /// Makes one optimiser step, or none once the run is finished. The step is queued: its loss
    /// arrives later. Begins the next epoch where none is under way, and first ends one whose steps
    /// are all made, see [`Trainer::end_epoch`].
    ///
    /// # Errors
    /// Images that cannot be read, a selection that cannot be made, a loss that is not finite, a
    /// device that fails, a folder that cannot be written; after any of them
    /// [`Error::FailedBefore`](crate::Error::FailedBefore).
    pub fn step(&mut self) -> Result<Option<StepReport>> {
        self.end_epoch()?;
        self.unless_failed(Self::make_step)
    }

    fn make_step(&mut self) -> Result<Option<StepReport>> {
        if self.is_finished() {
            return Ok(None);
        }
        let mut epoch = match self.epoch.take() {
            Some(epoch) => epoch,
            None => self.begin_epoch()?,
        };
        let size = epoch.size();
        self.update(&epoch)?;
        epoch.advance();
        self.position.batch = epoch.place;
        self.epoch = Some(epoch);
        self.report(size).map(Some)
    }

    /// Ends the epoch under way once all its steps are made; else does nothing. Waits for the
    /// device, measures test accuracy and, where the run has a folder, writes the epoch's records
    /// and a checkpoint.
    ///
    /// # Errors
    /// As [`Trainer::step`], and [`Error::NonFiniteLogits`](crate::Error::NonFiniteLogits).
    pub fn end_epoch(&mut self) -> Result<Option<EpochReport>> {
        self.unless_failed(Self::close_if_over)
    }

    fn close_if_over(&mut self) -> Result<Option<EpochReport>> {
        let steps_left = self.tally.step < self.sizes.steps;
        let over = |epoch: &mut Epoch| epoch.is_over() || !steps_left;
        match self.epoch.take_if(over) {
            Some(epoch) => self.close(&epoch).map(Some),
            None => Ok(None),
        }
    }

    /// Whether all steps are made and the last epoch is ended, or
    /// [`patience`](TrainConfig::patience) ran out.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        let steps_left = self.tally.step < self.sizes.steps;
        let stops = early_stopping::is_due(&self.tally.accuracies, self.inputs.config.patience);
        let epochs_left = self.position.epoch < self.inputs.config.epochs;
        self.epoch.is_none() && (!steps_left || !epochs_left || stops)
    }

    /// The network as the last step left it; its work may still be queued.
    #[must_use]
    pub fn learner(&self) -> &Learner {
        self.state.learner()
    }

    /// Ends the run: an epoch under way is ended where it is, and `summary.json` is written where
    /// the run has a folder.
    ///
    /// # Errors
    /// As [`Trainer::end_epoch`].
    pub fn finish(mut self) -> Result<Summary> {
        self.unless_failed(|trainer| match trainer.epoch.take() {
            Some(epoch) => trainer.close(&epoch).map(drop),
            None => Ok(()),
        })?;
        let summary = self.summary();
        if let Some(folder) = &self.records.folder {
            folder.write_summary(&summary)?;
        }
        Ok(summary)
    }

    /// Does what may fail half way, after which there is nothing sound to go on with.
    fn unless_failed<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.failed {
            return Err(Error::FailedBefore);
        }
        let done = work(self);
        self.failed = done.is_err();
        done
    }

    /// Waits for the device and reports work that failed after it was queued.
    fn sync(&mut self) -> Result<()> {
        let synced = self.inputs.device.burn.sync();
        synced.map_err(|e| crate::error::device_lost(&e))?;
        self.state.method.end_epoch()?;
        self.state.train.check_recorded()
    }

    /// Time since the first step, over all sessions.
    fn elapsed(&self) -> Duration {
        let before = Duration::try_from_secs_f64(self.tally.stepping).unwrap_or_default();
        before + self.clocks.stepping.elapsed()
    }
}
