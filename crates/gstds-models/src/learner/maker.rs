//! New layers: their weights drawn on the host, so that every adapter starts from the same point.

use super::{
    network::{Block, Learner, Unit},
    plan::{self, Convolution, Plan},
};
use burn::module::{Initializer, Param};
use burn::nn::{
    BatchNormConfig, Linear, LinearConfig, PaddingConfig2d, conv::Conv2dConfig, pool::MaxPool2d,
    pool::MaxPool2dConfig,
};
use burn::tensor::{Device, Tensor, TensorData};
use rand::{RngExt, SeedableRng, rngs::StdRng};

/// Makes layers one after another; their order decides which weights they draw.
pub(super) struct Maker<'a> {
    random: StdRng,
    device: &'a Device,
}

impl<'a> Maker<'a> {
    pub fn new(seed: u64, device: &'a Device) -> Self {
        let random = StdRng::seed_from_u64(seed);
        Self { random, device }
    }

    pub fn learner(&mut self, plan: &Plan, classes: usize) -> Learner {
        Learner {
            stem: self.unit(&plan.stem),
            pool: plan.pool.then(pool),
            blocks: plan.blocks.iter().map(|block| self.block(block)).collect(),
            head: self.linear(plan.features, classes),
        }
    }

    fn block(&mut self, block: &plan::Block) -> Block {
        Block {
            first: self.unit(&block.first),
            second: self.unit(&block.second),
            shortcut: block.shortcut.as_ref().map(|layer| self.unit(layer)),
        }
    }

    /// He-normal weights.
    pub fn unit(&mut self, layer: &Convolution) -> Unit {
        let Convolution {
            inputs,
            outputs,
            kernel,
            stride,
            ..
        } = *layer;
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

fn pool() -> MaxPool2d {
    MaxPool2dConfig::new([3, 3])
        .with_strides([2, 2])
        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
        .init()
}
