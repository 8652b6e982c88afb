//! Reference models by name, with and without a weights file.

use burn::tensor::Device;
use gstds_models::reference::{OpenReference, ReferenceConfig, ReferenceName};
use gstds_models::{Error, Result};
use std::path::{Path, PathBuf};

fn open(model: ReferenceName, weights: Option<&Path>) -> Result<OpenReference> {
    let config = ReferenceConfig {
        weights: weights.map(PathBuf::from),
        ..ReferenceConfig::new(model)
    };
    config.open()
}

#[test]
fn the_model_in_the_binary_opens_without_a_file_at_the_side_asked_for() {
    let name = ReferenceName::EfficientnetLite0;
    let device = Device::flex();
    let network = open(name, None).unwrap().load(&device);
    assert_eq!(
        (network.info().name, network.info().features),
        ("efficientnet-lite0", name.features())
    );
    assert_eq!(network.info().preprocess.side, 224);
    let mut config = ReferenceConfig::new(name);
    config.side = 96;
    let network = config.open().unwrap().load(&device);
    assert_eq!(network.info().preprocess.side, 96);
    config.side = 2000;
    let refused = config.open().unwrap_err();
    assert!(refused.to_string().contains("32 to 1024"), "{refused}");
}

#[test]
fn every_other_model_says_which_file_it_needs() {
    for &name in &ReferenceName::ALL[1..] {
        let refused = open(name, None).unwrap_err();
        assert!(matches!(refused, Error::NoWeights { .. }));
        let message = refused.to_string();
        let origin = name.weights_origin().unwrap();
        for part in [name.name(), "set weights to", origin] {
            assert!(message.contains(part), "{part} not in: {message}");
        }
    }
}

#[test]
fn a_file_of_another_model_is_refused_by_name() {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    let weights = assets.join("efficientnet-lite0.safetensors");
    let opened = open(ReferenceName::EfficientnetLite0, Some(&weights)).unwrap();
    let network = opened.load(&Device::flex());
    assert_eq!(network.info().weights_sha256.len(), 64);
    let refused = open(ReferenceName::Resnet50, Some(&weights)).unwrap_err();
    let message = refused.to_string();
    assert!(message.contains("do not fit resnet50"), "{message}");
    assert!(
        message.contains("it looks like efficientnet-lite0"),
        "{message}"
    );
}
