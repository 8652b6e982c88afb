//! Learners: residual networks for square images, trained from scratch or from given weights.

mod maker;
mod name;
mod network;
#[allow(missing_docs)]
pub mod plan;
mod precision;
mod pretrained;
mod record;
#[cfg(test)]
mod tests;

pub use network::Learner;
pub use precision::Precision;
pub use pretrained::Pretrained;

use crate::error::{Error, Result};
use burn::tensor::Device;
use maker::Maker;
use plan::Plan;
use std::path::Path;

/// Deepest and widest learners accepted: ResNet-110 has 18 blocks a stage, and the weights of one
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
        /// Residual blocks a stage: 1 makes ResNet-8, 3 ResNet-20.
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

/// What goes in and out of a learner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LearnerShape {
    /// Side of the square images, in pixels.
    pub side: usize,
    /// Values in a pixel.
    pub channels: usize,
    /// Classes told apart.
    pub classes: usize,
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
        let plan = Plan::new(self, shape.channels);
        Ok(Maker::new(seed, device).learner(&plan, shape.classes))
    }

    /// Makes the network with the weights of a file in torchvision's layout: all convolutions and
    /// batch norms, and the head where the file has one for as many classes. Otherwise the head is
    /// made from `seed`, and the note says so.
    ///
    /// # Errors
    /// [`Error::TakesNoWeights`] for any learner but `resnet18` on three channels,
    /// [`Error::WeightsMismatch`] with the tensors that are missing or misshapen, and trouble with
    /// reading the file.
    pub fn init_from(
        &self,
        path: &Path,
        shape: LearnerShape,
        seed: u64,
        device: &Device,
    ) -> Result<Pretrained> {
        self.check(&shape)?;
        self.check_init(&shape)?;
        let plan = Plan::new(self, shape.channels);
        let learner = Maker::new(seed, device).learner(&plan, shape.classes);
        pretrained::load(learner, &plan, shape.classes, path, device)
    }

    /// How many images at once no layer's output makes larger than `bytes`, which is what a device
    /// binds to one kernel.
    ///
    /// # Errors
    /// [`Error::Config`] as [`LearnerConfig::init`].
    pub fn most_images(&self, shape: LearnerShape, bytes: u64) -> Result<usize> {
        self.check(&shape)?;
        let largest = Plan::new(self, shape.channels).largest(shape.side);
        let images = bytes / (largest * size_of::<f32>() as u64);
        Ok(usize::try_from(images).unwrap_or(usize::MAX))
    }

    /// Refuses learners and images that no file of weights is for.
    pub fn check_init(&self, shape: &LearnerShape) -> Result<()> {
        pretrained::check(self, shape)
    }

    /// Refuses a file whose weights are another network's.
    pub fn check_file(&self, path: &Path) -> Result<()> {
        pretrained::check_file(self, path)
    }

    /// Refuses extents of zero and networks beyond all devices.
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
            ("classes", shape.classes),
        ];
        if let Some((what, _)) = extents.iter().find(|(_, extent)| *extent == 0) {
            return Err(Error::Config {
                reason: format!("{what} is 0 and must be at least 1"),
            });
        }
        if width > most_width || blocks > MOST_BLOCKS {
            return Err(Error::Config {
                reason: format!(
                    "{} is too large a learner: width goes up to {most_width}, blocks to {MOST_BLOCKS}",
                    self.name()
                ),
            });
        }
        Ok(())
    }
}
