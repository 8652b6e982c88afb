//! The network itself: what a plan's layers compute.

use super::precision::Precision;
use burn::module::Module;
use burn::nn::{BatchNorm, Linear, conv::Conv2d, pool::MaxPool2d};
use burn::tensor::{FloatDType, Tensor, activation::relu, module::conv2d, ops::ConvOptions};

/// A residual network from images to class logits. Runs on any Burn device; gradients and batch
/// statistics where the device has autodiff.
#[derive(Module, Debug)]
pub struct Learner {
    pub(super) stem: Unit,
    pub(super) pool: Option<MaxPool2d>,
    pub(super) blocks: Vec<Block>,
    pub(super) head: Linear,
}

impl Learner {
    /// Logits `[images, classes]` of normalised images `[images, channels, side, side]`, f32.
    #[must_use]
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        self.forward_in(images, Precision::Full)
    }

    /// The same with the convolutions computed in another precision.
    #[must_use]
    pub fn forward_in(&self, images: Tensor<4>, precision: Precision) -> Tensor<2> {
        self.head.forward(self.pooled(images, precision))
    }

    /// What enters the head, `[images, features]`: the last stage averaged over each image.
    #[must_use]
    pub fn features(&self, images: Tensor<4>) -> Tensor<2> {
        self.pooled(images, Precision::Full)
    }

    fn pooled(&self, images: Tensor<4>, precision: Precision) -> Tensor<2> {
        let mut x = relu(self.stem.forward(images, precision));
        if let Some(pool) = &self.pool {
            x = pool.forward(x);
        }
        for block in &self.blocks {
            x = block.forward(x, precision);
        }
        let [images, channels, height, width] = x.dims();
        let pooled = x.reshape([images, channels, height * width]).mean_dim(2);
        pooled.reshape([images, channels])
    }
}

/// A convolution without bias and its batch norm.
#[derive(Module, Debug)]
pub(super) struct Unit {
    pub convolution: Conv2d,
    pub norm: BatchNorm,
}

impl Unit {
    fn forward(&self, x: Tensor<4>, precision: Precision) -> Tensor<4> {
        let y = match precision {
            Precision::Full => self.convolution.forward(x),
            Precision::Mixed => self.convolve_in_half(x),
        };
        self.norm.forward(y)
    }

    /// f32 in, f32 out, and f32 gradients: a cast's gradient is the cast back.
    fn convolve_in_half(&self, x: Tensor<4>) -> Tensor<4> {
        let layer = &self.convolution;
        let padding = layer.kernel_size.map(|side| side / 2);
        let options = ConvOptions::new(layer.stride, padding, layer.dilation, layer.groups);
        let weight = layer.weight.val().cast(FloatDType::F16);
        conv2d(x.cast(FloatDType::F16), weight, None, options).cast(FloatDType::F32)
    }
}

#[derive(Module, Debug)]
pub(super) struct Block {
    pub first: Unit,
    pub second: Unit,
    pub shortcut: Option<Unit>,
}

impl Block {
    fn forward(&self, x: Tensor<4>, precision: Precision) -> Tensor<4> {
        let y = relu(self.first.forward(x.clone(), precision));
        let y = self.second.forward(y, precision);
        let x = match &self.shortcut {
            Some(shortcut) => shortcut.forward(x, precision),
            None => x,
        };
        relu(x + y)
    }
}
