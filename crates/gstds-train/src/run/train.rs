//! The loop: rows, selection, gather, forward, backward, step. Our part of a step never
//! waits for the device; epochs end with a wait.

mod epoch_line;
mod going_on;
mod troubles;

use super::{
    budget,
    conditions::{ConditionSummary, Troubles},
    config::TrainConfig,
    control::{Origin, Place},
    evaluate,
    folder::{RunFolder, SUMMARY},
    given::Given,
    grounds,
    optimiser::Updates,
    progress::{EpochReport, RunProgress, StepReport},
    readings::{Readings, StepTensors},
    sampler::{self, Purpose},
    start,
    summary::{ReferenceCost, Seconds, Summary},
};
use crate::{
    error::{Error, Result},
    flops::{self, Flops},
    images::{self, BatchImages, Images},
    memory::Memory,
    method::{self, BatchRows, EpochPlan, Grounds, Method},
};
use burn::module::Module;
use burn::tensor::{Int, Tensor, TensorData};
use gstds::Shape;
use gstds_burn::GpuDevice;
use gstds_data::{BadImage, CorruptedDataset};
use gstds_models::bank::ResidentBank;
use gstds_models::learner::{Learner, LearnerFlops};
use std::{
    thread::Scope,
    time::{Duration, Instant},
};

/// A run under way; the learner is handed from step to step, so that its tensors are updated in
/// place.
pub(super) struct Run<'scope, 'env> {
    config: &'env TrainConfig,
    device: &'env GpuDevice,
    left_out: &'env [BadImage],
    conditioned: Option<&'env CorruptedDataset>,
    progress: &'env mut dyn RunProgress,
    folder: Option<RunFolder>,
    train: Images<'scope, 'env>,
    test: Images<'scope, 'env>,
    method: Box<dyn Method>,
    updates: Updates,
    readings: Readings,
    features: usize,
    per_image: LearnerFlops,
    /// Images that the learner takes at once.
    most: usize,
    reference: Option<ReferenceCost>,
    /// Trained on so far.
    troubles: Troubles,
    memory: Memory,
    steps: usize,
    step: usize,
    seen: u64,
    kept: u64,
    flops: Flops,
    seconds: Seconds,
    accuracies: Vec<f64>,
    begun: Instant,
    /// When the first step was queued.
    stepping: Instant,
    /// How long earlier sessions were at steps and evaluations.
    stepped: Duration,
    /// Up to when training was counted.
    counted: Instant,
    /// When the last checkpoint was written.
    saved: Instant,
    /// The next batch.
    place: Place,
    /// What checkpoints say of the run, where it has a folder.
    origin: Option<Origin>,
    resumed: Vec<usize>,
}

impl<'scope, 'env> Run<'scope, 'env> {
    pub(super) fn prepare(
        scope: &'scope Scope<'scope, 'env>,
        given: Given<'env>,
        bank: Option<Tensor<2>>,
        progress: &'env mut dyn RunProgress,
    ) -> Result<(Self, Learner)> {
        let Given {
            device,
            config,
            dataset,
            left_out,
            conditioned,
            begun,
            ..
        } = given;
        let mut flops = Flops::default();
        let mut seconds = Seconds {
            data: begun.elapsed().as_secs_f64(),
            ..Seconds::default()
        };
        let (memory, residence) =
            Memory::find((device, config, dataset), given.copied(bank.as_ref()))?;
        progress.note(&memory.to_string());
        if let Some(conditioned) = conditioned {
            let told = ConditionSummary::new(config.data.corruption(), conditioned);
            progress.note(&told.to_string());
        }
        let found = grounds::find(&given, bank, progress)?;
        flops.reference = found.flops;
        seconds.reference = found.seconds;
        let features = found.bank.as_ref().map_or(0, ResidentBank::width);
        let grounds = Grounds {
            bank: found.bank,
            reference_losses: found.losses,
            selection: &config.selection,
            temperature: config.temperature,
            reweight: config.reweight,
        };
        let method = method::make(config.method, device, grounds)?;

        let gradients = device.burn.clone().autodiff();
        let shape = start::shape(config, dataset);
        let learner = match config.resume {
            true => start::blank(config, shape, &gradients)?,
            false => start::learner(config, shape, &gradients, progress)?,
        };
        let wanted = (config.image_side, config.augment, residence);
        let [train, test] = images::both(scope, device, dataset, wanted)?;
        train.check_rows(start::largest_pass(config, dataset))?;
        let folder = going_on::folder(config)?;
        let origin = folder
            .is_some()
            .then(|| going_on::origin(&given, found.key))
            .transpose()?;
        let mut run = Self {
            train,
            test,
            updates: Updates::new(&config.optimiser, &gradients),
            readings: Readings::new(
                folder.is_some() && method.name() != method::MethodName::Full,
                config.selection.strict,
            ),
            per_image: config.learner.flops(&shape),
            most: start::most_images(config, dataset, device)?,
            steps: start::steps(config, dataset),
            config,
            device,
            left_out,
            conditioned,
            memory,
            progress,
            folder,
            method,
            features,
            reference: found.cost,
            troubles: Troubles::default(),
            flops,
            seconds,
            step: 0,
            seen: 0,
            kept: 0,
            accuracies: Vec::new(),
            begun,
            stepping: begun,
            stepped: Duration::ZERO,
            counted: begun,
            saved: begun,
            place: Place::default(),
            origin,
            resumed: Vec::new(),
        };
        let learner = match config.resume {
            true => run.restore(learner, shape)?,
            false => learner,
        };
        Ok((run, learner))
    }

    pub(super) fn all_epochs(&mut self, mut learner: Learner) -> Result<Learner> {
        let pace = self.time_selection()?;
        self.stepping = Instant::now();
        self.saved = self.stepping;
        self.stop_if_asked()?;
        for epoch in self.place.epoch..self.config.epochs {
            if self.step == self.steps || self.out_of_patience() {
                break;
            }
            self.counted = Instant::now();
            learner = self.epoch(learner, epoch)?;
            self.sync()?;
            self.seconds.training += self.counted.elapsed().as_secs_f64();
            self.evaluate(&learner, epoch)?;
            self.end_epoch(&learner, epoch)?;
        }
        let selecting = pace * self.flops.selection as f64;
        self.seconds.selection = selecting.min(self.seconds.training);
        self.seconds.training -= self.seconds.selection;
        Ok(learner)
    }

    fn epoch(&mut self, mut learner: Learner, epoch: usize) -> Result<Learner> {
        let seed = |purpose| sampler::derived(self.config.seed, purpose, epoch);
        let images = self.train.len();
        let order = sampler::permutation(images, seed(Purpose::Order));
        let augmented = seed(Purpose::Augment);
        let done = std::mem::take(&mut self.place.batch);
        let mut start = done * self.config.batch;
        self.train
            .begin_epoch(&order[start..], self.config.batch, augmented)?;
        let order = TensorData::new(order, [images]);
        let order = Tensor::<1, Int>::from_data(order, &self.device.burn);
        let batches = self.batches(epoch);
        let plan = EpochPlan {
            batches: &batches,
            seed: seed(Purpose::EpochChoice),
        };
        self.method.begin_epoch(&plan)?;
        for (place, &(rows, keep)) in batches.iter().enumerate().skip(done) {
            if self.step == self.steps {
                break;
            }
            let batch = BatchRows {
                rows: &order.clone().slice_dim(0, start..start + rows),
                place,
                keep,
                seed: sampler::derived(self.config.seed, Purpose::BatchChoice, self.step),
                losses: None,
            };
            let last = place + 1 == batches.len();
            learner = self.step(learner, &batch, epoch, last)?;
            start += rows;
            self.report(rows, keep, epoch)?;
            if !last && self.step < self.steps {
                let batch = place + 1;
                self.between_steps(&learner, Place { epoch, batch })?;
            }
        }
        self.train.end_epoch();
        self.readings.finish(self.folder.as_mut())?;
        let kept = self.readings.write_kept(self.folder.as_ref(), epoch)?;
        self.count_troubles(&kept, epoch, start);
        Ok(learner)
    }

    /// Rows, and rows kept, of each batch of an epoch.
    fn batches(&self, epoch: usize) -> Vec<(usize, usize)> {
        let (method, schedule) = (self.config.method, &self.config.schedule);
        let extent = start::extent(self.config, self.train.len());
        let batches = schedule.batches_of(method, &extent, epoch);
        batches.map(|batch| (batch.rows, batch.keep)).collect()
    }

    /// One optimiser step, queued. The `last` of an epoch is read, so that no run ends on a loss
    /// that nobody saw.
    fn step(
        &mut self,
        learner: Learner,
        batch: &BatchRows<'_>,
        epoch: usize,
        last: bool,
    ) -> Result<Learner> {
        let (pictures, losses) = self.scored(&learner, batch)?;
        let losses = losses.as_ref();
        let chosen = self.method.choose(&BatchRows { losses, ..*batch })?;
        let positions = chosen.positions;
        let rows = match &positions {
            Some(positions) => batch.rows.clone().select(0, positions.clone()),
            None => batch.rows.clone(),
        };
        // A stream is waited for behind the selection, unless that needs its pictures.
        let pictures = pictures.map_or_else(|| self.train.batch(), Ok)?;
        let (images, labels) = pictures.rows(&rows, positions.as_ref())?;
        let batch_labels = (labels.clone().autodiff(), chosen.weights);
        let (logits, loss) = self.updates.loss(&learner, images.autodiff(), batch_labels);
        let gradients = self.updates.gradients(&loss, &learner);
        let rate = self.config.optimiser.rate_at(self.step, self.steps);
        if self.step == 0 {
            self.seconds.first_step = self.begun.elapsed().as_secs_f64();
        }
        self.step += 1;
        self.readings.keep(&rows, chosen.status.as_ref());
        self.readings.take_arrived(self.folder.as_mut())?;
        let due = self.step.is_multiple_of(self.config.log_every);
        if due || last || self.step == self.steps {
            self.readings.start(StepTensors {
                step: self.step,
                epoch: epoch + 1,
                rate,
                seen: batch.rows.dims()[0],
                kept: batch.keep,
                loss: loss.without_autodiff(),
                right: evaluate::count_right(logits.without_autodiff(), labels),
                status: chosen.status,
            });
        }
        Ok(self.updates.step(rate, learner, gradients))
    }

    /// The batch's images and the learner's loss of each, where the method chooses by losses. What
    /// is kept is made into pictures once more: the same ones, as augmentation goes by seed and row.
    fn scored(
        &mut self,
        learner: &Learner,
        batch: &BatchRows<'_>,
    ) -> Result<(Option<BatchImages>, Option<Tensor<1>>)> {
        let method = self.config.method;
        if method.scored(batch.rows.dims()[0], batch.keep) == 0 {
            return Ok((None, None));
        }
        let pictures = self.train.batch()?;
        let (images, labels) = pictures.rows(batch.rows, None)?;
        let losses = self.updates.losses(learner, images, labels);
        Ok((Some(pictures), Some(losses)))
    }

    fn report(&mut self, rows: usize, keep: usize, epoch: usize) -> Result<()> {
        self.seen += rows as u64;
        self.kept += keep as u64;
        self.flops.forward += self.per_image.forward * keep as u64;
        self.flops.backward += self.per_image.backward * keep as u64;
        self.flops.scoring += self.per_image.forward * self.config.method.scored(rows, keep) as u64;
        self.flops.selection += self.selection_flops(rows, keep)?;
        let elapsed = self.elapsed();
        let (loss, accuracy) = self.readings.last();
        self.progress.step(&StepReport {
            step: self.step,
            steps: self.steps,
            epoch: epoch + 1,
            epochs: self.config.epochs,
            loss,
            accuracy,
            kept_share: keep as f64 / rows as f64,
            images_per_second: self.seen as f64 / elapsed.as_secs_f64().max(1e-9),
            left: elapsed.mul_f64((self.steps - self.step) as f64 / self.step as f64),
        });
        Ok(())
    }

    fn selection_flops(&self, rows: usize, keep: usize) -> Result<u64> {
        let (method, features) = (self.config.method, self.features);
        flops::choice(
            method,
            &self.config.selection,
            Shape { rows, features },
            keep,
        )
    }

    /// Seconds a selection takes for each operation counted, measured on a first batch at the
    /// smallest keep ratio of the run; 0 where no epoch selects or nothing is counted.
    fn time_selection(&mut self) -> Result<f64> {
        let rows = self.config.batch.min(self.train.len());
        let epochs = self.config.epochs;
        let ratios = (0..epochs).map(|epoch| self.config.schedule.ratio(epoch, epochs));
        let ratio = ratios.fold(1.0, f64::min);
        let keep = self.config.method.keeps(rows, ratio);
        let flops = self.selection_flops(rows, keep)?;
        if flops == 0 {
            return Ok(0.0);
        }
        let device = &self.device.burn;
        let rows = Tensor::<1, Int>::arange(0..rows as i64, device);
        let seconds = budget::seconds_per_selection(self.method.as_mut(), &rows, keep, device)?;
        Ok(seconds / flops as f64)
    }

    fn evaluate(&mut self, learner: &Learner, epoch: usize) -> Result<()> {
        let begun = Instant::now();
        let accuracy = evaluate::accuracy(&learner.valid(), &mut self.test, self.most)?;
        let accuracy = accuracy.ok_or(Error::NoAnswer { step: self.step })?;
        self.seconds.evaluation += begun.elapsed().as_secs_f64();
        self.accuracies.push(accuracy);
        let report = EpochReport {
            epoch: epoch + 1,
            epochs: self.config.epochs,
            test_accuracy: accuracy,
            keep_ratio: self.config.schedule.ratio(epoch, self.config.epochs),
            elapsed: self.elapsed(),
        };
        self.progress.epoch(&report);
        let line = self.epoch_line(&report);
        match &mut self.folder {
            Some(folder) => folder.append(&line),
            None => Ok(()),
        }
    }

    pub(super) fn finish(mut self, learner: &Learner) -> Result<Summary> {
        self.seconds = self.seconds_so_far();
        let conditions = self.condition_summary();
        let info = self.device.gpu.adapter.get_info();
        let summary = Summary {
            version: env!("CARGO_PKG_VERSION"),
            method: self.config.method,
            dataset: self.config.data.dataset.clone(),
            learner: self.config.learner.name(),
            parameters: learner.num_params(),
            schedule: self.config.schedule.to_string(),
            seed: self.config.seed,
            adapter: info.name,
            driver: format!("{} {} {}", info.backend, info.driver, info.driver_info),
            software_adapter: self.device.is_software(),
            stopped_early: self.step < self.steps,
            resumed: self.resumed,
            test_accuracy: self.accuracies.last().copied().unwrap_or(0.0),
            epoch_accuracies: self.accuracies,
            steps: self.step,
            samples_seen: self.seen,
            samples_kept: self.kept,
            flops: self.flops,
            seconds: self.seconds,
            reference: self.reference,
            images: self.train.place(),
            memory: self.memory,
            conditions,
            left_out: self.left_out.to_vec(),
        };
        if let Some(folder) = &self.folder {
            folder.write_json(SUMMARY, &summary)?;
        }
        self.progress.finished(&summary);
        Ok(summary)
    }
}
