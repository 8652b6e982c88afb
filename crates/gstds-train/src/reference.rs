//! Reference models: frozen networks whose features say how alike two images are.

mod efficientnet_lite;
mod preprocess;

pub use efficientnet_lite::EfficientNetLite0;
pub use preprocess::Preprocess;

use crate::error::Result;
use burn::tensor::Tensor;

/// A frozen, pretrained network that turns an image into a feature row.
pub trait Reference: Send + Sync {
    /// As `--reference` names it.
    fn name(&self) -> &'static str;

    /// Features per image.
    fn width(&self) -> usize;

    /// SHA-256 of the weights file, in hex; part of a feature bank's key.
    fn weights_sha256(&self) -> &str;

    /// How stored images become this network's input.
    fn preprocess(&self) -> &Preprocess;

    /// Multiply-adds for the features of one image, in the convolutions alone.
    fn multiply_adds(&self) -> u64;

    /// Features `[images, width]`, f32, of preprocessed images `[images, 3, side, side]`, on the
    /// device of this network. Records work only; nothing is read back.
    ///
    /// # Errors
    /// [`Error::InputChannels`](crate::error::Error::InputChannels) when the images have other
    /// than 3 channels.
    fn features(&self, images: Tensor<4>) -> Result<Tensor<2>>;
}
