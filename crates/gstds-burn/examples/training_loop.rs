//! A hand-written Burn loop that trains on a quarter of every batch, chosen on the GPU.
//!
//! `cargo run --release -p gstds-burn --example training_loop`

use burn::nn::{LinearConfig, loss::CrossEntropyLossConfig};
use burn::optim::{GradientsParams, SgdConfig};
use burn::tensor::{Int, Tensor, TensorData};
use gstds::{Keep, Options, adapter::AdapterRequest};
use gstds_burn::{FiedlerSelector, GpuDevice};

const CLASSES: usize = 3;
const WIDTH: usize = 12;
const BATCH: usize = 64;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device = GpuDevice::open(&AdapterRequest::default())?;
    let losses = train(&device, 40)?;
    println!("loss {:.3} -> {:.3}", losses[0], losses[losses.len() - 1]);
    Ok(())
}

/// The loss on the kept rows of each step.
pub fn train(device: &GpuDevice, steps: usize) -> Result<Vec<f32>, Box<dyn std::error::Error>> {
    let selector = FiedlerSelector::new(device, &Options::gstds())?;
    let gradients = device.burn.clone().autodiff();
    let mut learner = LinearConfig::new(WIDTH, CLASSES).init(&gradients);
    let mut optimiser = SgdConfig::new().init();
    let criterion = CrossEntropyLossConfig::new().init(&gradients);
    let mut losses = Vec::new();
    for step in 0..steps {
        // Yours: the images and labels of a batch, and the rows a reference model makes of them.
        let (features, labels) = batch(step, device);
        // How many are kept is known here, which ones on the GPU alone.
        let kept = selector.select(&features, Keep::Ratio(0.25))?;
        let inputs = features.select(0, kept.clone()).autodiff();
        let targets = labels.select(0, kept).autodiff();
        let loss = criterion.forward(learner.forward(inputs), targets);
        losses.push(loss.clone().without_autodiff());
        let grads = GradientsParams::from_grads(loss.backward(), &learner);
        learner = optimiser.step(0.5, learner, grads);
    }
    // The only wait, after the last step.
    Ok(Tensor::cat(losses, 0).try_into_vec_as::<f32>()?)
}

/// Rows of `CLASSES` kinds, each bright in its own columns, with noise.
fn batch(step: usize, device: &GpuDevice) -> (Tensor<2>, Tensor<1, Int>) {
    let value = |at: usize| {
        let (row, column) = (at / WIDTH, at % WIDTH);
        let noise = ((step * BATCH * WIDTH + at) * 7919 % 1009) as f32 / 1009.0;
        noise + f32::from(u8::from(column % CLASSES == row % CLASSES))
    };
    let values: Vec<f32> = (0..BATCH * WIDTH).map(value).collect();
    let labels: Vec<i32> = (0..BATCH).map(|row| (row % CLASSES) as i32).collect();
    let features = Tensor::from_data(TensorData::new(values, [BATCH, WIDTH]), &device.burn);
    let labels = Tensor::from_data(TensorData::new(labels, [BATCH]), &device.burn);
    (features, labels)
}
