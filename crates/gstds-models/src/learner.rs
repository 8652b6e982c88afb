//! Learners: residual networks for square images, trained from scratch or from given weights.

mod init;
mod name;
mod network;
mod precision;
mod pretrained;
mod record;
#[cfg(test)]
mod tests;

pub use network::Learner;
pub use precision::Precision;
pub use pretrained::{InitWeights, Pretrained};

use crate::error::{Error, Result};
use crate::resnet::{ResNetPlan, ResNetSpec, Stem};
use burn::tensor::Device;
use init::SeededInit;

/// Deepest and widest learners accepted: ResNet-110 has 18 blocks per stage, and the weights of one
/// 3x3 convolution with twice as many channels pass 128 MiB, the storage binding that every device
/// has.
const MOST_BLOCKS: usize = 36;
const MOST_CHANNELS: usize = 1024;

/// A residual network of basic blocks (He et al., arXiv 1512.03385), with 1x1 convolutions where a
/// shortcut changes shape. Written as its name: `resnet8-w16`, `resnet18`, `resnet18-cifar-w8`.
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

    /// Makes the network with weights that depend on `seed` alone: He-normal convolutions, drawn
    /// on the host, so that every adapter starts from the same point.
    ///
    /// # Errors
    /// [`Error::Config`] for an extent of zero or a network beyond all devices.
    pub fn init(&self, shape: LearnerShape, seed: u64, device: &Device) -> Result<Learner> {
        self.check(&shape)?;
        let plan = self.plan(shape.channels);
        Ok(SeededInit::new(seed, device).learner(plan, shape.classes))
    }

    /// Operations for one image.
    #[must_use]
    pub fn flops(&self, shape: &LearnerShape) -> LearnerFlops {
        let plan = self.plan(shape.channels);
        let convolutions = plan.multiply_adds(shape.side);
        let classifier = (plan.features * shape.classes) as u64;
        let forward = 2 * (convolutions.iter().sum::<u64>() + classifier);
        LearnerFlops {
            forward,
            backward: 2 * forward - 2 * convolutions[0],
        }
    }

    /// How many images at once keep every layer's output within `bytes`, which is what a device
    /// binds to one kernel.
    ///
    /// # Errors
    /// [`Error::Config`] as [`LearnerConfig::init`].
    pub fn most_images(&self, shape: LearnerShape, bytes: u64) -> Result<usize> {
        self.check(&shape)?;
        let largest = self.plan(shape.channels).largest_activation(shape.side);
        let images = bytes / (largest * size_of::<f32>() as u64);
        Ok(usize::try_from(images).unwrap_or(usize::MAX))
    }

    /// Name and shape of every tensor that a weights file for it has beside the classifier, as
    /// torchvision names them.
    #[must_use]
    pub fn weight_shapes(&self, channels: usize) -> Vec<(String, Vec<usize>)> {
        self.plan(channels).tensors()
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
        };
        let extents = [
            ("the learner's width", width),
            ("the learner's blocks", blocks),
            ("the images' side", shape.side),
            ("the images' channels", shape.channels),
            ("the number of classes", shape.classes),
        ];
        if let Some((what, _)) = extents.iter().find(|(_, extent)| *extent == 0) {
            return Err(Error::Config {
                reason: format!("{what} is 0 and must be at least 1"),
            });
        }
        if width > most_width || blocks > MOST_BLOCKS {
            return Err(Error::Config {
                reason: format!(
                    "learner {} is too large: width goes up to {most_width}, blocks to {MOST_BLOCKS}",
                    self.name()
                ),
            });
        }
        Ok(())
    }

    fn plan(&self, channels: usize) -> ResNetPlan {
        ResNetPlan::new(&self.spec(), channels)
    }

    pub(crate) fn spec(&self) -> ResNetSpec {
        match *self {
            Self::Cifar { width, blocks } => ResNetSpec {
                stem: Stem::Cifar,
                ..ResNetSpec::torchvision(width, [blocks, blocks, blocks, 0])
            },
            Self::ResNet18 { width } => ResNetSpec::torchvision(width, [2; 4]),
            Self::ResNet18Cifar { width } => ResNetSpec {
                stem: Stem::Cifar,
                ..ResNetSpec::torchvision(width, [2; 4])
            },
        }
    }
}
