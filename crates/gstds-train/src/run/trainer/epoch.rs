//! An epoch: its order of rows and its batches.

use super::Trainer;
use crate::{
    error::{Error, Result},
    method::{BatchSize, EpochDraw, EpochPlan},
    run::{checkpoint::Position, metrics::EpochRecord, progress::EpochReport},
    sampler::{self, Purpose},
};
use burn::module::Module;
use burn::tensor::{Int, Tensor, TensorData};
use std::time::Instant;

/// An epoch under way.
pub(super) struct Epoch {
    /// From 0.
    pub number: usize,
    batches: Vec<BatchSize>,
    /// Row numbers of the data set in the epoch's order, on the device.
    order: Tensor<1, Int>,
    /// The next batch.
    pub place: usize,
    /// Rows of the batches before it.
    pub passed: usize,
}

impl Epoch {
    /// The size of the next batch.
    pub fn size(&self) -> BatchSize {
        self.size_at(self.place)
    }

    /// The size of the batch at a place.
    pub fn size_at(&self, place: usize) -> BatchSize {
        self.batches[place]
    }

    /// The rows of the next batch.
    pub fn rows(&self) -> Tensor<1, Int> {
        self.rows_from(self.passed, self.place)
    }

    /// The rows of the batch at a place.
    pub fn rows_at(&self, place: usize) -> Tensor<1, Int> {
        let before = self.batches[..place].iter().map(|batch| batch.rows);
        self.rows_from(before.sum(), place)
    }

    /// The rows of the batch at a place, whose first one is at `start` in the order.
    fn rows_from(&self, start: usize, place: usize) -> Tensor<1, Int> {
        let end = start + self.size_at(place).rows;
        self.order.clone().slice_dim(0, start..end)
    }

    /// Whether the next batch is the last.
    pub fn at_last(&self) -> bool {
        self.place + 1 == self.batches.len()
    }

    pub fn advance(&mut self) {
        self.passed += self.size().rows;
        self.place += 1;
    }

    pub fn is_over(&self) -> bool {
        self.place == self.batches.len()
    }
}

impl Trainer {
    /// Begins the epoch of the position, or resumes it there.
    pub(super) fn begin_epoch(&mut self) -> Result<Epoch> {
        self.clocks.counted = Instant::now();
        let Position { epoch, batch } = self.position;
        let config = &self.inputs.config;
        let seed = |purpose| sampler::derived(config.seed, purpose, epoch);
        let images = self.state.train.len();
        let extent = &self.sizes.extent;
        let batches = config.schedule.batches_of(config.spec(), extent, epoch);
        let batches: Vec<BatchSize> = batches.map(|batch| batch.size()).collect();
        let order = self.state.method.draw_epoch(&EpochDraw {
            epoch,
            images,
            batches: &batches,
            drawn: match config.method.draws_rows() {
                true => self.drawn_before(epoch),
                false => 0,
            },
            progress: (epoch * batches.len()) as f64 / self.sizes.steps.max(1) as f64,
            seed: config.seed,
        });
        let mut order = order.unwrap_or_else(|| sampler::permutation(images, seed(Purpose::Order)));
        // Rows that batches leave out, see `MethodSpec::super_batch`.
        order.truncate(batches.iter().map(|batch| batch.rows).sum());
        let passed = batches[..batch].iter().map(|batch| batch.rows).sum();
        let sizes = batches[batch..].iter().map(|batch| batch.rows).collect();
        let train = &mut self.state.train;
        train.begin_epoch(&order[passed..], sizes, seed(Purpose::Augment))?;
        let length = order.len();
        let order = TensorData::new(order, [length]);
        let order = Tensor::<1, Int>::from_data(order, &self.inputs.device.burn);
        self.state.method.begin_epoch(&EpochPlan {
            batches: &batches,
            seed: seed(Purpose::EpochChoice),
        })?;
        Ok(Epoch {
            number: epoch,
            batches,
            order,
            place: batch,
            passed,
        })
    }

    /// How many rows the batches of earlier epochs have.
    fn drawn_before(&self, epoch: usize) -> usize {
        let (config, extent) = (&self.inputs.config, &self.sizes.extent);
        let epochs = (0..epoch).flat_map(|epoch| {
            let batches = config.schedule.batches_of(config.spec(), extent, epoch);
            batches.map(|batch| batch.rows)
        });
        epochs.sum()
    }

    /// Ends an epoch: reads what is left, evaluates, and writes a checkpoint.
    pub(super) fn close(&mut self, epoch: &Epoch) -> Result<EpochReport> {
        self.state.train.end_epoch();
        let records = &mut self.records;
        records.metrics.finish(records.folder.as_mut())?;
        let kept = records
            .metrics
            .write_kept(records.folder.as_ref(), epoch.number)?;
        self.count_corruption(&kept, epoch);
        self.sync()?;
        let steps = self.clocks.counted.elapsed().as_secs_f64();
        let selections = self.time_selections(epoch)?.min(steps);
        let seconds = &mut self.tally.seconds;
        seconds.selection += selections;
        seconds.training += steps - selections;
        let accuracy = self.evaluate()?;
        self.tally.accuracies.push(accuracy);
        let config = &self.inputs.config;
        let report = EpochReport {
            epoch: epoch.number + 1,
            epochs: config.epochs,
            test_accuracy: accuracy,
            keep_ratio: config.schedule.ratio(epoch.number, config.epochs),
            elapsed: self.elapsed(),
        };
        self.record(&report)?;
        self.position = Position {
            epoch: epoch.number + 1,
            batch: 0,
        };
        self.save()?;
        Ok(report)
    }

    fn record(&mut self, report: &EpochReport) -> Result<()> {
        let Some(folder) = &mut self.records.folder else {
            return Ok(());
        };
        folder.append(&EpochRecord {
            kind: "epoch",
            epoch: report.epoch,
            step: self.tally.step,
            test_accuracy: report.test_accuracy,
            keep_ratio: report.keep_ratio,
            samples_seen: self.tally.seen,
            samples_kept: self.tally.kept,
            flops: self.tally.flops,
            seconds: report.elapsed.as_secs_f64(),
            working_seconds: self.tally.seconds.working(),
        })
    }

    /// Test accuracy of the learner as it is.
    fn evaluate(&mut self) -> Result<f64> {
        let begun = Instant::now();
        let learner = self.state.learner().valid();
        let most = self.sizes.most_images;
        let accuracy = super::evaluate::accuracy(&learner, &mut self.state.test, most)?;
        let step = self.tally.step;
        self.tally.seconds.evaluation += begun.elapsed().as_secs_f64();
        accuracy.ok_or(Error::NonFiniteLogits { step })
    }
}
