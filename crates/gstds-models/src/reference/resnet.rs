//! ResNets with batch norm folded into the convolutions, as their plans describe them.

use super::convolution::FoldedConvolution;
use super::{Preprocess, Reference, ReferenceName, check_channels, check_weights};
use crate::error::Result;
use crate::resnet::{Convolution, ResNetPlan, ResNetSpec};
use crate::weights::Weights;
use burn::tensor::{Device, Tensor, TensorData};

/// PyTorch's default, which both families were trained with.
const BATCH_NORM_EPS: f32 = 1e-5;

/// A frozen ResNet: 512 (18, 34), 2,048 (50) or 64 (CIFAR) features an image.
///
/// Works on any Burn device; gradients are never recorded.
pub struct ResNet {
    name: ReferenceName,
    plan: ResNetPlan,
    convolutions: Vec<FoldedConvolution>,
    classifier: Option<Classifier>,
    preprocess: Preprocess,
    sha256: String,
}

struct Classifier {
    /// `[features, classes]`.
    weight: Tensor<2>,
    bias: Tensor<1>,
}

impl ResNet {
    /// The network `name` with `weights` on `device`, for images of
    /// [`ReferenceName::default_side`]. The weights may lack the classifier (`fc` or `linear`), or
    /// have one for any number of classes.
    ///
    /// # Errors
    /// [`Error::WeightsMismatch`](crate::Error::WeightsMismatch) lists missing, unexpected and misshapen tensors;
    /// [`gstds_data::Error::UnknownName`] when `name` is not a ResNet.
    pub fn new(name: ReferenceName, weights: &Weights, device: &Device) -> Result<Self> {
        let spec = name.resnet().ok_or_else(|| gstds_data::Error::UnknownName {
            what: "ResNet",
            name: name.name().into(),
            choices: "resnet18, resnet34, resnet50, cifar-resnet20, cifar-resnet32, cifar-resnet44, cifar-resnet56",
        })?;
        check_weights(weights, name.name(), &name.layout())?;
        let side = name.default_side();
        Ok(Self::build(name, &spec, weights, side, device))
    }

    /// The network of weights and a side that were checked.
    pub(super) fn build(
        name: ReferenceName,
        spec: &ResNetSpec,
        weights: &Weights,
        side: usize,
        device: &Device,
    ) -> Self {
        let device = device.clone().without_autodiff();
        let plan = ResNetPlan::new(spec, 3);
        let fold = |layer: &Convolution| {
            let names = (layer.name.as_str(), layer.norm.as_str());
            FoldedConvolution::new(weights, names, layer.shape(), BATCH_NORM_EPS, &device)
        };
        Self {
            name,
            convolutions: plan.convolutions.iter().map(fold).collect(),
            classifier: Classifier::new(&plan, weights, &device),
            plan,
            preprocess: Preprocess::imagenet(side),
            sha256: weights.sha256().into(),
        }
    }

    /// The same network for images of `side` x `side` pixels; small sides save time and lose detail.
    ///
    /// # Errors
    /// [`Error::InputSide`](crate::Error::InputSide) outside 32 to 1024, for CIFAR models 8 to 1024.
    pub fn with_input_side(mut self, side: usize) -> Result<Self> {
        self.name.check_side(side)?;
        self.preprocess.side = side;
        Ok(self)
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
    fn name(&self) -> &'static str {
        self.name.name()
    }

    fn width(&self) -> usize {
        self.plan.features
    }

    fn weights_sha256(&self) -> &str {
        &self.sha256
    }

    fn preprocess(&self) -> &Preprocess {
        &self.preprocess
    }

    fn multiply_adds(&self) -> u64 {
        self.plan.multiply_adds(self.preprocess.side).iter().sum()
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
