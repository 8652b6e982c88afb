//! The reference models there are.

use super::efficientnet_lite;
use super::resnet::{CIFAR20, CIFAR32, CIFAR44, CIFAR56, Plan, RESNET18, RESNET34, RESNET50};
use crate::weights::Expected;

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
        self.plan()
            .map_or(efficientnet_lite::TRAINED_SIDE, |plan| plan.family.side)
    }

    /// Smallest side that leaves its last layers something to see.
    pub(super) fn least_side(self) -> usize {
        self.plan()
            .map_or(efficientnet_lite::LEAST_SIDE, |plan| plan.family.least_side)
    }

    /// Features per image.
    #[must_use]
    pub fn features(self) -> usize {
        self.plan()
            .map_or(efficientnet_lite::FEATURES, Plan::features)
    }

    /// Where weights that fit it come from; none where the binary has them.
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

    /// The plan, where it is a ResNet.
    pub(super) const fn plan(self) -> Option<&'static Plan> {
        Some(match self {
            Self::EfficientnetLite0 => return None,
            Self::Resnet18 => &RESNET18,
            Self::Resnet34 => &RESNET34,
            Self::Resnet50 => &RESNET50,
            Self::CifarResnet20 => &CIFAR20,
            Self::CifarResnet32 => &CIFAR32,
            Self::CifarResnet44 => &CIFAR44,
            Self::CifarResnet56 => &CIFAR56,
        })
    }

    /// What a weights file of it holds.
    pub(crate) fn layout(self) -> Expected {
        self.plan()
            .map_or_else(efficientnet_lite::layout, Plan::expected)
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
