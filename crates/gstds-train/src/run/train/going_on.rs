//! The run's side of checkpoints: what it puts into them, and how it goes on from one.

use super::Run;
use crate::{
    error::{Error, Result},
    run::{
        config::TrainConfig,
        control::{self, Checkpoint, Origin, Place, State},
        folder::RunFolder,
        given::Given,
        pending, start,
        summary::Seconds,
    },
};
use gstds_models::learner::{Learner, LearnerShape};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

/// The folder of a run that begins or goes on; none where it has none.
pub(super) fn folder(config: &TrainConfig) -> Result<Option<RunFolder>> {
    match (&config.out, config.resume) {
        (None, _) => Ok(None),
        (Some(path), false) => RunFolder::begin(path, &config.to_toml()?).map(Some),
        (Some(path), true) => RunFolder::reopen(path).map(Some),
    }
}

/// What the run is made of.
pub(super) fn origin(given: &Given<'_>, bank: Option<String>) -> Result<Origin> {
    let info = given.device.gpu.adapter.get_info();
    Ok(Origin {
        version: env!("CARGO_PKG_VERSION").into(),
        adapter: format!(
            "{} ({} {} {})",
            info.name, info.backend, info.driver, info.driver_info
        ),
        config: given.config.to_toml()?,
        data: given.dataset.fingerprint(),
        bank,
    })
}

/// Refuses to begin a run again that got beyond its first epoch and so had checkpoints.
fn refuse_lost(folder: &RunFolder) -> Result<()> {
    let metrics = folder.path().join("metrics.jsonl");
    let text = std::fs::read_to_string(&metrics).unwrap_or_default();
    let epochs = text
        .lines()
        .filter(|line| line.contains("\"kind\":\"epoch\""));
    match epochs.count() {
        0 | 1 => Ok(()),
        epochs => Err(Error::Checkpoint {
            path: folder.path().join(control::FOLDER),
            reason: format!(
                "it holds none, and {} has {epochs} epochs: put the checkpoints back, or begin in another --out",
                metrics.display()
            ),
        }),
    }
}

impl Run<'_, '_> {
    /// Goes on from the newest good checkpoint: cuts the folder back to it and puts its weights into
    /// the blank `learner`. Without a checkpoint the run begins again.
    pub(super) fn restore(&mut self, learner: Learner, shape: LearnerShape) -> Result<Learner> {
        let (Some(folder), Some(origin)) = (&mut self.folder, &self.origin) else {
            return Ok(learner);
        };
        let Some((checkpoint, damaged)) = control::newest(folder)? else {
            refuse_lost(folder)?;
            self.progress
                .warn("this run has no checkpoint yet: it begins again");
            let gradients = self.device.burn.clone().autodiff();
            let learner = start::learner(self.config, shape, &gradients, self.progress)?;
            folder.cut(0, 0)?;
            return Ok(learner);
        };
        for error in damaged {
            self.progress
                .warn(&format!("{error}; the one before it is taken"));
        }
        let Checkpoint {
            state,
            kept,
            learner: weights,
            optimiser,
        } = checkpoint;
        let batches = self.train.len().div_ceil(self.config.batch);
        let place = (self.config, folder.path());
        for note in state.check(origin, place, batches)? {
            self.progress.warn(&note);
        }
        let path = folder.path().join(control::FOLDER);
        let unfit = |reason| Error::Checkpoint {
            path: PathBuf::clone(&path),
            reason,
        };
        let learner = learner.restore(weights).map_err(unfit)?;
        self.updates.restore(optimiser).map_err(unfit)?;
        folder.cut(state.metrics, state.place.epoch)?;
        self.readings.resume_kept(kept);
        self.take_up(state);
        Ok(learner)
    }

    fn take_up(&mut self, state: State) {
        self.place = state.place;
        self.step = state.step;
        self.seen = state.seen;
        self.kept = state.kept;
        self.flops = state.flops;
        self.accuracies = state.accuracies.into_iter().map(f64::from_bits).collect();
        self.stepped = Duration::try_from_secs_f64(state.stepping).unwrap_or_default();
        self.reference = state.reference;
        self.troubles = state.troubles;
        self.resumed = state.resumed;
        self.resumed.push(self.step);
        let now = self.seconds;
        self.seconds = Seconds {
            data: state.seconds.data + now.data,
            reference: state.seconds.reference + now.reference,
            ..state.seconds
        };
    }

    /// Between two steps of an epoch: writes a checkpoint where one is due or the run should stop.
    pub(super) fn between_steps(&mut self, learner: &Learner, next: Place) -> Result<()> {
        let minutes = self.config.checkpoint_minutes;
        let due = self.origin.is_some()
            && minutes > 0.0
            && self.saved.elapsed().as_secs_f64() >= 60.0 * minutes;
        let stop = self.progress.stop();
        if due || stop {
            self.readings.finish(self.folder.as_mut())?;
            self.sync()?;
            self.save(learner, next)?;
        }
        match stop {
            true => Err(self.interrupted()),
            false => Ok(()),
        }
    }

    /// After an epoch's evaluation: a checkpoint, and an end where the run should stop.
    pub(super) fn end_epoch(&mut self, learner: &Learner, epoch: usize) -> Result<()> {
        let next = Place {
            epoch: epoch + 1,
            batch: 0,
        };
        self.place = next;
        self.save(learner, next)?;
        let goes_on = self.step < self.steps && !self.out_of_patience();
        match goes_on && self.progress.stop() {
            true => Err(self.interrupted()),
            false => Ok(()),
        }
    }

    /// Ends the run before its first step, where that is wanted by then.
    pub(super) fn stop_if_asked(&mut self) -> Result<()> {
        match self.progress.stop() {
            true => Err(self.interrupted()),
            false => Ok(()),
        }
    }

    pub(super) fn out_of_patience(&self) -> bool {
        control::is_over(&self.accuracies, self.config.patience)
    }

    /// Time since the first step, over all sessions.
    pub(super) fn elapsed(&self) -> Duration {
        self.stepped + self.stepping.elapsed()
    }

    pub(super) fn seconds_so_far(&self) -> Seconds {
        Seconds {
            waiting: self.seconds.waiting + self.train.waited().as_secs_f64(),
            total: self.seconds.total + self.begun.elapsed().as_secs_f64(),
            ..self.seconds
        }
    }

    /// Waits for the device, and learns whether all that was asked of it could be done.
    pub(super) fn sync(&mut self) -> Result<()> {
        self.device.burn.sync().map_err(|e| pending::lost(&e))?;
        self.method.end_epoch()?;
        self.train.check_recorded()
    }

    /// Writes a checkpoint from which the run goes on at `next`. The device is waited for.
    fn save(&mut self, learner: &Learner, next: Place) -> Result<()> {
        let Some(origin) = self.origin.clone() else {
            return Ok(());
        };
        if next.batch > 0 {
            self.seconds.training += self.counted.elapsed().as_secs_f64();
        }
        let kept = self.readings.kept_so_far()?.to_vec();
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let unfit = |reason: String| Error::Checkpoint {
            path: folder.path().join(control::FOLDER),
            reason,
        };
        let checkpoint = Checkpoint {
            kept,
            learner: learner.record().map_err(unfit)?,
            optimiser: self.updates.record().map_err(unfit)?,
            state: self.state(origin, next, folder.sync_metrics()?),
        };
        control::write(folder, &checkpoint)?;
        self.saved = Instant::now();
        self.counted = self.saved;
        Ok(())
    }

    fn state(&self, origin: Origin, place: Place, metrics: u64) -> State {
        State {
            origin,
            place,
            step: self.step,
            seen: self.seen,
            kept: self.kept,
            accuracies: self.accuracies.iter().map(|a| a.to_bits()).collect(),
            flops: self.flops,
            seconds: self.seconds_so_far(),
            stepping: self.elapsed().as_secs_f64(),
            reference: self.reference.clone(),
            troubles: self.troubles,
            resumed: self.resumed.clone(),
            metrics,
        }
    }

    fn interrupted(&self) -> Error {
        let left = match &self.folder {
            Some(folder) => format!(
                "continue with: gstds train --resume --out {}",
                folder.path().display()
            ),
            None => "nothing is left of it, as it had no folder".into(),
        };
        Error::Interrupted {
            step: self.step,
            steps: self.steps,
            left,
        }
    }
}
