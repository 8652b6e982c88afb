//! Convolutions with batch norm folded in: what every frozen network here is made of.

use crate::convolution::Convolution;
use crate::weights::Weights;
use burn::tensor::{Device, Tensor, TensorData, module::conv2d, ops::ConvOptions};

/// Kernels `[outputs, inputs, side, side]` and one bias an output.
pub(super) struct FoldedConvolution {
    weight: Tensor<4>,
    bias: Tensor<1>,
}

impl FoldedConvolution {
    /// Batch norm after a convolution is another convolution: scale its kernels, shift by a bias.
    ///
    /// The weights were checked to have both.
    pub(super) fn new(
        weights: &Weights,
        layer: &Convolution,
        epsilon: f32,
        device: &Device,
    ) -> Self {
        let norm = |part: &str| weights.values(&format!("{}.{part}", layer.norm));
        let (gamma, beta) = (norm("weight"), norm("bias"));
        let (mean, variance) = (norm("running_mean"), norm("running_var"));
        let scale: Vec<f32> = gamma
            .iter()
            .zip(variance)
            .map(|(g, v)| g / (v + epsilon).sqrt())
            .collect();
        let outputs = layer.outputs;
        let kernels = weights.values(&format!("{}.weight", layer.name));
        let each = kernels.len() / outputs;
        let weight: Vec<f32> = kernels
            .chunks_exact(each)
            .zip(&scale)
            .flat_map(|(kernel, scale)| kernel.iter().map(move |w| w * scale))
            .collect();
        let bias: Vec<f32> = beta
            .iter()
            .zip(mean)
            .zip(&scale)
            .map(|((b, m), s)| b - m * s)
            .collect();
        Self {
            weight: Tensor::from_data(TensorData::new(weight, layer.shape()), device),
            bias: Tensor::from_data(TensorData::new(bias, [outputs]), device),
        }
    }

    /// `padding` is before and after, of rows and of columns.
    pub(super) fn forward(
        &self,
        x: Tensor<4>,
        stride: usize,
        padding: [(usize, usize); 2],
        groups: usize,
    ) -> Tensor<4> {
        let options = ConvOptions::new_with_padding([stride; 2], padding, [1, 1], groups);
        conv2d(x, self.weight.clone(), Some(self.bias.clone()), options)
    }
}
