//! The hidden layers of a multilayer perceptron.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Tensor, activation::relu};

#[derive(Module, Debug)]
pub(super) struct Perceptron {
    pub hidden: Vec<Linear>,
}

impl Perceptron {
    /// The last hidden layer of the images' values.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let values = images.flatten(1, 3);
        self.hidden
            .iter()
            .fold(values, |x, layer| relu(layer.forward(x)))
    }
}
