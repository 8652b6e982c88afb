//! Residual networks (He et al., arXiv 1512.03385) in one description, for frozen reference models
//! and trained learners alike: the names and shapes of the weights, the forward pass and the
//! operations of a network follow from its [`ResNetPlan`].

use crate::convolution::{Convolution, global_average};
use crate::weights::{ANY, NamedShape, WeightLayout};
use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use burn::tensor::module::max_pool2d;
use burn::tensor::ops::MaxPoolOptions;
use std::ops::Range;

/// A family and size of ResNets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ResNetSpec {
    pub(crate) stem: Stem,
    /// Channels of the first stage. Every other stage doubles them and halves the side.
    pub(crate) width: usize,
    /// Blocks of each stage; 0 for a stage that is not there.
    pub(crate) blocks: [usize; 4],
    /// Three convolutions per block and four times the channels, instead of two and one. The stride
    /// is in the 3x3 convolution, as in torchvision (v1.5).
    pub(crate) bottleneck: bool,
    /// Shortcuts that change the shape drop every other pixel and add channels of zeros, as in
    /// akamaster/pytorch_resnet_cifar10; otherwise they are 1x1 convolutions.
    pub(crate) padded_shortcuts: bool,
    /// Name of the linear layer after the features.
    pub(crate) classifier: &'static str,
}

/// What comes before the first stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stem {
    /// A 7x7 convolution of stride 2 and a 3x3 max-pooling of stride 2.
    ImageNet,
    /// A 3x3 convolution of stride 1.
    Cifar,
}

impl ResNetSpec {
    /// Torchvision's ResNets of basic blocks; the base of every other.
    pub(crate) const fn torchvision(width: usize, blocks: [usize; 4]) -> Self {
        Self {
            stem: Stem::ImageNet,
            width,
            blocks,
            bottleneck: false,
            padded_shortcuts: false,
            classifier: "fc",
        }
    }

    /// Features per image.
    pub(crate) fn features(&self) -> usize {
        let stages = self.blocks.iter().filter(|count| **count > 0).count();
        (self.width << (stages - 1)) * self.expansion()
    }

    fn expansion(&self) -> usize {
        if self.bottleneck { 4 } else { 1 }
    }
}

/// Convolutions whose output is added to their input, by their places in the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) body: Range<usize>,
    pub(crate) shortcut: Shortcut,
}

/// How a block's input is added to its output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shortcut {
    Identity,
    /// By the convolution at this place in the plan.
    Projection(usize),
    /// Every `stride`-th pixel, with `zeros` channels before and after the others.
    Padded {
        stride: usize,
        zeros: usize,
    },
}

/// Every layer of a ResNet but the classifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResNetPlan {
    /// In the order in which an image meets them: the stem, then each block's body and projection.
    pub(crate) convolutions: Vec<Convolution>,
    pub(crate) blocks: Vec<Block>,
    /// Features per image.
    pub(crate) features: usize,
    max_pool: bool,
    classifier: &'static str,
}

impl ResNetPlan {
    /// The plan for images of this many channels.
    pub(crate) fn new(spec: &ResNetSpec, channels: usize) -> Self {
        let max_pool = spec.stem == Stem::ImageNet;
        let (kernel, stride) = if max_pool { (7, 2) } else { (3, 1) };
        let stem = Convolution {
            name: "conv1".into(),
            norm: "bn1".into(),
            inputs: channels,
            outputs: spec.width,
            kernel,
            stride,
        };
        let mut plan = Self {
            convolutions: vec![stem],
            blocks: Vec::new(),
            features: spec.width,
            max_pool,
            classifier: spec.classifier,
        };
        for (stage, count) in spec.blocks.into_iter().enumerate() {
            for block in 0..count {
                let stride = if stage > 0 && block == 0 { 2 } else { 1 };
                let name = format!("layer{}.{block}", stage + 1);
                plan.push_block(spec, &name, spec.width << stage, stride);
            }
        }
        plan
    }

    fn push_block(&mut self, spec: &ResNetSpec, block: &str, channels: usize, stride: usize) {
        let (inputs, outputs) = (self.features, channels * spec.expansion());
        // Kernel, stride, channels out.
        let body: &[_] = if spec.bottleneck {
            &[(1, 1, channels), (3, stride, channels), (1, 1, outputs)]
        } else {
            &[(3, stride, channels), (3, 1, channels)]
        };
        let start = self.convolutions.len();
        for (at, &(kernel, stride, outputs)) in body.iter().enumerate() {
            self.convolutions.push(Convolution {
                name: format!("{block}.conv{}", at + 1),
                norm: format!("{block}.bn{}", at + 1),
                inputs: std::mem::replace(&mut self.features, outputs),
                outputs,
                kernel,
                stride,
            });
        }
        let end = self.convolutions.len();
        let shortcut = if stride == 1 && inputs == outputs {
            Shortcut::Identity
        } else if spec.padded_shortcuts {
            let zeros = (outputs - inputs) / 2;
            Shortcut::Padded { stride, zeros }
        } else {
            self.convolutions.push(Convolution {
                name: format!("{block}.downsample.0"),
                norm: format!("{block}.downsample.1"),
                inputs,
                outputs,
                kernel: 1,
                stride,
            });
            Shortcut::Projection(end)
        };
        self.blocks.push(Block {
            body: start..end,
            shortcut,
        });
    }

    /// The features `[images, features]` of `[images, channels, side, side]`, where `convolve` does
    /// the convolution and batch norm at a place in the plan.
    pub(crate) fn forward(
        &self,
        images: Tensor<4>,
        convolve: impl Fn(usize, Tensor<4>) -> Tensor<4>,
    ) -> Tensor<2> {
        let mut x = relu(convolve(0, images));
        if self.max_pool {
            let options = MaxPoolOptions::new([3, 3])
                .with_stride([2, 2])
                .with_padding([1, 1]);
            x = max_pool2d(x, options);
        }
        for block in &self.blocks {
            let mut y = convolve(block.body.start, x.clone());
            for at in block.body.clone().skip(1) {
                y = convolve(at, relu(y));
            }
            let shortcut = match block.shortcut {
                Shortcut::Identity => x,
                Shortcut::Projection(at) => convolve(at, x),
                Shortcut::Padded { stride, zeros } => padded(x, stride, zeros),
            };
            x = relu(y + shortcut);
        }
        global_average(x)
    }

    /// What a weights file holds: the classifier may be left out, and may have any classes.
    pub(crate) fn layout(&self) -> WeightLayout {
        WeightLayout {
            required: self.tensors(),
            optional: self.classifier_tensors(ANY).into(),
        }
    }

    /// Name and shape of every tensor of the convolutions and batch norms.
    pub(crate) fn tensors(&self) -> Vec<NamedShape> {
        let convolutions = self.convolutions.iter();
        convolutions.flat_map(Convolution::tensors).collect()
    }

    /// Those of the classifier: weight and bias.
    pub(crate) fn classifier_tensors(&self, classes: usize) -> [NamedShape; 2] {
        let name = |part| format!("{}.{part}", self.classifier);
        [
            (name("weight"), vec![classes, self.features]),
            (name("bias"), vec![classes]),
        ]
    }

    /// Multiply-adds of each convolution for one image of `side`.
    pub(crate) fn multiply_adds(&self, side: usize) -> Vec<u64> {
        let layers = self.convolutions.iter().zip(self.sides(side));
        layers
            .map(|(layer, side)| layer.multiply_adds(side))
            .collect()
    }

    /// Values of the largest activation of one image of `side`.
    pub(crate) fn largest_activation(&self, side: usize) -> u64 {
        let values = |channels: usize, side: usize| channels as u64 * (side * side) as u64;
        let layers = self.convolutions.iter().zip(self.sides(side));
        layers
            .map(|(layer, side)| values(layer.outputs, side))
            .fold(values(self.convolutions[0].inputs, side), u64::max)
    }

    /// Side of each convolution's output for an image of `side`: a stride halves upwards.
    fn sides(&self, side: usize) -> Vec<usize> {
        let mut sides = vec![side.div_ceil(self.convolutions[0].stride)];
        let mut side = sides[0].div_ceil(if self.max_pool { 2 } else { 1 });
        for block in &self.blocks {
            for layer in &self.convolutions[block.body.clone()] {
                side = side.div_ceil(layer.stride);
                sides.push(side);
            }
            if let Shortcut::Projection(_) = block.shortcut {
                sides.push(side);
            }
        }
        sides
    }
}

/// A shortcut without weights. A 1x1 window takes one pixel of each stride.
fn padded(x: Tensor<4>, stride: usize, zeros: usize) -> Tensor<4> {
    let pixels = MaxPoolOptions::new([1, 1]).with_stride([stride; 2]);
    let x = max_pool2d(x, pixels);
    let [images, _, height, width] = x.dims();
    let zeros = Tensor::zeros([images, zeros, height, width], &x.device());
    Tensor::cat(vec![zeros.clone(), x, zeros], 1)
}

#[cfg(test)]
mod tests;
