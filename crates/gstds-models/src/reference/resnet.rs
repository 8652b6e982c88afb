//! ResNets with batch norm folded into the convolutions, as their plans describe them.

use super::convolution::FoldedConvolution;
use super::{Reference, ReferenceInfo, ReferenceName, check_channels};
use crate::convolution::Convolution;
use crate::error::Result;
use crate::resnet::{ResNetPlan, ResNetSpec};
use crate::weights::Weights;
use burn::tensor::{Device, Tensor, TensorData};

/// PyTorch's default, which both families were trained with.
const BATCH_NORM_EPS: f32 = 1e-5;

/// A frozen ResNet: 512 (18, 34), 2,048 (50) or 64 (CIFAR) features per image.
///
/// Works on any Burn device; gradients are never recorded.
pub struct ResNet {
    plan: ResNetPlan,
    convolutions: Vec<FoldedConvolution>,
    classifier: Option<Classifier>,
    info: ReferenceInfo,
}

struct Classifier {
    /// `[features, classes]`.
    weight: Tensor<2>,
    bias: Tensor<1>,
}

impl ResNet {
    /// The network `name` with `weights` on `device`, for images of `side` x `side` pixels; small
    /// sides save time and lose detail. The weights may lack the classifier (`fc` or `linear`), or
    /// have one for any number of classes.
    ///
    /// # Errors
    /// [`Error::WeightsMismatch`](crate::Error::WeightsMismatch) lists missing, unexpected and
    /// misshapen tensors; [`Error::InputSide`](crate::Error::InputSide) outside 32 to 1024, for
    /// CIFAR models 8 to 1024; [`gstds_data::Error::UnknownName`] when `name` is not a ResNet.
    pub fn new(
        name: ReferenceName,
        side: usize,
        weights: &Weights,
        device: &Device,
    ) -> Result<Self> {
        let spec = name.resnet().ok_or_else(|| gstds_data::Error::UnknownName {
            what: "ResNet",
            name: name.name().into(),
            choices: "resnet18, resnet34, resnet50, cifar-resnet20, cifar-resnet32, cifar-resnet44, cifar-resnet56",
        })?;
        let info = name.info(side, weights)?;
        Ok(Self::build(info, &spec, weights, device))
    }

    /// The network of weights that were checked.
    pub(super) fn build(
        info: ReferenceInfo,
        spec: &ResNetSpec,
        weights: &Weights,
        device: &Device,
    ) -> Self {
        let device = device.clone().without_autodiff();
        let plan = ResNetPlan::new(spec, 3);
        let fold = |layer| FoldedConvolution::new(weights, layer, BATCH_NORM_EPS, &device);
        Self {
            convolutions: plan.convolutions.iter().map(fold).collect(),
            classifier: Classifier::new(&plan, weights, &device),
            plan,
            info,
        }
    }

    /// Classes of its classifier; none when the weights have no classifier.
    pub fn classes(&self) -> Option<usize> {
        self.classifier.as_ref().map(|layer| layer.bias.dims()[0])
    }

    /// Logits `[images, classes]`, f32, of preprocessed images `[images, 3, side, side]`; none
    /// when the weights have no classifier.
    ///
    /// # Errors
    /// As [`Reference::features`].
    pub fn logits(&self, images: Tensor<4>) -> Result<Option<Tensor<2>>> {
        let Some(layer) = &self.classifier else {
            return Ok(None);
        };
        let features = self.features(images)?;
        let products = features.matmul(layer.weight.clone());
        Ok(Some(products + layer.bias.clone().unsqueeze()))
    }
}

impl Reference for ResNet {
    fn info(&self) -> &ReferenceInfo {
        &self.info
    }

    fn features(&self, images: Tensor<4>) -> Result<Tensor<2>> {
        check_channels(&images)?;
        Ok(self.plan.forward(images, |at, x| {
            let Convolution { kernel, stride, .. } = self.plan.convolutions[at];
            let padding = [(kernel / 2, kernel / 2); 2];
            self.convolutions[at].forward(x, stride, padding, 1)
        }))
    }
}

impl Classifier {
    /// The layer after the features, if the weights have it.
    fn new(plan: &ResNetPlan, weights: &Weights, device: &Device) -> Option<Self> {
        let [weight, bias] = plan.classifier_tensors(0).map(|(name, _)| name);
        let classes = weights.shape(&bias)?[0];
        let weight = TensorData::new(weights.values(&weight).to_vec(), [classes, plan.features]);
        let bias = TensorData::new(weights.values(&bias).to_vec(), [classes]);
        Some(Self {
            weight: Tensor::<2>::from_data(weight, device).transpose(),
            bias: Tensor::from_data(bias, device),
        })
    }
}

#[cfg(test)]
mod tests;
