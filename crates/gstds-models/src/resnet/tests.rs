//! Plans against the published figures of the networks.

use super::*;
use crate::learner::LearnerConfig;
use crate::reference::ReferenceName;

fn reference(name: &str) -> ResNetPlan {
    let name: ReferenceName = name.parse().unwrap();
    ResNetPlan::new(&name.resnet().unwrap(), 3)
}

fn learner(name: &str, channels: usize) -> ResNetPlan {
    let config: LearnerConfig = name.parse().unwrap();
    config.residual_plan(channels).unwrap()
}

fn parameters(plan: &ResNetPlan) -> usize {
    let tensors = plan.tensors();
    let trained = |name: &str| !name.contains("running");
    let sizes = tensors.iter().filter(|(name, _)| trained(name));
    sizes
        .map(|(_, shape)| shape.iter().product::<usize>())
        .sum()
}

fn with_classifier(plan: &ResNetPlan, classes: usize) -> usize {
    parameters(plan) + (plan.features + 1) * classes
}

/// Torchvision's documentation of each model; the CIFAR models' README rounds to 0.01 million.
#[test]
fn plans_have_the_published_sizes() {
    for (name, published) in [
        ("resnet18", 11_689_512),
        ("resnet34", 21_797_672),
        ("resnet50", 25_557_032),
    ] {
        assert_eq!(with_classifier(&reference(name), 1000), published, "{name}");
    }
    for (name, published) in [
        ("cifar-resnet20", 0.27),
        ("cifar-resnet32", 0.46),
        ("cifar-resnet44", 0.66),
        ("cifar-resnet56", 0.85),
    ] {
        let millions = with_classifier(&reference(name), 10) as f64 / 1e6;
        assert!((millions - published).abs() < 0.006, "{name}: {millions}");
    }
}

/// Torchvision's documentation gives billions with the classifier, to 0.01.
#[test]
fn multiply_adds_are_the_published_ones() {
    for (name, published) in [("resnet18", 1.81), ("resnet34", 3.66), ("resnet50", 4.09)] {
        let plan = reference(name);
        let convolutions: u64 = plan.multiply_adds(224).iter().sum();
        let billions = (convolutions + (plan.features * 1000) as u64) as f64 / 1e9;
        assert!((billions - published).abs() <= 0.005, "{name}: {billions}");
    }
}

#[test]
fn the_largest_tensor_is_found_wherever_it_lies() {
    let largest = |name, channels, side| learner(name, channels).largest_activation(side);
    // After the stem, 112x112; the image itself; after a stage that no side is left to halve.
    assert_eq!(largest("resnet18", 3, 224), 64 * 112 * 112);
    assert_eq!(largest("resnet8-w2", 3, 32), 3 * 32 * 32);
    assert_eq!(largest("resnet18-cifar-w2", 1, 1), 16);
}

#[test]
fn the_learner_resnet18_is_torchvisions() {
    let plan = learner("resnet18", 3);
    assert_eq!(plan, reference("resnet18"));
    let tensors = plan.tensors();
    // 20 convolutions, each with four tensors of its batch norm.
    assert_eq!(tensors.len(), 100);
    for (name, shape) in [
        ("conv1.weight", vec![64, 3, 7, 7]),
        ("bn1.running_var", vec![64]),
        ("layer1.1.conv2.weight", vec![64, 64, 3, 3]),
        ("layer2.0.conv1.weight", vec![128, 64, 3, 3]),
        ("layer2.0.downsample.0.weight", vec![128, 64, 1, 1]),
        ("layer4.0.downsample.1.bias", vec![512]),
        ("layer4.1.bn2.running_mean", vec![512]),
    ] {
        assert!(tensors.contains(&(name.into(), shape)), "{name}");
    }
    let first_stage = |name: &str| name.starts_with("layer1") && name.contains("downsample");
    assert!(!tensors.iter().any(|(name, _)| first_stage(name)));
    // 11,176,512 parameters, as torchvision's network without its classifier has.
    assert_eq!(parameters(&plan), 11_176_512);
}
