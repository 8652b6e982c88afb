//! Learners: small residual networks for square images, trained from scratch.

use crate::error::{Error, Result};
use burn::module::{Initializer, Module, Param};
use burn::nn::{
    BatchNorm, BatchNormConfig, Linear, LinearConfig, PaddingConfig2d,
    conv::{Conv2d, Conv2dConfig},
};
use burn::tensor::{Device, Tensor, TensorData, activation::relu};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde::{Deserialize, Serialize};

/// Stages of the CIFAR family; each but the first halves the side and doubles the channels.
pub(crate) const STAGES: usize = 3;

/// Widest and deepest learners accepted: ResNet-110 has 18 blocks, and the weights of one
/// convolution twice as wide pass 128 MiB, the storage binding that every device has.
const MOST_WIDTH: usize = 256;
const MOST_BLOCKS: usize = 36;

/// A member of the CIFAR ResNet family of He et al. (arXiv 1512.03385, section 4.2): 6·blocks + 2
/// layers, with 1x1 convolutions where a shortcut changes shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearnerConfig {
    /// Channels of the first stage; the paper's is 16.
    pub width: usize,
    /// Residual blocks a stage: 1 makes ResNet-8, 3 ResNet-20.
    pub blocks: usize,
}

/// What goes in and out of a learner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LearnerShape {
    /// Side of the square images, in pixels.
    pub side: usize,
    /// Values in a pixel.
    pub channels: usize,
    /// Classes told apart.
    pub classes: usize,
}

impl LearnerConfig {
    /// The usual name, such as `resnet8-w16`.
    #[must_use]
    pub fn name(&self) -> String {
        let layers = self.blocks.saturating_mul(6).saturating_add(2);
        format!("resnet{layers}-w{}", self.width)
    }

    /// Makes the network with weights that depend on `seed` alone: He-normal convolutions, drawn
    /// on the host, so that every adapter starts from the same point.
    ///
    /// # Errors
    /// [`Error::Config`] for an extent of zero.
    pub fn init(&self, shape: LearnerShape, seed: u64, device: &Device) -> Result<Learner> {
        let extents = [
            ("learner.width", self.width),
            ("learner.blocks", self.blocks),
            ("the images' side", shape.side),
            ("the images' channels", shape.channels),
            ("classes", shape.classes),
        ];
        if let Some((what, _)) = extents.iter().find(|(_, extent)| *extent == 0) {
            return Err(Error::Config {
                reason: format!("{what} is 0 and must be at least 1"),
            });
        }
        if self.width > MOST_WIDTH || self.blocks > MOST_BLOCKS {
            return Err(Error::Config {
                reason: format!(
                    "{} is too large a learner: width goes up to {MOST_WIDTH}, blocks to {MOST_BLOCKS}",
                    self.name()
                ),
            });
        }
        let mut maker = Maker {
            random: StdRng::seed_from_u64(seed),
            device,
        };
        let stem = maker.unit(shape.channels, self.width, 3, 1);
        let mut blocks = Vec::with_capacity(STAGES * self.blocks);
        let mut inputs = self.width;
        for stage in 0..STAGES {
            let outputs = self.width << stage;
            for block in 0..self.blocks {
                let stride = if stage > 0 && block == 0 { 2 } else { 1 };
                blocks.push(maker.block(inputs, outputs, stride));
                inputs = outputs;
            }
        }
        let head = maker.linear(inputs, shape.classes);
        Ok(Learner { stem, blocks, head })
    }
}

/// A residual network from images to class logits. Runs on any Burn device; gradients and batch
/// statistics where the device has autodiff.
#[derive(Module, Debug)]
pub struct Learner {
    stem: Unit,
    blocks: Vec<Block>,
    head: Linear,
}

impl Learner {
    /// Logits `[images, classes]` of normalised images `[images, channels, side, side]`, f32.
    #[must_use]
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let mut x = relu(self.stem.forward(images));
        for block in &self.blocks {
            x = block.forward(x);
        }
        let [images, channels, height, width] = x.dims();
        let pooled = x.reshape([images, channels, height * width]).mean_dim(2);
        self.head.forward(pooled.reshape([images, channels]))
    }
}

/// A convolution without bias and its batch norm.
#[derive(Module, Debug)]
struct Unit {
    convolution: Conv2d,
    norm: BatchNorm,
}

impl Unit {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.norm.forward(self.convolution.forward(x))
    }
}

#[derive(Module, Debug)]
struct Block {
    first: Unit,
    second: Unit,
    shortcut: Option<Unit>,
}

impl Block {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let y = self.second.forward(relu(self.first.forward(x.clone())));
        let x = match &self.shortcut {
            Some(shortcut) => shortcut.forward(x),
            None => x,
        };
        relu(x + y)
    }
}

struct Maker<'a> {
    random: StdRng,
    device: &'a Device,
}

impl Maker<'_> {
    fn block(&mut self, inputs: usize, outputs: usize, stride: usize) -> Block {
        let changes = inputs != outputs || stride != 1;
        Block {
            first: self.unit(inputs, outputs, 3, stride),
            second: self.unit(outputs, outputs, 3, 1),
            shortcut: changes.then(|| self.unit(inputs, outputs, 1, stride)),
        }
    }

    fn unit(&mut self, inputs: usize, outputs: usize, kernel: usize, stride: usize) -> Unit {
        let pad = kernel / 2;
        let config = Conv2dConfig::new([inputs, outputs], [kernel, kernel])
            .with_stride([stride, stride])
            .with_padding(PaddingConfig2d::Explicit(pad, pad, pad, pad))
            .with_bias(false)
            .with_initializer(Initializer::Zeros);
        let mut convolution = config.init(self.device);
        let fan_in = inputs * kernel * kernel;
        convolution.weight = self.normal([outputs, inputs, kernel, kernel], fan_in, 2.0);
        let norm = BatchNormConfig::new(outputs).init(self.device);
        Unit { convolution, norm }
    }

    fn linear(&mut self, inputs: usize, outputs: usize) -> Linear {
        let config = LinearConfig::new(inputs, outputs).with_initializer(Initializer::Zeros);
        let mut linear = config.init(self.device);
        linear.weight = self.normal([inputs, outputs], inputs, 1.0);
        linear
    }

    /// Normal weights of variance `gain / fan_in`.
    fn normal<const D: usize>(
        &mut self,
        shape: [usize; D],
        fan_in: usize,
        gain: f64,
    ) -> Param<Tensor<D>> {
        let deviation = (gain / fan_in as f64).sqrt();
        let count = shape.iter().product();
        let values = (0..count).map(|_| (self.gaussian() * deviation) as f32);
        let data = TensorData::new(values.collect(), shape);
        Param::from_tensor(Tensor::from_data(data, self.device))
    }

    /// Box and Muller's transform.
    fn gaussian(&mut self) -> f64 {
        let radius = 1.0 - self.random.random::<f64>();
        let angle = self.random.random::<f64>() * std::f64::consts::TAU;
        (-2.0 * radius.ln()).sqrt() * angle.cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logits(seed: u64, side: usize, channels: usize) -> Vec<f32> {
        let device = Device::flex();
        let shape = LearnerShape {
            side,
            channels,
            classes: 3,
        };
        let learner = LearnerConfig {
            width: 2,
            blocks: 1,
        };
        let learner = learner.init(shape, seed, &device).unwrap();
        let images = Tensor::<4>::ones([2, channels, side, side], &device);
        let out = learner.forward(images);
        assert_eq!(out.dims(), [2, 3]);
        out.try_into_vec_as::<f32>().unwrap()
    }

    #[test]
    fn any_side_and_channel_count_gives_one_row_of_logits_an_image() {
        for (side, channels) in [(1, 1), (7, 3), (14, 1), (32, 4)] {
            assert!(logits(0, side, channels).iter().all(|v| v.is_finite()));
        }
    }

    #[test]
    fn weights_depend_on_the_seed_alone() {
        assert_eq!(logits(5, 8, 1), logits(5, 8, 1));
        assert_ne!(logits(5, 8, 1), logits(6, 8, 1));
    }

    #[test]
    fn first_weights_have_he_variance() {
        let device = Device::flex();
        let mut maker = Maker {
            random: StdRng::seed_from_u64(1),
            device: &device,
        };
        let unit = maker.unit(16, 64, 3, 1);
        let weights = unit
            .convolution
            .weight
            .val()
            .try_into_vec_as::<f32>()
            .unwrap();
        let square = weights.iter().map(|w| f64::from(w * w)).sum::<f64>() / weights.len() as f64;
        let expected = 2.0 / (16.0 * 9.0);
        assert!(
            (square / expected - 1.0).abs() < 0.05,
            "{square} {expected}"
        );
    }

    #[test]
    fn a_learner_beyond_all_devices_is_refused_before_it_is_made() {
        let shape = LearnerShape {
            side: 8,
            channels: 1,
            classes: 3,
        };
        for (width, blocks) in [(usize::MAX, 1), (257, 1), (4, 1_000_000)] {
            let error = LearnerConfig { width, blocks }.init(shape, 0, &Device::flex());
            let message = error.unwrap_err().to_string();
            assert!(message.contains("width goes up to 256"), "{message}");
        }
    }

    #[test]
    fn an_extent_of_zero_is_refused_by_name() {
        let shape = LearnerShape {
            side: 8,
            channels: 0,
            classes: 3,
        };
        let config = LearnerConfig {
            width: 4,
            blocks: 1,
        };
        let message = config
            .init(shape, 0, &Device::flex())
            .unwrap_err()
            .to_string();
        assert!(message.contains("channels is 0"), "{message}");
    }
}
