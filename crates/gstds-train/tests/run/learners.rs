//! Learners and optimisers on the adapter, against the CPU and over tiny runs.

use crate::tiny::{config, device, losses, run};
use burn::tensor::{DType, Device, Tensor, TensorData};
use gstds_models::learner::{LearnerConfig, LearnerShape, Precision};
use gstds_train::{
    Error,
    method::MethodName,
    run::{Clip, Optimiser, TrainConfig},
};

/// Six epochs of all rows.
fn full(optimiser: Optimiser) -> TrainConfig {
    let mut config = config(MethodName::Full);
    config.epochs = 6;
    config.optimiser = optimiser;
    config.optimiser.learning_rate = 0.05;
    config
}

fn assert_learns(config: &TrainConfig) {
    let (summary, losses) = losses(config).unwrap();
    let (first, last) = (losses[0], losses[losses.len() - 1]);
    assert!(last < 0.8 * first, "{:?}: {losses:?}", config.optimiser);
    assert!(summary.test_accuracy > 0.8, "{}", summary.test_accuracy);
}

#[test]
fn every_optimiser_lowers_the_loss() {
    assert_learns(&full(Optimiser::adamw()));
    let mut everything = Optimiser::sgd();
    everything.rate = "step:0.5,0.75x0.3".parse().unwrap();
    everything.warmup = 3;
    everything.clip = Clip::Norm(1.0);
    everything.label_smoothing = 0.05;
    everything.decay_norms = false;
    assert_learns(&full(everything));
}

#[test]
fn mixed_precision_learns_where_the_adapter_has_it_and_is_refused_elsewhere() {
    let mut optimiser = Optimiser::sgd();
    optimiser.precision = Precision::Mixed;
    optimiser.clip = Clip::Norm(1.0);
    let config = full(optimiser);
    if device().burn.supports_dtype(DType::F16) {
        assert_learns(&config);
        let mut short = config;
        short.max_steps = Some(2);
        let of = |config| losses(config).unwrap().1;
        assert_eq!(of(&short), of(&short));
    } else {
        let error = run(&config).unwrap_err();
        assert!(
            matches!(
                error,
                Error::Models(gstds_models::Error::NoShaderF16 { .. })
            ),
            "{error}"
        );
    }
}

#[test]
fn a_warm_up_as_long_as_the_run_is_refused() {
    let mut config = config(MethodName::Full);
    config.optimiser.warmup = 6;
    let message = run(&config).unwrap_err().to_string();
    assert!(message.contains("warmup 6"), "{message}");
    config.optimiser.warmup = 5;
    config.max_steps = Some(4);
    let message = run(&config).unwrap_err().to_string();
    assert!(message.contains("run's 4 steps"), "{message}");
}

#[test]
fn weights_for_another_learner_are_refused_before_a_folder_is_made() {
    let root = tempfile::tempdir().unwrap();
    let mut config = config(MethodName::Full);
    config.init = Some(root.path().join("weights.safetensors"));
    config.out = Some(root.path().join("run"));
    let error = run(&config).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Models(gstds_models::Error::NoPretrained { .. })
        ),
        "{error}"
    );
    assert!(!root.path().join("run").exists());
}

/// Gradients of the logits' squares by the images, which pass through every layer.
fn image_gradients(learner: &LearnerConfig, side: usize, device: &Device) -> Vec<f32> {
    let device = device.clone().autodiff();
    let shape = LearnerShape {
        side,
        channels: 3,
        classes: 4,
    };
    let learner = learner.init(shape, 7, &device).unwrap();
    let pixels = (0..2 * 3 * side * side).map(|i| (i as f32 * 0.37).sin());
    let pixels = TensorData::new(pixels.collect::<Vec<_>>(), [2, 3, side, side]);
    let images = Tensor::<4>::from_data(pixels, &device).require_grad();
    let logits = learner.forward(images.clone());
    let gradients = (logits.clone() * logits).sum().backward();
    let gradients = images.grad(&gradients).unwrap();
    gradients.try_into_vec_as::<f32>().unwrap()
}

#[test]
fn resnet18_has_the_same_gradients_on_the_adapter_as_on_the_cpu() {
    for (name, side) in [("resnet18-w2", 35), ("resnet18-cifar-w2", 9)] {
        let learner: LearnerConfig = name.parse().unwrap();
        let here = image_gradients(&learner, side, &device().burn);
        let there = image_gradients(&learner, side, &Device::flex());
        let largest = there.iter().map(|v| v.abs()).fold(0.0, f32::max);
        assert!(largest > 0.0);
        for (a, b) in here.iter().zip(&there) {
            assert!(
                (a - b).abs() < 1e-3 * largest,
                "{name}: {a} {b} of {largest}"
            );
        }
    }
}
