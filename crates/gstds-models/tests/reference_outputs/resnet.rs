//! Torchvision's ResNet-18 with pretrained weights; src/reference/resnet/tests.rs holds every
//! ResNet to PyTorch with weights that are a formula.

use crate::recorded::{host, input, values};
use burn::tensor::Device;
use gstds_models::reference::{Reference, ReferenceName, ResNet};
use gstds_models::weights::Weights;
use gstds_testing::assert_close;
use safetensors::SafeTensors;

/// Features reach 11 on these pictures; the outputs were recorded with the same f16 weights.
const TOLERANCE: f32 = 0.0005;

#[test]
fn six_photographs_give_the_original_features() {
    let outputs = gstds_testing::shared("weights/reference_outputs.safetensors");
    let weights =
        gstds_testing::shared("weights/resnet18_imagenet_recal/resnet18_backbone_f16.safetensors");
    let (Some(outputs), Some(weights)) = (outputs, weights) else {
        return;
    };
    let bytes = std::fs::read(outputs).unwrap();
    let recorded = SafeTensors::deserialize(&bytes).unwrap();
    let images = recorded.tensor("images_u8_nhwc").unwrap();
    let device = Device::flex();
    let weights = Weights::open(&weights).unwrap();
    let network = ResNet::new(ReferenceName::Resnet18, 224, &weights, &device).unwrap();
    assert_eq!(network.classes(), None, "the file is a backbone");
    let input = input(&network, images.data(), 224, &device);
    assert!(network.logits(input.clone()).unwrap().is_none());
    let features = host(network.features(input).unwrap());
    let expected = values(&recorded, "resnet18_avgpool");
    assert_close(&features, &expected, TOLERANCE, "features");
}
