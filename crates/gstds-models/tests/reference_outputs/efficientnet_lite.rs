//! EfficientNet-Lite0 against its original implementation in PyTorch.
//!
//! Rounding the weights to f16 moves a logit by 0.020 at most on these pictures (measured in
//! PyTorch; logits reach 15), so outputs recorded with the published f32 weights are held to 0.05.
//! Outputs recorded with the same rounded weights are held to 0.001: there only the network can
//! differ.

use crate::recorded::{host, input, values};
use burn::tensor::Device;
use gstds_models::reference::{EfficientNetLite0, Reference};
use gstds_testing::{assert_close, picture};
use safetensors::SafeTensors;

const WITH_PUBLISHED_WEIGHTS: f32 = 0.05;
const WITH_ROUNDED_WEIGHTS: f32 = 0.001;

/// Class numbers of the `count` largest logits, largest first.
fn top(logits: &[f32], count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
    order.truncate(count);
    order
}

fn assert_same_ranking(found: &[f32], expected: &[f32], what: &str) {
    assert_eq!(top(found, 1), top(expected, 1), "top-1 of {what}");
    let sorted = |logits| {
        let mut classes = top(logits, 5);
        classes.sort_unstable();
        classes
    };
    assert_eq!(sorted(found), sorted(expected), "top-5 of {what}");
}

#[test]
fn a_drawn_picture_gives_the_original_outputs_at_even_and_odd_sides() {
    let bytes = include_bytes!("../data/efficientnet-lite0.safetensors");
    let recorded = SafeTensors::deserialize(bytes).unwrap();
    let device = Device::flex();
    for side in [100, 224] {
        let network = EfficientNetLite0::embedded(side, &device).unwrap();
        let image = input(&network, &picture(side), side, &device);
        let features = host(network.features(image.clone()).unwrap());
        let logits = host(network.logits(image).unwrap());
        for (weights, tolerance) in [
            ("original", WITH_PUBLISHED_WEIGHTS),
            ("rounded", WITH_ROUNDED_WEIGHTS),
        ] {
            for (what, found) in [("logits", &logits), ("features", &features)] {
                let name = format!("{weights}_{what}_{side}");
                assert_close(found, &values(&recorded, &name), tolerance, &name);
            }
        }
        assert_same_ranking(
            &logits,
            &values(&recorded, &format!("original_logits_{side}")),
            "it",
        );
    }
}

#[test]
fn six_photographs_give_the_original_outputs() {
    let Some(path) = gstds_testing::shared("weights/reference_outputs.safetensors") else {
        return;
    };
    let bytes = std::fs::read(path).unwrap();
    let recorded = SafeTensors::deserialize(&bytes).unwrap();
    let images = recorded.tensor("images_u8_nhwc").unwrap();
    assert_eq!(images.shape(), [6, 224, 224, 3]);
    let device = Device::flex();
    let network = EfficientNetLite0::embedded(224, &device).unwrap();
    let input = input(&network, images.data(), 224, &device);
    let logits = host(network.logits(input.clone()).unwrap());
    let features = host(network.features(input).unwrap());
    let expected = values(&recorded, "effnet_lite0_logits");
    for (image, (found, expected)) in logits.chunks(1000).zip(expected.chunks(1000)).enumerate() {
        assert_same_ranking(found, expected, &format!("photograph {image}"));
    }
    assert_close(&logits, &expected, WITH_PUBLISHED_WEIGHTS, "logits");
    let expected = values(&recorded, "effnet_lite0_feat");
    assert_close(&features, &expected, WITH_PUBLISHED_WEIGHTS, "features");
}

/// Counted in PyTorch over every convolution's output, see tests/data/record.py for the packages.
#[test]
fn multiply_adds_are_those_counted_in_the_original() {
    for (side, counted) in [(100, 100_025_280), (128, 125_357_568), (224, 383_907_552)] {
        let network = EfficientNetLite0::embedded(side, &Device::flex()).unwrap();
        assert_eq!(network.info().multiply_adds, counted, "side {side}");
    }
}
