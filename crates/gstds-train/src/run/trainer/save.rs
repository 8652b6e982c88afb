//! Writing a run's checkpoints, and resuming from one.

use super::Trainer;
use crate::{
    error::{Error, Result},
    run::{
        checkpoint::{self, Checkpoint, CheckpointState},
        folder::CHECKPOINTS,
        progress::RunProgress,
        summary::{Seconds, Tally},
    },
};
use std::time::Instant;

impl Trainer {
    /// Resumes from a checkpoint: cuts the folder back to it and fills learner and optimiser. A run
    /// that is resumed without one starts again.
    pub(super) fn restore(
        &mut self,
        checkpoint: Option<Checkpoint>,
        progress: &mut dyn RunProgress,
    ) -> Result<()> {
        let (Some(folder), Some(origin)) = (&mut self.records.folder, &self.records.origin) else {
            return Ok(());
        };
        let Some(checkpoint) = checkpoint else {
            return match self.inputs.config.resume {
                true => folder.cut(0, 0),
                false => Ok(()),
            };
        };
        let Checkpoint {
            state,
            kept,
            learner,
            optimiser,
            method,
        } = checkpoint;
        let config = &self.inputs.config;
        let batches = self.state.train.len().div_ceil(config.batch);
        for warning in state.check(origin, config, folder.path(), batches)? {
            progress.warn(&warning);
        }
        let path = folder.path().join(CHECKPOINTS);
        let unfit = |reason| Error::Checkpoint {
            path: path.clone(),
            reason,
        };
        let blank = self.state.learner.take();
        let restored = blank.map(|blank| blank.restore(learner).map_err(unfit));
        self.state.learner = restored.transpose()?;
        self.state.updates.restore(optimiser).map_err(unfit)?;
        self.state.method.restore(&method).map_err(unfit)?;
        folder.cut(state.metrics, state.position.epoch)?;
        self.records.metrics.resume_kept(kept);
        self.records.saved = state.tally.step;
        self.position = state.position;
        self.tally = Tally::resume(state.tally, &self.tally.seconds);
        Ok(())
    }

    /// Writes a checkpoint where [`checkpoint_minutes`](super::TrainConfig::checkpoint_minutes)
    /// have passed since the last one. The end of an epoch writes one in any case.
    ///
    /// # Errors
    /// As [`Trainer::checkpoint`].
    pub fn checkpoint_if_due(&mut self) -> Result<()> {
        let seconds = 60.0 * self.inputs.config.checkpoint_minutes;
        match seconds > 0.0 && self.clocks.saved.elapsed().as_secs_f64() >= seconds {
            true => self.checkpoint(),
            false => Ok(()),
        }
    }

    /// Writes a checkpoint, from which the run resumes with the next step, unless there is one
    /// already or the run has no folder. Waits for the device.
    ///
    /// # Errors
    /// A loss or a selection that turns out to have failed, a device that fails, a folder that
    /// cannot be written.
    pub fn checkpoint(&mut self) -> Result<()> {
        if self.records.folder.is_none() || self.records.saved == self.tally.step {
            return Ok(());
        }
        if self.end_epoch()?.is_some() {
            return Ok(());
        }
        let records = &mut self.records;
        records.metrics.finish(records.folder.as_mut())?;
        self.sync()?;
        self.tally.seconds.training += self.clocks.counted.elapsed().as_secs_f64();
        self.save()
    }

    /// Ends this session: writes a checkpoint and returns [`Error::Interrupted`], which says so.
    ///
    /// # Errors
    /// As [`Trainer::checkpoint`].
    pub fn interrupt(mut self) -> Result<Error> {
        self.checkpoint()?;
        Ok(Error::Interrupted {
            step: self.tally.step,
            steps: self.sizes.steps,
            left: match &self.records.folder {
                Some(folder) => format!("the run in {} can be resumed", folder.path().display()),
                None => "nothing was saved, as the run has no folder".into(),
            },
        })
    }

    /// Writes the checkpoint of the position, once the device has finished.
    pub(super) fn save(&mut self) -> Result<()> {
        let kept = self.records.metrics.kept_so_far()?.to_vec();
        let (Some(folder), Some(origin)) = (&self.records.folder, &self.records.origin) else {
            return Ok(());
        };
        let unfit = |reason: String| Error::Checkpoint {
            path: folder.path().join(CHECKPOINTS),
            reason,
        };
        let checkpoint = Checkpoint {
            kept,
            learner: self.state.learner().record().map_err(unfit)?,
            optimiser: self.state.updates.record().map_err(unfit)?,
            method: self.state.method.state()?,
            state: CheckpointState {
                origin: origin.clone(),
                position: self.position,
                tally: Tally {
                    seconds: self.seconds_so_far(),
                    stepping: self.elapsed().as_secs_f64(),
                    ..self.tally.clone()
                },
                metrics: folder.sync_metrics()?,
            },
        };
        checkpoint::write(folder, &checkpoint)?;
        self.records.saved = self.tally.step;
        self.clocks.saved = Instant::now();
        self.clocks.counted = self.clocks.saved;
        Ok(())
    }

    /// The seconds of all sessions up to now.
    pub(super) fn seconds_so_far(&self) -> Seconds {
        let seconds = self.tally.seconds;
        Seconds {
            waiting: seconds.waiting + self.state.train.waited().as_secs_f64(),
            total: seconds.total + self.inputs.opened.elapsed().as_secs_f64(),
            ..seconds
        }
    }
}
