//! A convolution and the batch norm after it, as the plans of networks describe them.

use crate::weights::NamedShape;
use burn::tensor::Tensor;

/// Names and extents of a convolution without bias and of its batch norm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Convolution {
    pub(crate) name: String,
    pub(crate) norm: String,
    /// Channels that each output sees; 1 where every channel has a kernel of its own.
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    /// Side of the kernel, which is odd.
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
}

impl Convolution {
    /// Shape of the weights: outputs, inputs, rows, columns.
    pub(crate) fn shape(&self) -> [usize; 4] {
        [self.outputs, self.inputs, self.kernel, self.kernel]
    }

    /// Multiply-adds for an output of `side` x `side`.
    pub(crate) fn multiply_adds(&self, side: usize) -> u64 {
        (side * side * self.shape().iter().product::<usize>()) as u64
    }

    /// Name and shape of all its weights, as PyTorch names them.
    pub(crate) fn tensors(&self) -> [NamedShape; 5] {
        let norm = |part| (format!("{}.{part}", self.norm), vec![self.outputs]);
        [
            (format!("{}.weight", self.name), self.shape().to_vec()),
            norm("weight"),
            norm("bias"),
            norm("running_mean"),
            norm("running_var"),
        ]
    }
}

/// The mean of every channel: `[images, channels]`.
pub(crate) fn global_average(x: Tensor<4>) -> Tensor<2> {
    let [images, channels, height, width] = x.dims();
    x.reshape([images, channels, height * width])
        .mean_dim(2)
        .reshape([images, channels])
}
