//! The reference models by name.

use super::{Preprocess, ReferenceInfo, check_weights};
use crate::efficientnet_lite;
use crate::error::{Error, Result};
use crate::resnet::{ResNetPlan, ResNetSpec, Stem};
use crate::weights::{WeightLayout, Weights};

/// Above it one image's activations exceed 128 MiB, the storage binding that every device has.
const MOST_SIDE: usize = 1024;

gstds_data::named! {
    /// A reference model, as configurations name it.
    ReferenceName, "reference model", {
        /// EfficientNet-Lite0 (ImageNet); its weights are built in.
        EfficientnetLite0 = "efficientnet-lite0",
        /// ResNet-18 (ImageNet), torchvision's.
        Resnet18 = "resnet18",
        /// ResNet-34 (ImageNet), torchvision's.
        Resnet34 = "resnet34",
        /// ResNet-50 v1.5 (ImageNet), torchvision's.
        Resnet50 = "resnet50",
        /// ResNet-20 for 32x32 images (CIFAR-10).
        CifarResnet20 = "cifar-resnet20",
        /// ResNet-32 for 32x32 images (CIFAR-10).
        CifarResnet32 = "cifar-resnet32",
        /// ResNet-44 for 32x32 images (CIFAR-10).
        CifarResnet44 = "cifar-resnet44",
        /// ResNet-56 for 32x32 images (CIFAR-10).
        CifarResnet56 = "cifar-resnet56",
    }
}

impl ReferenceName {
    /// Side of the images that it was trained on, in pixels; others work.
    #[must_use]
    pub fn default_side(self) -> usize {
        if self.is_cifar() { 32 } else { 224 }
    }

    /// Refuses an input side that is too small for the last layers or too large for any device.
    pub(super) fn check_side(self, side: usize) -> Result<()> {
        let least = if self.is_cifar() { 8 } else { 32 };
        match (least..=MOST_SIDE).contains(&side) {
            true => Ok(()),
            false => Err(Error::InputSide {
                model: self.name(),
                side,
                least,
                most: MOST_SIDE,
            }),
        }
    }

    /// Features per image.
    #[must_use]
    pub fn features(self) -> usize {
        self.resnet()
            .map_or(efficientnet_lite::FEATURES, |spec| spec.features())
    }

    /// Where weights that fit it come from; none where they are in the binary.
    #[must_use]
    pub const fn weights_origin(self) -> Option<&'static str> {
        Some(match self {
            Self::EfficientnetLite0 => return None,
            Self::Resnet18 => "torchvision's resnet18-*.pth or the same as safetensors",
            Self::Resnet34 => "torchvision's resnet34-*.pth or the same as safetensors",
            Self::Resnet50 => "torchvision's resnet50-*.pth or the same as safetensors",
            Self::CifarResnet20 => "resnet20-*.th of github.com/akamaster/pytorch_resnet_cifar10",
            Self::CifarResnet32 => "resnet32-*.th of github.com/akamaster/pytorch_resnet_cifar10",
            Self::CifarResnet44 => "resnet44-*.th of github.com/akamaster/pytorch_resnet_cifar10",
            Self::CifarResnet56 => "resnet56-*.th of github.com/akamaster/pytorch_resnet_cifar10",
        })
    }

    const fn is_cifar(self) -> bool {
        match self.resnet() {
            Some(spec) => spec.padded_shortcuts,
            None => false,
        }
    }

    /// Its plan, where it is a ResNet.
    pub(crate) const fn resnet(self) -> Option<ResNetSpec> {
        Some(match self {
            Self::EfficientnetLite0 => return None,
            Self::Resnet18 => ResNetSpec::torchvision(64, [2, 2, 2, 2]),
            Self::Resnet34 => ResNetSpec::torchvision(64, [3, 4, 6, 3]),
            Self::Resnet50 => ResNetSpec {
                bottleneck: true,
                ..ResNetSpec::torchvision(64, [3, 4, 6, 3])
            },
            Self::CifarResnet20 => cifar(3),
            Self::CifarResnet32 => cifar(5),
            Self::CifarResnet44 => cifar(7),
            Self::CifarResnet56 => cifar(9),
        })
    }

    /// The description of the model with these weights, for images of `side` x `side` pixels.
    ///
    /// # Errors
    /// [`Error::InputSide`] for a side outside its range, [`Error::WeightsMismatch`].
    pub(super) fn info(self, side: usize, weights: &Weights) -> Result<ReferenceInfo> {
        self.check_side(side)?;
        check_weights(weights, self.name(), &self.layout())?;
        let (preprocess, multiply_adds) = match self.resnet() {
            None => (
                Preprocess::efficientnet_lite(side),
                efficientnet_lite::multiply_adds(side),
            ),
            Some(spec) => {
                let convolutions = ResNetPlan::new(&spec, 3).multiply_adds(side);
                (Preprocess::imagenet(side), convolutions.iter().sum())
            }
        };
        Ok(ReferenceInfo {
            name: self.name(),
            features: self.features(),
            weights_sha256: weights.sha256().into(),
            preprocess,
            multiply_adds,
        })
    }

    /// What a weights file of it holds.
    pub(super) fn layout(self) -> WeightLayout {
        match self.resnet() {
            None => efficientnet_lite::layout(),
            Some(spec) => ResNetPlan::new(&spec, 3).layout(),
        }
    }
}

/// As akamaster/pytorch_resnet_cifar10 lays them out.
const fn cifar(blocks: usize) -> ResNetSpec {
    ResNetSpec {
        stem: Stem::Cifar,
        padded_shortcuts: true,
        classifier: "linear",
        ..ResNetSpec::torchvision(16, [blocks, blocks, blocks, 0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_in_text_and_in_files() {
        for name in ReferenceName::ALL {
            assert_eq!(name.to_string().parse::<ReferenceName>().unwrap(), *name);
            let quoted = serde_json::to_string(name).unwrap();
            assert_eq!(quoted, format!("\"{name}\""));
            assert_eq!(
                serde_json::from_str::<ReferenceName>(&quoted).unwrap(),
                *name
            );
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_every_known_one() {
        let message = "resnet19".parse::<ReferenceName>().unwrap_err().to_string();
        for name in ReferenceName::ALL {
            assert!(message.contains(name.name()), "{name} not in: {message}");
        }
    }
}
