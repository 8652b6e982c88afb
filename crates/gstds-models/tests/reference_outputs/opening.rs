//! Reference models by name, with and without a weights file.

use burn::tensor::Device;
use gstds_models::Error;
use gstds_models::reference::{self, ReferenceName};
use std::path::Path;

#[test]
fn the_model_in_the_binary_opens_without_a_file_at_the_side_asked_for() {
    let name = ReferenceName::EfficientnetLite0;
    let device = Device::flex();
    let network = reference::open(name, None, None, &device).unwrap();
    assert_eq!(
        (network.name(), network.width()),
        ("efficientnet-lite0", name.features())
    );
    assert_eq!(network.preprocess().side, 224);
    let network = reference::open(name, None, Some(96), &device).unwrap();
    assert_eq!(network.preprocess().side, 96);
    let refused = reference::open(name, None, Some(2000), &device)
        .err()
        .unwrap();
    assert!(refused.to_string().contains("32 to 1024"), "{refused}");
}

#[test]
fn every_other_model_says_which_file_it_needs() {
    for &name in &ReferenceName::ALL[1..] {
        let refused = reference::open(name, None, None, &Device::flex())
            .err()
            .unwrap();
        assert!(matches!(refused, Error::NoWeights { .. }));
        let message = refused.to_string();
        let origin = name.weights_origin().unwrap();
        for part in [name.name(), "--weights FILE", origin] {
            assert!(message.contains(part), "{part} not in: {message}");
        }
    }
}

#[test]
fn a_file_of_another_model_is_refused_by_name() {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    let weights = assets.join("efficientnet-lite0.safetensors");
    let device = Device::flex();
    let name = ReferenceName::EfficientnetLite0;
    let network = reference::open(name, Some(&weights), None, &device).unwrap();
    assert_eq!(network.weights_sha256().len(), 64);
    let name = ReferenceName::Resnet50;
    let refused = reference::open(name, Some(&weights), None, &device)
        .err()
        .unwrap();
    let message = refused.to_string();
    assert!(message.contains("do not fit resnet50"), "{message}");
    assert!(
        message.contains("it looks like efficientnet-lite0"),
        "{message}"
    );
}
