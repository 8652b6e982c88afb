//! Shapes, weights and limits of new learners. What starts from a file is in `pretrained/tests.rs`.

use super::*;
use burn::tensor::Tensor;

fn shape(side: usize, channels: usize, classes: usize) -> LearnerShape {
    LearnerShape {
        side,
        channels,
        classes,
    }
}

fn logits(name: &str, seed: u64, side: usize, channels: usize) -> Vec<f32> {
    let device = Device::flex();
    let shape = shape(side, channels, 3);
    let learner: LearnerConfig = name.parse().unwrap();
    let learner = learner.init(shape, seed, &device).unwrap();
    let images = Tensor::<4>::ones([2, channels, side, side], &device);
    let out = learner.forward(images);
    assert_eq!(out.dims(), [2, 3]);
    out.try_into_vec_as::<f32>().unwrap()
}

#[test]
fn any_side_and_channel_count_gives_one_row_of_logits_an_image() {
    for name in ["resnet8-w2", "resnet18-w2", "resnet18-cifar-w2", "mlp-w5"] {
        for (side, channels) in [(1, 1), (7, 3), (14, 1), (33, 4)] {
            let logits = logits(name, 0, side, channels);
            assert!(logits.iter().all(|v| v.is_finite()), "{name} {side}");
        }
    }
}

#[test]
fn weights_depend_on_the_seed_alone() {
    for name in ["resnet8-w2", "resnet18-w2", "mlp-w5"] {
        assert_eq!(logits(name, 5, 8, 1), logits(name, 5, 8, 1));
        assert_ne!(logits(name, 5, 8, 1), logits(name, 6, 8, 1));
    }
}

#[test]
fn first_weights_have_he_variance() {
    let device = Device::flex();
    let config: LearnerConfig = "resnet8-w64".parse().unwrap();
    let plan = config.residual_plan(16).unwrap();
    let unit = SeededInit::new(1, &device).unit(&plan.convolutions[0]);
    let weights = unit.convolution.weight.val();
    let weights = weights.try_into_vec_as::<f32>().unwrap();
    let square = weights.iter().map(|w| f64::from(w * w)).sum::<f64>() / weights.len() as f64;
    let expected = 2.0 / (16.0 * 9.0);
    assert!(
        (square / expected - 1.0).abs() < 0.05,
        "{square} {expected}"
    );
}

#[test]
fn a_learner_beyond_all_devices_is_refused_before_it_is_made() {
    let shape = shape(8, 1, 3);
    let cifar = |width, blocks| LearnerConfig::Cifar { width, blocks };
    for (config, limit) in [
        (cifar(usize::MAX, 1), 256),
        (cifar(257, 1), 256),
        (cifar(4, 1_000_000), 256),
        (LearnerConfig::ResNet18 { width: 129 }, 128),
        (LearnerConfig::ResNet18Cifar { width: usize::MAX }, 128),
        (LearnerConfig::Mlp { width: 4097 }, 4096),
    ] {
        let error = config.init(shape, 0, &Device::flex());
        let message = error.unwrap_err().to_string();
        let limit = format!("width goes up to {limit}");
        assert!(message.contains(&limit), "{message}");
    }
}

#[test]
fn a_perceptron_beyond_a_binding_is_refused_with_a_width_that_fits() {
    let config = |width| LearnerConfig::Mlp { width };
    let photographs = shape(224, 3, 3);
    let message = config(256).check(&photographs).unwrap_err().to_string();
    assert!(message.contains("150528 values"), "{message}");
    assert!(message.contains("a width of 222"), "{message}");
    config(222).check(&photographs).unwrap();
    config(223).check(&photographs).unwrap_err();
}

/// Two hidden layers of 5 on 3 x 2 x 2 values, and 3 classes; no gradient reaches the image.
#[test]
fn a_perceptron_costs_its_weights() {
    let flops = flops("mlp-w5", &shape(2, 3, 3));
    assert_eq!(flops.forward, 2 * (12 * 5 + 5 * 5 + 5 * 3));
    assert_eq!(flops.backward, 2 * flops.forward - 2 * 12 * 5);
}

#[test]
fn an_extent_of_zero_is_refused_by_name() {
    let shape = shape(8, 0, 3);
    let refused = |config: LearnerConfig| {
        let error = config.init(shape, 0, &Device::flex());
        error.unwrap_err().to_string()
    };
    let message = refused("resnet8-w4".parse().unwrap());
    assert!(message.contains("channels is 0"), "{message}");
    let message = refused(LearnerConfig::ResNet18 { width: 0 });
    assert!(message.contains("width is 0"), "{message}");
}

#[test]
fn half_precision_convolutions_give_nearly_the_same_logits() {
    let device = Device::flex();
    let shape = shape(9, 1, 3);
    let learner: LearnerConfig = "resnet18-w4".parse().unwrap();
    let learner = learner.init(shape, 3, &device).unwrap();
    let images = Tensor::<1, burn::tensor::Int>::arange(0..162, &device);
    let images = images.float().sin().reshape([2, 1, 9, 9]);
    let values = |precision| {
        let logits = learner.forward_in(images.clone(), precision);
        logits.try_into_vec_as::<f32>().unwrap()
    };
    let (full, mixed) = (values(Precision::Full), values(Precision::Mixed));
    let size = full.iter().map(|v| v.abs()).fold(0.0, f32::max);
    for (a, b) in full.iter().zip(&mixed) {
        assert!((a - b).abs() < 0.02 * size, "{full:?} {mixed:?}");
    }
    assert_ne!(full, mixed);
}

fn flops(name: &str, shape: &LearnerShape) -> LearnerFlops {
    let config: LearnerConfig = name.parse().unwrap();
    config.flops(shape)
}

#[test]
fn resnet20_costs_what_is_reported_for_it() {
    // 40.8 million multiply-adds on 32x32 RGB with shortcuts free of weights; our 1x1
    // shortcuts add 2 x 131,072.
    let shape = shape(32, 3, 10);
    let flops = flops("resnet20-w16", &shape);
    let multiply_adds = flops.forward / 2 - 2 * 131_072;
    assert!(
        (40_500_000..41_000_000).contains(&multiply_adds),
        "{multiply_adds}"
    );
    assert!(flops.backward < 2 * flops.forward && flops.backward > flops.forward);
}

/// 1.814 billion multiply-adds for ResNet-18 at 224 (torchvision's documentation says 1.81),
/// and 0.556 for its CIFAR form at 32, both with the classifier.
#[test]
fn resnet18_costs_what_is_published_for_it() {
    for (name, side, classes, published) in [
        ("resnet18", 224, 1000, 1.814),
        ("resnet18-cifar", 32, 10, 0.556),
    ] {
        let shape = shape(side, 3, classes);
        let flops = flops(name, &shape);
        let giga = flops.forward as f64 / 2e9;
        assert!((giga - published).abs() < 1e-3, "{name}: {giga}");
        assert!(flops.backward < 2 * flops.forward, "{name}");
    }
}

#[test]
fn an_odd_side_is_halved_upwards_like_the_network_does() {
    let shape = shape(7, 1, 1);
    // 7x7, then 4x4, then 2x2 outputs.
    let expected = 49 * (9 + 9 + 9) + 16 * (18 + 36 + 2) + 4 * (72 + 144 + 8) + 4;
    assert_eq!(flops("resnet8-w1", &shape).forward, 2 * expected);
}
