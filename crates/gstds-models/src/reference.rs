//! Reference models: frozen networks whose features measure how similar two images are.

mod config;
mod convolution;
mod efficientnet_lite;
mod name;
mod preprocess;
mod resnet;

pub use config::{OpenReference, ReferenceConfig};
pub use efficientnet_lite::EfficientNetLite0;
pub use name::ReferenceName;
pub use preprocess::Preprocess;
pub use resnet::ResNet;

use crate::error::{Error, Result};
use crate::weights::{WeightLayout, Weights};
use burn::tensor::{Device, Tensor};
use gstds_burn::GpuDevice;

/// What is known of a reference model before it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceInfo {
    /// As configurations name it.
    pub name: &'static str,
    /// Features per image.
    pub features: usize,
    /// SHA-256 of the weights file, in hex; part of a feature bank's key.
    pub weights_sha256: String,
    /// How stored images become the network's input.
    pub preprocess: Preprocess,
    /// Multiply-adds for the features of one image, in the convolutions alone.
    pub multiply_adds: u64,
}

/// A frozen, pretrained network that turns an image into a feature row.
pub trait Reference: Send + Sync {
    /// Its name, features, weights and preprocessing.
    fn info(&self) -> &ReferenceInfo;

    /// Features `[images, features]`, f32, of preprocessed images `[images, 3, side, side]`, on the
    /// device of this network. Records work only; nothing is read back.
    ///
    /// # Errors
    /// [`Error::InputChannels`] when the images have other than 3 channels.
    fn features(&self, images: Tensor<4>) -> Result<Tensor<2>>;
}

/// Where reference models run: on the adapter, or on Burn's CPU backend where the adapter is a
/// software one, which takes longer on the same CPU (docs/decisions/0005-software-adapters.md).
#[must_use]
pub fn reference_device(device: &GpuDevice) -> Device {
    match device.is_software() {
        true => Device::flex(),
        false => device.burn.clone(),
    }
}

/// Refuses weights of another network than `model`, and names the reference model that they fit
/// instead, if there is one.
pub(crate) fn check_weights(
    weights: &Weights,
    model: &'static str,
    layout: &WeightLayout,
) -> Result<()> {
    let mut problems = layout.differences(weights);
    if problems.is_empty() {
        return Ok(());
    }
    let fits = |other: &&ReferenceName| other.layout().differences(weights).is_empty();
    let other = ReferenceName::ALL.iter().find(fits);
    problems.looks_like = other.map(|other| other.name());
    Err(Error::WeightsMismatch {
        origin: weights.origin().into(),
        model,
        problems: problems.into(),
    })
}

fn check_channels(images: &Tensor<4>) -> Result<()> {
    match images.dims()[1] {
        3 => Ok(()),
        channels => Err(Error::InputChannels { channels }),
    }
}
