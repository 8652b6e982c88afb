//! The sizes that follow from a configuration, its data set and the device.

use super::data::{RunData, training_data};
use crate::{
    error::{Error, Result},
    flops::{self, Flops},
    method::MethodSpec,
    run::{config::TrainConfig, progress::RunProgress},
    schedule::{BatchCounts, Extent},
};
use gstds::{Options, Shape};
use gstds_burn::GpuDevice;
use gstds_data::Dataset;
use gstds_models::device_memory::binding;
use gstds_models::learner::{LearnerFlops, LearnerShape};

/// The sizes of a run.
#[derive(Clone, Debug)]
pub(in crate::run) struct RunSizes {
    /// Inputs and outputs of the learner.
    pub shape: LearnerShape,
    pub extent: Extent,
    /// Optimiser steps.
    pub steps: usize,
    /// Most images that a step passes through the learner at once.
    pub largest_pass: usize,
    /// Images that the learner takes at once on this device.
    pub most_images: usize,
    pub costs: Costs,
}

impl RunSizes {
    /// Refuses what the adapter or the data set makes impossible in a configuration that is valid
    /// by itself.
    pub fn new(config: &TrainConfig, data: &RunData, device: &GpuDevice) -> Result<Self> {
        let dataset = data.dataset();
        let steps = steps(config, dataset);
        config.optimiser.check_steps(steps)?;
        let adapter = &device.gpu.adapter.get_info().name;
        config.optimiser.precision.check(&device.burn, adapter)?;
        let costs = Costs::of(config, dataset)?;
        let shape = learner_shape(config, dataset);
        if config.init.is_some() {
            config.learner.check_pretrained(shape.channels)?;
        }
        let largest_pass = largest_pass(config, dataset);
        Ok(Self {
            shape,
            extent: extent(config, dataset.train.len()),
            steps,
            largest_pass,
            most_images: most_images(config, shape, largest_pass, binding(device))?,
            costs,
        })
    }
}

/// What the steps of a run cost, computed from shapes.
#[derive(Clone, Debug)]
pub struct Costs {
    method: MethodSpec,
    selection: Options,
    image: LearnerFlops,
    features: usize,
    /// Training images.
    pub images: usize,
}

impl Costs {
    /// The costs of a configuration on its data set.
    ///
    /// # Errors
    /// A learner that cannot take its images.
    pub fn of(config: &TrainConfig, dataset: &Dataset) -> Result<Self> {
        let shape = learner_shape(config, dataset);
        config.learner.check(&shape)?;
        Ok(Self {
            method: config.spec(),
            selection: config.selection.clone(),
            image: config.learner.flops(&shape),
            features: config.reference.model.features(),
            images: dataset.train.len(),
        })
    }

    /// The same, on the data set that the configuration names, which is opened for its size.
    ///
    /// # Errors
    /// As [`training_data`](crate::run::training_data), and [`Costs::of`].
    pub fn open(config: &TrainConfig, progress: &mut dyn RunProgress) -> Result<Self> {
        let dataset = training_data(config, progress)?;
        Self::of(config, &dataset)
    }

    /// The size of a run of `config`.
    pub fn extent(&self, config: &TrainConfig) -> Extent {
        extent(config, self.images)
    }

    /// The same with another method and its selection options.
    pub fn with(&self, method: MethodSpec, selection: &Options) -> Self {
        Self {
            method,
            selection: selection.clone(),
            ..self.clone()
        }
    }

    /// For features of this width, in place of the reference model's.
    pub(in crate::run) fn with_features(self, features: usize) -> Self {
        Self { features, ..self }
    }

    /// Operations of full training on so many images.
    #[must_use]
    pub fn full(&self, images: u64) -> u64 {
        (self.image.forward + self.image.backward) * images
    }

    /// The operations of one step.
    ///
    /// # Errors
    /// As [`flops::choice`].
    pub fn step(&self, batch: BatchCounts) -> Result<Flops> {
        let (rows, keep) = (batch.rows, batch.keep);
        let shape = Shape {
            rows,
            features: self.features,
        };
        Ok(Flops {
            reference: 0,
            selection: flops::choice(self.method, &self.selection, shape, keep)?,
            scoring: self.image.forward * self.method.scored(rows, keep) as u64,
            forward: self.image.forward * keep as u64,
            backward: self.image.backward * keep as u64,
        })
    }
}

/// Inputs and outputs of a run's learner.
fn learner_shape(config: &TrainConfig, dataset: &Dataset) -> LearnerShape {
    LearnerShape {
        side: config.image_side,
        channels: dataset.shape().channels,
        classes: dataset.classes.len(),
    }
}

/// Optimiser steps of a run whose configuration was checked.
pub(in crate::run) fn steps(config: &TrainConfig, dataset: &Dataset) -> usize {
    let batches = dataset.train.len().div_ceil(config.batch);
    let all = config.epochs.saturating_mul(batches);
    config.max_steps.unwrap_or(all).min(all)
}

/// Most images that the learner sees at once in a step: those kept, or the whole batch where rows
/// are chosen by its losses.
fn largest_pass(config: &TrainConfig, dataset: &Dataset) -> usize {
    let extent = extent(config, dataset.train.len());
    let batches = config.schedule.batches(config.spec(), &extent);
    let scored = |batch: &BatchCounts| config.spec().scored(batch.rows, batch.keep);
    let passes = batches.map(|batch| batch.keep.max(scored(&batch)));
    passes.fold(0, usize::max)
}

fn extent(config: &TrainConfig, images: usize) -> Extent {
    Extent {
        images,
        batch: config.batch,
        epochs: config.epochs,
        max_steps: config.max_steps,
    }
}

/// Images that the learner takes at once where `bytes` can be bound and `rows` are wanted.
fn most_images(
    config: &TrainConfig,
    shape: LearnerShape,
    rows: usize,
    bytes: u64,
) -> Result<usize> {
    let most = config.learner.most_images(shape, bytes)?;
    match rows.max(1) <= most {
        true => Ok(most),
        false => Err(Error::LearnerMemory {
            learner: config.learner.name(),
            side: shape.side,
            rows,
            most,
            bytes,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::MethodName;

    #[test]
    fn more_images_than_the_device_binds_are_refused_with_what_fits() {
        let mut config = TrainConfig::new(MethodName::Full, true);
        config.learner = "resnet8-w256".parse().unwrap();
        let shape = LearnerShape {
            side: 8,
            channels: 1,
            classes: 2,
        };
        // 256 channels of 8x8: 64 KiB an image.
        let most = |rows, bytes| most_images(&config, shape, rows, bytes);
        assert_eq!(most(80, 80 << 16).unwrap(), 80);
        assert_eq!(most(80, 128 << 20).unwrap(), 2048);
        let message = most(80, (80 << 16) - 1).unwrap_err().to_string();
        for part in ["80 images", "resnet8-w256", "side of 8", "at most 79 fit"] {
            assert!(message.contains(part), "{part} not in {message}");
        }
        assert!(most(0, 1).is_err(), "one image is the least");
        config.learner = "resnet8-w99999999999999999".parse().unwrap();
        let error = most_images(&config, shape, 1, 1 << 30).unwrap_err();
        let refused = matches!(error, Error::Models(gstds_models::Error::Config { .. }));
        assert!(refused, "{error}");
    }

    #[test]
    fn the_largest_pass_is_that_of_the_batch_that_shows_the_learner_most() {
        let shape = gstds_data::ImageShape {
            height: 1,
            width: 1,
            channels: 1,
        };
        let split = |images: usize| {
            let (pixels, labels) = (vec![0; images], vec![0; images]);
            gstds_data::Split::new("x", shape, pixels, labels, 1).unwrap()
        };
        let dataset = Dataset {
            name: "x".into(),
            classes: vec!["x".into()],
            train: split(80),
            test: split(1),
        };
        let most = |method, schedule: &str, max_steps| {
            let mut config = TrainConfig::new(method, true);
            config.batch = 32;
            config.epochs = 4;
            config.max_steps = max_steps;
            config.schedule = schedule.parse().unwrap();
            largest_pass(&config, &dataset)
        };
        let random = MethodName::Random;
        assert_eq!(most(random, "constant:0.25", None), 8);
        assert_eq!(most(random, "constant:0.25+interrupt:2", None), 32);
        assert_eq!(most(random, "constant:0.25+interrupt:3", None), 16);
        assert_eq!(most(random, "constant:0.25+final:0.25", None), 32);
        assert_eq!(most(random, "constant:0.25+final:0.25", Some(9)), 8);
        assert_eq!(most(MethodName::Loss, "constant:0.25", None), 32);
    }
}
