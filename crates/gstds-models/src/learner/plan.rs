//! The layers of a learner before its classifier, by which its weights are drawn and its operations
//! counted.

use super::{LearnerConfig, LearnerShape};
use crate::resnet::{ResNetPlan, ResNetSpec, Stem};

pub(super) enum LearnerPlan {
    Residual(ResNetPlan),
    Perceptron(PerceptronPlan),
}

/// Layers that each see every value of the one before.
pub(super) struct PerceptronPlan {
    /// Values of an image.
    pub inputs: usize,
    /// Values of each hidden layer.
    pub width: usize,
}

impl PerceptronPlan {
    /// Inputs and outputs of each hidden layer.
    pub fn layers(&self) -> [[usize; 2]; 2] {
        [[self.inputs, self.width], [self.width, self.width]]
    }
}

impl LearnerPlan {
    /// Values that enter the classifier.
    pub fn features(&self) -> usize {
        match self {
            Self::Residual(plan) => plan.features,
            Self::Perceptron(plan) => plan.width,
        }
    }

    /// Multiply-adds of each layer for one image of `side`.
    pub fn multiply_adds(&self, side: usize) -> Vec<u64> {
        match self {
            Self::Residual(plan) => plan.multiply_adds(side),
            Self::Perceptron(plan) => {
                let layers = plan.layers();
                layers.map(|[from, to]| (from * to) as u64).into()
            }
        }
    }

    /// Values of the largest activation of one image of `side`.
    pub fn largest_activation(&self, side: usize) -> u64 {
        match self {
            Self::Residual(plan) => plan.largest_activation(side),
            Self::Perceptron(plan) => plan.inputs.max(plan.width) as u64,
        }
    }
}

impl LearnerConfig {
    pub(super) fn plan(&self, shape: &LearnerShape) -> LearnerPlan {
        let residual = |spec| LearnerPlan::Residual(ResNetPlan::new(&spec, shape.channels));
        match *self {
            Self::Cifar { width, blocks } => residual(cifar(width, blocks)),
            Self::ResNet18 { width } => residual(ResNetSpec::torchvision(width, [2; 4])),
            Self::ResNet18Cifar { width } => residual(ResNetSpec {
                stem: Stem::Cifar,
                ..ResNetSpec::torchvision(width, [2; 4])
            }),
            Self::Mlp { width } => LearnerPlan::Perceptron(PerceptronPlan {
                inputs: shape.channels * shape.side * shape.side,
                width,
            }),
        }
    }

    /// None for a perceptron.
    pub(crate) fn residual_plan(&self, channels: usize) -> Option<ResNetPlan> {
        // Neither side nor classes change it.
        let shape = LearnerShape {
            side: 1,
            channels,
            classes: 1,
        };
        match self.plan(&shape) {
            LearnerPlan::Residual(plan) => Some(plan),
            LearnerPlan::Perceptron(_) => None,
        }
    }
}

fn cifar(width: usize, blocks: usize) -> ResNetSpec {
    ResNetSpec {
        stem: Stem::Cifar,
        ..ResNetSpec::torchvision(width, [blocks, blocks, blocks, 0])
    }
}
