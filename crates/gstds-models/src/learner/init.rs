//! New layers: their weights drawn on the host, so that every adapter starts from the same point.

use super::{
    network::{Body, Learner},
    perceptron::Perceptron,
    plan::{LearnerPlan, PerceptronPlan},
    residual::{BlockUnits, ConvolutionUnit, Residual},
};
use crate::convolution::Convolution;
use crate::resnet::{ResNetPlan, Shortcut};
use burn::module::{Initializer, Param};
use burn::nn::{BatchNormConfig, Linear, LinearConfig, PaddingConfig2d, conv::Conv2dConfig};
use burn::tensor::{Device, Tensor, TensorData};
use rand::{RngExt, SeedableRng, rngs::StdRng};

/// Makes layers one after another; their order determines the weights they draw.
pub(super) struct SeededInit<'a> {
    random: StdRng,
    device: &'a Device,
}

impl<'a> SeededInit<'a> {
    pub fn new(seed: u64, device: &'a Device) -> Self {
        let random = StdRng::seed_from_u64(seed);
        Self { random, device }
    }

    /// The network of a plan.
    pub fn learner(&mut self, plan: LearnerPlan, classes: usize) -> Learner {
        let features = plan.features();
        let body = match plan {
            LearnerPlan::Residual(plan) => Body::Residual(self.residual(plan)),
            LearnerPlan::Perceptron(plan) => Body::Perceptron(self.perceptron(&plan)),
        };
        Learner {
            body,
            head: self.linear([features, classes], 1.0),
        }
    }

    /// A network of basic blocks.
    fn residual(&mut self, plan: ResNetPlan) -> Residual {
        let stem = self.unit(&plan.convolutions[0]);
        let blocks = plan.blocks.iter().map(|block| {
            let mut unit = |at: usize| self.unit(&plan.convolutions[at]);
            BlockUnits {
                first: unit(block.body.start),
                second: unit(block.body.start + 1),
                shortcut: match block.shortcut {
                    Shortcut::Projection(at) => Some(unit(at)),
                    _ => None,
                },
            }
        });
        Residual {
            stem,
            blocks: blocks.collect(),
            plan: plan.into(),
        }
    }

    fn perceptron(&mut self, plan: &PerceptronPlan) -> Perceptron {
        let layers = plan.layers().into_iter();
        Perceptron {
            hidden: layers.map(|extents| self.linear(extents, 2.0)).collect(),
        }
    }

    /// He-normal weights.
    pub fn unit(&mut self, layer: &Convolution) -> ConvolutionUnit {
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
        convolution.weight = self.normal(layer.shape(), fan_in, 2.0);
        let norm = BatchNormConfig::new(outputs).init(self.device);
        ConvolutionUnit { convolution, norm }
    }

    /// Normal weights of variance `gain / inputs`, and no bias at first.
    fn linear(&mut self, [inputs, outputs]: [usize; 2], gain: f64) -> Linear {
        let config = LinearConfig::new(inputs, outputs).with_initializer(Initializer::Zeros);
        let mut linear = config.init(self.device);
        linear.weight = self.normal([inputs, outputs], inputs, gain);
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
