//! One optimiser step, queued on the device.

use super::{Trainer, epoch::Epoch, evaluate};
use crate::{
    error::Result,
    images::BatchImages,
    method::{BatchRows, BatchSize, KeptRows},
    run::{metrics::StepTensors, open::DeviceState, progress::StepReport},
    sampler::{self, Purpose},
    schedule::BatchCounts,
};
use burn::optim::GradientsParams;
use burn::tensor::{Int, Tensor};

/// What a step leaves on the device before the learner changes.
struct StepOutput {
    /// The rows of the data set that were kept.
    rows: Tensor<1, Int>,
    loss: Tensor<1>,
    logits: Tensor<2>,
    labels: Tensor<1, Int>,
    /// Of the selection, where a graph was solved.
    status: Option<Tensor<1, Int>>,
    /// Of `guided`.
    guide: Option<Tensor<1>>,
    gradients: GradientsParams,
}

impl Trainer {
    /// Queues the step of the epoch's next batch. The last step of an epoch is read, so that no run
    /// ends on a loss that was not read.
    pub(super) fn update(&mut self, epoch: &Epoch) -> Result<()> {
        let (config, step) = (&self.inputs.config, self.tally.step);
        let size = epoch.size();
        let made = step + 1;
        let read =
            made.is_multiple_of(config.log_every) || epoch.at_last() || made == self.sizes.steps;
        let batch = BatchRows {
            rows: &epoch.rows(),
            place: epoch.place,
            keep: size.keep,
            seed: sampler::derived(config.seed, Purpose::BatchChoice, step),
            losses: None,
            recorded: read,
        };
        let passed = self.state.pass(&batch)?;
        let rate = config.optimiser.rate_at(step, self.sizes.steps);
        if step == 0 {
            self.tally.seconds.first_step = self.inputs.opened.elapsed().as_secs_f64();
        }
        self.tally.step = made;
        let (metrics, folder) = (&mut self.records.metrics, &mut self.records.folder);
        metrics.keep(&passed.rows, passed.status.as_ref());
        metrics.take_arrived(folder.as_mut())?;
        if read {
            metrics.start(StepTensors {
                step: self.tally.step,
                epoch: epoch.number + 1,
                rate,
                seen: size.rows,
                kept: size.keep,
                loss: passed.loss.without_autodiff(),
                correct: evaluate::count_correct(passed.logits.without_autodiff(), passed.labels),
                status: passed.status,
                guide: passed.guide,
            });
        }
        self.state.learn(rate, passed.gradients);
        Ok(())
    }

    /// Counts a step that was queued.
    pub(super) fn report(&mut self, size: BatchSize) -> Result<StepReport> {
        let BatchSize { rows, keep } = size;
        let epoch = self.position.epoch;
        let tally = &mut self.tally;
        tally.seen += rows as u64;
        tally.kept += keep as u64;
        tally.flops += self.sizes.costs.step(BatchCounts { epoch, rows, keep })?;
        let (step, steps, seen) = (tally.step, self.sizes.steps, tally.seen);
        let elapsed = self.elapsed();
        let read = self.records.metrics.last();
        Ok(StepReport {
            step,
            steps,
            epoch: epoch + 1,
            epochs: self.inputs.config.epochs,
            loss: read.map(|read| read.loss),
            accuracy: read.map(|read| read.accuracy),
            kept_share: keep as f64 / rows as f64,
            images_per_second: seen as f64 / elapsed.as_secs_f64().max(1e-9),
            left: elapsed.mul_f64((steps - step) as f64 / step as f64),
        })
    }
}

impl DeviceState {
    /// Chooses rows of a batch and passes them through the learner, forward and backward.
    fn pass(&mut self, batch: &BatchRows<'_>) -> Result<StepOutput> {
        let (images, losses) = self.score(batch)?;
        let losses = losses.as_ref();
        let chosen = self.method.choose(&BatchRows { losses, ..*batch })?;
        let positions = chosen.positions;
        let rows = match &positions {
            Some(positions) => batch.rows.clone().select(0, positions.clone()),
            None => batch.rows.clone(),
        };
        // A stream is waited for after the selection is queued, unless that needs its images.
        let images = images.map_or_else(|| self.train.batch(), Ok)?;
        let (images, labels) = images.rows(&rows, positions.as_ref())?;
        let targets = labels.clone().autodiff();
        let (logits, loss) =
            self.updates
                .loss(self.learner(), images.autodiff(), targets, chosen.weights);
        self.method.observe(&KeptRows {
            rows: &rows,
            labels: &labels,
            logits: &logits.clone().without_autodiff(),
        });
        let gradients = self.updates.gradients(&loss, self.learner());
        Ok(StepOutput {
            rows,
            logits,
            labels,
            loss,
            status: chosen.status,
            guide: chosen.guide,
            gradients,
        })
    }

    /// The batch's images and the learner's loss on each, where the method chooses by losses. The
    /// kept images are made again later, and are the same: augmentation depends on seed and row.
    fn score(&mut self, batch: &BatchRows<'_>) -> Result<(Option<BatchImages>, Option<Tensor<1>>)> {
        if !self.method.needs_losses() || batch.keeps_all() {
            return Ok((None, None));
        }
        let loaded = self.train.batch()?;
        let (images, labels) = loaded.rows(batch.rows, None)?;
        let losses = self.updates.losses(self.learner(), images, labels);
        Ok((Some(loaded), Some(losses)))
    }

    /// Updates the learner in place.
    fn learn(&mut self, rate: f64, gradients: GradientsParams) {
        let learner = self.learner.take();
        self.learner = learner.map(|learner| self.updates.step(rate, learner, gradients));
    }
}
