//! What a ResNet is made of, in one description: names and shapes of its weights, the order of its
//! convolutions and their multiply-adds all follow from it.
//!
//! Architecture: He et al., arXiv 1512.03385, tables 1 and 6. The ImageNet family is laid out and
//! named as torchvision does, with the stride of a bottleneck in its 3x3 convolution (v1.5); the
//! CIFAR family as akamaster/pytorch_resnet_cifar10 does.

use crate::reference::ReferenceName;
use crate::weights::{ANY, Expected};

/// What the members of a family share.
#[derive(Debug)]
pub(in crate::reference) struct Family {
    /// Side of the images that it was trained on.
    pub(in crate::reference) side: usize,
    /// Below it the last stage sees less than one pixel of the first.
    pub(in crate::reference) least_side: usize,
    stem_kernel: usize,
    stem_stride: usize,
    /// Whether a 3x3 maximum pooling of stride 2 follows the stem.
    pub(super) pooled_stem: bool,
    /// Whether shortcuts that change the shape are convolutions; if not, they drop every other
    /// pixel and add empty channels.
    projected: bool,
    /// Name of the layer after the features.
    pub(super) classifier: &'static str,
}

const IMAGENET: Family = Family {
    side: 224,
    least_side: 32,
    stem_kernel: 7,
    stem_stride: 2,
    pooled_stem: true,
    projected: true,
    classifier: "fc",
};

const CIFAR: Family = Family {
    side: 32,
    least_side: 8,
    stem_kernel: 3,
    stem_stride: 1,
    pooled_stem: false,
    projected: false,
    classifier: "linear",
};

/// One ResNet.
#[derive(Debug)]
pub(in crate::reference) struct Plan {
    pub(in crate::reference) name: ReferenceName,
    pub(in crate::reference) family: Family,
    /// Three convolutions a block and four times the channels, instead of two and one.
    bottleneck: bool,
    /// Channels and blocks; every stage but the first halves the side.
    stages: &'static [(usize, usize)],
}

const fn imagenet(
    name: ReferenceName,
    bottleneck: bool,
    stages: &'static [(usize, usize)],
) -> Plan {
    Plan {
        name,
        family: IMAGENET,
        bottleneck,
        stages,
    }
}

const fn cifar(name: ReferenceName, stages: &'static [(usize, usize)]) -> Plan {
    Plan {
        name,
        family: CIFAR,
        bottleneck: false,
        stages,
    }
}

use ReferenceName as N;
const SMALL: [(usize, usize); 4] = [(64, 2), (128, 2), (256, 2), (512, 2)];
const LARGE: [(usize, usize); 4] = [(64, 3), (128, 4), (256, 6), (512, 3)];
pub(in crate::reference) const RESNET18: Plan = imagenet(N::Resnet18, false, &SMALL);
pub(in crate::reference) const RESNET34: Plan = imagenet(N::Resnet34, false, &LARGE);
pub(in crate::reference) const RESNET50: Plan = imagenet(N::Resnet50, true, &LARGE);
pub(in crate::reference) const CIFAR20: Plan =
    cifar(N::CifarResnet20, &[(16, 3), (32, 3), (64, 3)]);
pub(in crate::reference) const CIFAR32: Plan =
    cifar(N::CifarResnet32, &[(16, 5), (32, 5), (64, 5)]);
pub(in crate::reference) const CIFAR44: Plan =
    cifar(N::CifarResnet44, &[(16, 7), (32, 7), (64, 7)]);
pub(in crate::reference) const CIFAR56: Plan =
    cifar(N::CifarResnet56, &[(16, 9), (32, 9), (64, 9)]);

/// A convolution and the batch norm after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) convolution: String,
    pub(super) batch_norm: String,
    inputs: usize,
    outputs: usize,
    kernel: usize,
    pub(super) stride: usize,
    pub(super) relu: bool,
}

impl Step {
    pub(super) fn shape(&self) -> [usize; 4] {
        [self.outputs, self.inputs, self.kernel, self.kernel]
    }

    /// Before and after: a stride of 1 keeps the side.
    pub(super) fn padding(&self) -> [(usize, usize); 2] {
        [(self.kernel / 2, self.kernel / 2); 2]
    }
}

/// How a block's input reaches its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shortcut<S = Step> {
    Same,
    Projected(S),
    /// Every `stride`-th pixel, and `empty` channels of zeros before and after the others.
    Padded {
        stride: usize,
        empty: usize,
    },
}

/// Convolutions whose result is added to the shortcut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block<S = Step> {
    pub(super) body: Vec<S>,
    pub(super) shortcut: Shortcut<S>,
}

impl Plan {
    /// Features per image.
    pub(in crate::reference) fn features(&self) -> usize {
        self.stages
            .last()
            .map_or(0, |(channels, _)| channels * self.growth())
    }

    pub(super) fn stem(&self) -> Step {
        Step {
            convolution: "conv1".into(),
            batch_norm: "bn1".into(),
            inputs: 3,
            outputs: self.stages[0].0,
            kernel: self.family.stem_kernel,
            stride: self.family.stem_stride,
            relu: true,
        }
    }

    /// Every block in the order in which data meets it.
    pub(super) fn blocks(&self) -> Vec<Block> {
        let mut inputs = self.stages[0].0;
        let mut blocks = Vec::new();
        for (stage, (channels, count)) in self.stages.iter().enumerate() {
            for at in 0..*count {
                let stride = if stage > 0 && at == 0 { 2 } else { 1 };
                let name = format!("layer{}.{at}", stage + 1);
                blocks.push(self.block(&name, inputs, *channels, stride));
                inputs = channels * self.growth();
            }
        }
        blocks
    }

    fn growth(&self) -> usize {
        if self.bottleneck { 4 } else { 1 }
    }

    fn block(&self, name: &str, inputs: usize, channels: usize, stride: usize) -> Block {
        let outputs = channels * self.growth();
        // Kernel, stride, channels out.
        let convolutions: &[_] = if self.bottleneck {
            &[(1, 1, channels), (3, stride, channels), (1, 1, outputs)]
        } else {
            &[(3, stride, channels), (3, 1, channels)]
        };
        let mut before = inputs;
        let body = convolutions
            .iter()
            .enumerate()
            .map(|(at, &(kernel, stride, after))| Step {
                convolution: format!("{name}.conv{}", at + 1),
                batch_norm: format!("{name}.bn{}", at + 1),
                inputs: std::mem::replace(&mut before, after),
                outputs: after,
                kernel,
                stride,
                relu: at + 1 < convolutions.len(),
            })
            .collect();
        let shortcut = if stride == 1 && inputs == outputs {
            Shortcut::Same
        } else if self.family.projected {
            Shortcut::Projected(Step {
                convolution: format!("{name}.downsample.0"),
                batch_norm: format!("{name}.downsample.1"),
                inputs,
                outputs,
                kernel: 1,
                stride,
                relu: false,
            })
        } else {
            let empty = (outputs - inputs) / 2;
            Shortcut::Padded { stride, empty }
        };
        Block { body, shortcut }
    }

    /// What a weights file holds: the classifier may be left out, and may have any classes.
    pub(in crate::reference) fn expected(&self) -> Expected {
        let stem = self.stem();
        let blocks = self.blocks();
        let steps = blocks.iter().flat_map(|block| {
            let projection = match &block.shortcut {
                Shortcut::Projected(step) => Some(step),
                _ => None,
            };
            block.body.iter().chain(projection)
        });
        let mut required = Vec::new();
        for step in std::iter::once(&stem).chain(steps) {
            let shape = step.shape().to_vec();
            required.push((format!("{}.weight", step.convolution), shape));
            for part in ["weight", "bias", "running_mean", "running_var"] {
                required.push((format!("{}.{part}", step.batch_norm), vec![step.outputs]));
            }
        }
        let classifier = self.family.classifier;
        let optional = vec![
            (format!("{classifier}.weight"), vec![ANY, self.features()]),
            (format!("{classifier}.bias"), vec![ANY]),
        ];
        Expected { required, optional }
    }

    /// Multiply-adds of the convolutions for one image.
    pub(super) fn multiply_adds(&self, side: usize) -> u64 {
        let stem = self.stem();
        let (mut total, mut side) = spent(&stem, side);
        if self.family.pooled_stem {
            side = side.div_ceil(2);
        }
        for block in self.blocks() {
            if let Shortcut::Projected(step) = &block.shortcut {
                total += spent(step, side).0;
            }
            for step in &block.body {
                let (more, after) = spent(step, side);
                total += more;
                side = after;
            }
        }
        total
    }
}

/// Multiply-adds of one step, and the side after it.
fn spent(step: &Step, side: usize) -> (u64, usize) {
    let after = side.div_ceil(step.stride);
    let each: usize = step.shape().iter().product();
    ((after * after * each) as u64, after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(plan: &Plan, classes: usize) -> usize {
        let expected = plan.expected();
        let backbone: usize = expected
            .required
            .iter()
            .filter(|(name, _)| !name.contains("running"))
            .map(|(_, shape)| shape.iter().product::<usize>())
            .sum();
        backbone + (plan.features() + 1) * classes
    }

    /// Torchvision's documentation of each model; the CIFAR models' README rounds to 0.01 million.
    #[test]
    fn plans_have_the_published_sizes() {
        for (plan, published) in [
            (RESNET18, 11_689_512),
            (RESNET34, 21_797_672),
            (RESNET50, 25_557_032),
        ] {
            assert_eq!(parameters(&plan, 1000), published, "{}", plan.name);
        }
        for (plan, published) in [
            (CIFAR20, 0.27),
            (CIFAR32, 0.46),
            (CIFAR44, 0.66),
            (CIFAR56, 0.85),
        ] {
            let millions = parameters(&plan, 10) as f64 / 1e6;
            assert!(
                (millions - published).abs() < 0.006,
                "{}: {millions}",
                plan.name
            );
        }
    }

    /// Torchvision's documentation gives billions with the classifier, to 0.01.
    #[test]
    fn multiply_adds_are_the_published_ones() {
        for (plan, published) in [(RESNET18, 1.81), (RESNET34, 3.66), (RESNET50, 4.09)] {
            let classifier = (plan.features() * 1000) as u64;
            let billions = (plan.multiply_adds(224) + classifier) as f64 / 1e9;
            assert!(
                (billions - published).abs() <= 0.005,
                "{}: {billions}",
                plan.name
            );
        }
    }
}
