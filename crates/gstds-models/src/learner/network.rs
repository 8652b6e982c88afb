//! The trainable network of a plan: what makes features of images, and the classifier.

use super::{perceptron::Perceptron, precision::Precision, residual::Residual};
use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;

/// A network from images to class logits. Runs on any Burn device; gradients and batch statistics
/// where the device has autodiff.
#[derive(Module, Debug)]
pub struct Learner {
    pub(super) body: Body,
    pub(super) head: Linear,
}

/// A learner without its classifier.
#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "one of them in a process")]
pub(super) enum Body {
    Residual(Residual),
    Perceptron(Perceptron),
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
        self.head.forward(self.features_in(images, precision))
    }

    /// What enters the classifier, `[images, features]`.
    #[must_use]
    pub fn features(&self, images: Tensor<4>) -> Tensor<2> {
        self.features_in(images, Precision::Full)
    }

    fn features_in(&self, images: Tensor<4>, precision: Precision) -> Tensor<2> {
        match &self.body {
            Body::Residual(body) => body.forward(images, precision),
            Body::Perceptron(body) => body.forward(images),
        }
    }
}
