//! A training loop of your own, with your own network, around a method and a schedule.
//!
//! `cargo run --release -p gstds-train --example own_loop`
//!
//! The method chooses rows of each batch on the device, and nothing in a step waits for it; the
//! schedule determines beforehand how many rows are kept, so that all shapes are known on the host.
//! Data set and features are those that the crates carry.
//!
//! # Why there is no example for burn-train's `Learner`
//!
//! Selection does not fit burn-train 0.22 as it is:
//!
//! - Its loop offers no hook at the start of an epoch, where `Method::begin_epoch` takes the sizes
//!   of all batches and uploads what they need, and none at its end, where `Method::end_epoch`
//!   reports selections that failed.
//! - `TrainStep::step(&self, item)` has neither the number of the epoch nor that of the step, and
//!   the model only by shared reference. A method (`&mut self`) would have to sit behind a mutex in
//!   the model, and the data loader would have to put place, count and seed into each item.
//! - `TrainStep::step` returns no `Result`, so a selection that fails could only panic.
//! - Each step's output is synchronised for the metrics, which reads from the device at every step.
//!
//! Also, the feature `train` of Burn turns on `burn-core/dataset`, which this workspace builds
//! without. `gstds_train::run::Trainer` is the loop that works: call its `step`.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig, loss::CrossEntropyLossConfig};
use burn::optim::{GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::{Device, Int, Tensor, TensorData, activation::relu};
use gstds::adapter::AdapterRequest;
use gstds_burn::GpuDevice;
use gstds_data::Split;
use gstds_models::bank::{FeatureBank, ResidentBank};
use gstds_train::method::{
    self, BatchRows, BatchSize, EpochPlan, KeptRows, Method, MethodInputs, MethodName,
};
use gstds_train::sampler::{Purpose, derived, permutation};
use gstds_train::schedule::{Extent, Schedule};
use std::error::Error;

const SEED: u64 = 7;
const METHOD: MethodName = MethodName::Gstds;
const RUN: Extent = Extent {
    images: 1000,
    batch: 250,
    epochs: 3,
    max_steps: None,
};

/// Trains, and prints the loss after each epoch.
///
/// # Errors
/// No adapter, or a device that fails.
pub fn main() -> Result<(), Box<dyn Error>> {
    for (epoch, loss) in train()?.into_iter().enumerate() {
        println!("epoch {}: loss {loss:.3}", epoch + 1);
    }
    Ok(())
}

#[derive(Module, Debug)]
struct Network {
    hidden: Linear,
    output: Linear,
}

impl Network {
    fn new(inputs: usize, classes: usize, device: &Device) -> Self {
        Self {
            hidden: LinearConfig::new(inputs, 32).init(device),
            output: LinearConfig::new(32, classes).init(device),
        }
    }

    fn forward(&self, images: Tensor<2>) -> Tensor<2> {
        self.output.forward(relu(self.hidden.forward(images)))
    }
}

/// The loss of the last step of each epoch.
pub fn train() -> Result<Vec<f32>, Box<dyn Error>> {
    let device = GpuDevice::open(&AdapterRequest::default())?;
    let gradients = device.burn.clone().autodiff();
    let dataset = gstds_data::embedded()?;
    let (images, labels) = upload(&dataset.train, &device.burn)?;
    let schedule: Schedule = "linear:1..0.25+warmup:1".parse()?;
    let mut method = method(&device)?;

    gradients.seed(SEED);
    let mut network = Network::new(images.dims()[1], dataset.classes.len(), &gradients);
    let mut optimiser = ModuleOptimizer::from(SgdConfig::new().build());
    let criterion = CrossEntropyLossConfig::new().init(&gradients);
    let (mut step, mut losses) = (0, Vec::new());
    for epoch in 0..RUN.epochs {
        let order = permutation(RUN.images, derived(SEED, Purpose::Order, epoch));
        let order = TensorData::new(order, [RUN.images]);
        let order = Tensor::<1, Int>::from_data(order, &device.burn);
        let batches = schedule.batches_of(METHOD, &RUN, epoch);
        let batches: Vec<BatchSize> = batches.map(|batch| batch.size()).collect();
        method.begin_epoch(&EpochPlan {
            batches: &batches,
            seed: derived(SEED, Purpose::EpochChoice, epoch),
        })?;
        let (mut start, mut last) = (0, None);
        for (place, size) in batches.iter().enumerate() {
            let rows = order.clone().slice_dim(0, start..start + size.rows);
            start += size.rows;
            let chosen = method.choose(&BatchRows {
                rows: &rows,
                place,
                keep: size.keep,
                seed: derived(SEED, Purpose::BatchChoice, step),
                losses: None,
                recorded: false,
            })?;
            let kept = match chosen.positions {
                Some(positions) => rows.select(0, positions),
                None => rows,
            };
            let inputs = images.clone().select(0, kept.clone()).autodiff();
            let targets = labels.clone().select(0, kept.clone());
            let logits = network.forward(inputs);
            // Methods that learn from the losses of training, such as guided, do so here.
            method.observe(&KeptRows {
                rows: &kept,
                labels: &targets,
                logits: &logits.clone().without_autodiff(),
            });
            let loss = criterion.forward(logits, targets.autodiff());
            let updates = GradientsParams::from_grads(loss.backward(), &network);
            network = optimiser.step(0.1, network, updates);
            last = Some(loss);
            step += 1;
        }
        // The only wait: here the epoch's selections are known to have been made.
        losses.extend(last.map(|loss| loss.into_scalar::<f32>()));
        method.end_epoch()?;
    }
    Ok(losses)
}

/// The method, with the features that the crate carries for these images.
fn method(device: &GpuDevice) -> Result<Box<dyn Method>, Box<dyn Error>> {
    let bank = ResidentBank::upload(&FeatureBank::embedded()?, device)?;
    let options = METHOD.preset();
    let inputs = MethodInputs {
        bank: Some(bank),
        ..MethodInputs::new(&options)
    };
    Ok(method::make(METHOD, device, inputs)?)
}

/// The first images as rows of numbers around 0, and their labels, on the device.
fn upload(split: &Split, device: &Device) -> Result<(Tensor<2>, Tensor<1, Int>), Box<dyn Error>> {
    let rows: Vec<usize> = (0..RUN.images).collect();
    let mut bytes = Vec::new();
    split.read(&rows, &mut bytes)?;
    let width = split.shape().bytes();
    let values: Vec<f32> = bytes.iter().map(|&v| f32::from(v) / 255.0 - 0.5).collect();
    let images = Tensor::from_data(TensorData::new(values, [RUN.images, width]), device);
    let labels = split.labels()[..RUN.images].iter().map(|&l| i32::from(l));
    let labels = TensorData::new(labels.collect::<Vec<_>>(), [RUN.images]);
    Ok((images, Tensor::from_data(labels, device)))
}
