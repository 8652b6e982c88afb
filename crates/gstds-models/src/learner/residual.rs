//! The residual network of a plan, up to its classifier.

use super::precision::Precision;
use crate::resnet::ResNetPlan;
use burn::module::Module;
use burn::nn::{BatchNorm, conv::Conv2d};
use burn::tensor::{FloatDType, Tensor, module::conv2d, ops::ConvOptions};
use std::sync::Arc;

#[derive(Module, Debug)]
pub(super) struct Residual {
    pub stem: ConvolutionUnit,
    pub blocks: Vec<BlockUnits>,
    #[module(skip)]
    pub plan: Arc<ResNetPlan>,
}

impl Residual {
    /// The last stage averaged over each image.
    pub fn forward(&self, images: Tensor<4>, precision: Precision) -> Tensor<2> {
        let units = self.units();
        self.plan
            .forward(images, |at, x| units[at].forward(x, precision))
    }

    /// In the order of the plan's convolutions.
    fn units(&self) -> Vec<&ConvolutionUnit> {
        let blocks = self.blocks.iter().flat_map(|block| {
            let body = [&block.first, &block.second];
            body.into_iter().chain(&block.shortcut)
        });
        std::iter::once(&self.stem).chain(blocks).collect()
    }

    /// As [`Residual::units`].
    pub fn units_mut(&mut self) -> impl Iterator<Item = &mut ConvolutionUnit> {
        let blocks = self.blocks.iter_mut().flat_map(|block| {
            let body = [&mut block.first, &mut block.second];
            body.into_iter().chain(&mut block.shortcut)
        });
        std::iter::once(&mut self.stem).chain(blocks)
    }
}

/// A convolution without bias and its batch norm.
#[derive(Module, Debug)]
pub(super) struct ConvolutionUnit {
    pub convolution: Conv2d,
    pub norm: BatchNorm,
}

impl ConvolutionUnit {
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

/// The units of a block. The names are those of a checkpoint's tensors.
#[derive(Module, Debug)]
pub(super) struct BlockUnits {
    pub first: ConvolutionUnit,
    pub second: ConvolutionUnit,
    pub shortcut: Option<ConvolutionUnit>,
}
