//! Learners: residual networks and perceptrons for square images, trained from scratch or from given
//! weights.

mod init;
mod name;
mod network;
mod perceptron;
mod plan;
mod precision;
mod pretrained;
mod record;
mod residual;
#[cfg(test)]
mod tests;

pub use network::Learner;
pub use precision::Precision;
pub use pretrained::{InitWeights, Pretrained};

use crate::error::{Error, Result};
use burn::tensor::Device;
use init::SeededInit;

/// Deepest and widest learners accepted: ResNet-110 has 18 blocks per stage, and the weights of one
/// 3x3 convolution with twice as many channels pass 128 MiB, the storage binding that every device
/// has.
const MOST_BLOCKS: usize = 36;
const MOST_CHANNELS: usize = 1024;
/// Of a perceptron, whose first layer has one storage binding at most.
const MOST_HIDDEN: usize = 4096;
const MOST_WEIGHTS: usize = 1 << 25;

/// A residual network of basic blocks (He et al., arXiv 1512.03385), with 1x1 convolutions where a
/// shortcut changes shape, or a perceptron. Written as its name: `resnet8-w16`, `resnet18`,
/// `resnet18-cifar-w8`, `mlp-w256`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LearnerConfig {
    /// The paper's section 4.2: three stages on whole images, 6·blocks + 2 layers.
    Cifar {
        /// Channels of the first stage; the paper's is 16.
        width: usize,
        /// Residual blocks per stage: 1 makes ResNet-8, 3 ResNet-20.
        blocks: usize,
    },
    /// ResNet-18 as torchvision has it: a 7x7 convolution and a maximum that each halve the side,
    /// then four stages of two blocks.
    ResNet18 {
        /// Channels of the first stage; torchvision's is 64.
        width: usize,
    },
    /// The same for small images: a 3x3 convolution of stride 1 and no maximum in front.
    ResNet18Cifar {
        /// Channels of the first stage; 64 is usual.
        width: usize,
    },
    /// A multilayer perceptron on the images' values, with ReLU after each of two hidden layers: for
    /// comparisons of many seeds, which it makes cheap.
    Mlp {
        /// Values of each hidden layer.
        width: usize,
    },
}

/// Inputs and outputs of a learner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LearnerShape {
    /// Side of the square images, in pixels.
    pub side: usize,
    /// Values in a pixel.
    pub channels: usize,
    /// Classes to distinguish.
    pub classes: usize,
}

/// Floating-point operations of a learner for one image, counted from shapes: a multiply-add counts
/// 2. Counted are convolutions and the classifier, not element-wise work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LearnerFlops {
    /// Forward.
    pub forward: u64,
    /// Backward: gradients of weights and of inputs, but for the images themselves.
    pub backward: u64,
}

impl LearnerConfig {
    /// The usual name, such as `resnet8-w16`.
    #[must_use]
    pub fn name(&self) -> String {
        self.to_string()
    }

    /// Makes the network with weights that depend on `seed` alone: He-normal before the classifier,
    /// drawn on the host, so that every adapter starts from the same point.
    ///
    /// # Errors
    /// [`Error::Config`] for an extent of zero or a network beyond all devices.
    pub fn init(&self, shape: LearnerShape, seed: u64, device: &Device) -> Result<Learner> {
        self.check(&shape)?;
        let plan = self.plan(&shape);
        Ok(SeededInit::new(seed, device).learner(plan, shape.classes))
    }

    /// Operations for one image.
    #[must_use]
    pub fn flops(&self, shape: &LearnerShape) -> LearnerFlops {
        let plan = self.plan(shape);
        let layers = plan.multiply_adds(shape.side);
        let classifier = (plan.features() * shape.classes) as u64;
        let forward = 2 * (layers.iter().sum::<u64>() + classifier);
        LearnerFlops {
            forward,
            backward: 2 * forward - 2 * layers[0],
        }
    }

    /// How many images at once keep every layer's output within `bytes`, which is what a device
    /// binds to one kernel.
    ///
    /// # Errors
    /// [`Error::Config`] as [`LearnerConfig::init`].
    pub fn most_images(&self, shape: LearnerShape, bytes: u64) -> Result<usize> {
        self.check(&shape)?;
        let largest = self.plan(&shape).largest_activation(shape.side);
        let images = bytes / (largest * size_of::<f32>() as u64);
        Ok(usize::try_from(images).unwrap_or(usize::MAX))
    }

    /// Name and shape of every tensor that a weights file for it has beside the classifier, as
    /// torchvision names them; none for a perceptron, which no file is read for.
    #[must_use]
    pub fn weight_shapes(&self, channels: usize) -> Vec<(String, Vec<usize>)> {
        let plan = self.residual_plan(channels);
        plan.map_or_else(Vec::new, |plan| plan.tensors())
    }

    /// Refuses extents of zero and networks beyond all devices.
    ///
    /// # Errors
    /// [`Error::Config`].
    pub fn check(&self, shape: &LearnerShape) -> Result<()> {
        let (width, blocks, most_width) = match *self {
            Self::Cifar { width, blocks } => (width, blocks, MOST_CHANNELS / 4),
            Self::ResNet18 { width } | Self::ResNet18Cifar { width } => {
                (width, 2, MOST_CHANNELS / 8)
            }
            Self::Mlp { width } => (width, 1, MOST_HIDDEN),
        };
        let extents = [
            ("the learner's width", width),
            ("the learner's blocks", blocks),
            ("the images' side", shape.side),
            ("the images' channels", shape.channels),
            ("the number of classes", shape.classes),
        ];
        let refused = |reason| Err(Error::Config { reason });
        if let Some((what, _)) = extents.iter().find(|(_, extent)| *extent == 0) {
            return refused(format!("{what} is 0 and must be at least 1"));
        }
        let name = self.name();
        if width > most_width || blocks > MOST_BLOCKS {
            return refused(format!(
                "learner {name} is too large: width goes up to {most_width}, blocks to {MOST_BLOCKS}"
            ));
        }
        let values = shape.side.saturating_pow(2).saturating_mul(shape.channels);
        if matches!(self, Self::Mlp { .. }) && values.saturating_mul(width) > MOST_WEIGHTS {
            let fits = MOST_WEIGHTS / values;
            return refused(format!(
                "learner {name} is too large for images of {values} values: its first layer goes up \
                 to {MOST_WEIGHTS} weights, which is a width of {fits}; or lower image_side"
            ));
        }
        Ok(())
    }
}
