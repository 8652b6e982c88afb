//! Reference models: frozen networks whose features say how alike two images are.

mod config;
mod convolution;
mod efficientnet_lite;
mod name;
mod preprocess;
mod resnet;

pub use config::{ReferenceConfig, home};
pub use efficientnet_lite::EfficientNetLite0;
pub use name::ReferenceName;
pub use preprocess::Preprocess;
pub use resnet::ResNet;

use crate::error::{Error, Result};
use crate::weights::Found;
use burn::tensor::{Device, Tensor};
use std::collections::BTreeMap;
use std::path::Path;

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
    /// [`Error::InputChannels`] when the images have other than 3 channels.
    fn features(&self, images: Tensor<4>) -> Result<Tensor<2>>;
}

/// The reference model `name` on `device`, with the weights in the file, for images of `side` x
/// `side` pixels; without a side, of [`ReferenceName::default_side`].
///
/// A file is one of safetensors or `torch.save` (`.pth`, `.pt`), told by its content; f32, f64,
/// f16 or bf16. EfficientNet-Lite0 has weights in the binary; every other model needs a file.
///
/// # Errors
/// [`Error::NoWeights`] where a file is needed and none was given; [`Error::Io`] and
/// [`Error::WeightsFile`] for one that cannot be read; [`Error::WeightsMismatch`] for one of
/// another network; [`Error::InputSide`] for a side outside the model's range.
pub fn open(
    name: ReferenceName,
    weights: Option<&Path>,
    side: Option<usize>,
    device: &Device,
) -> Result<Box<dyn Reference>> {
    let side = side.unwrap_or(name.default_side());
    let Some(origin) = name.weights_origin() else {
        let network = match weights {
            Some(path) => EfficientNetLite0::from_file(path, device)?,
            None => EfficientNetLite0::embedded(device)?,
        };
        return Ok(Box::new(network.with_input_side(side)?));
    };
    let path = weights.ok_or(Error::NoWeights {
        model: name.name(),
        origin,
    })?;
    let network = ResNet::from_file(name, path, device)?;
    Ok(Box::new(network.with_input_side(side)?))
}

/// The reference model whose weights these tensors are, if any.
pub(crate) fn resembling(found: &BTreeMap<String, Found<'_>>) -> Option<&'static str> {
    let mut models = ReferenceName::ALL.iter();
    let model = models.find(|model| model.layout().fits(found))?;
    Some(model.name())
}

/// Above it one image's activations pass 128 MiB, the storage binding that every device has.
const MOST_SIDE: usize = 1024;

fn checked_side(model: &'static str, side: usize, least: usize) -> Result<usize> {
    if (least..=MOST_SIDE).contains(&side) {
        return Ok(side);
    }
    Err(Error::InputSide {
        model,
        side,
        least,
        most: MOST_SIDE,
    })
}

fn checked_channels(images: &Tensor<4>) -> Result<()> {
    match images.dims()[1] {
        3 => Ok(()),
        channels => Err(Error::InputChannels { channels }),
    }
}
