//! ResNets with batch norm folded into the convolutions, as their plans describe them.

mod plan;

pub(super) use plan::{CIFAR20, CIFAR32, CIFAR44, CIFAR56, Plan, RESNET18, RESNET34, RESNET50};

use super::convolution::{self, Convolution};
use super::{Preprocess, Reference, ReferenceName};
use crate::error::{Error, Result};
use crate::weights::Weights;
use burn::tensor::activation::relu;
use burn::tensor::module::max_pool2d;
use burn::tensor::ops::MaxPoolOptions;
use burn::tensor::{Device, Tensor, TensorData};
use plan::{Block, Shortcut, Step};
use std::path::Path;

/// PyTorch's default, which both families were trained with.
const BATCH_NORM_EPS: f32 = 1e-5;

/// A frozen ResNet: 512 (18, 34), 2,048 (50) or 64 (CIFAR) features an image.
///
/// Works on any Burn device; gradients are never recorded.
pub struct ResNet {
    plan: &'static Plan,
    stem: Folded,
    blocks: Vec<Block<Folded>>,
    classifier: Option<Classifier>,
    preprocess: Preprocess,
    sha256: String,
}

struct Folded {
    step: Step,
    convolution: Convolution,
}

struct Classifier {
    /// `[features, classes]`.
    weight: Tensor<2>,
    bias: Tensor<1>,
}

impl ResNet {
    /// The network `name` with weights from a file of safetensors or `torch.save`, f32, f64, f16
    /// or bf16, on `device`, for images of [`ReferenceName::default_side`]. The file may lack the
    /// classifier (`fc` or `linear`), or have one for any number of classes.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::WeightsFile`] for a file that cannot be read;
    /// [`Error::WeightsMismatch`] lists missing, unexpected and misshapen tensors;
    /// [`Error::UnknownName`] when `name` is no ResNet.
    pub fn from_file(name: ReferenceName, path: &Path, device: &Device) -> Result<Self> {
        let plan = name.plan().ok_or_else(|| gstds_data::Error::UnknownName {
            what: "ResNet",
            name: name.name().into(),
            choices: "resnet18, resnet34, resnet50, cifar-resnet20, cifar-resnet32, cifar-resnet44, cifar-resnet56",
        })?;
        let weights = Weights::from_file(path, name.name(), plan.expected())?;
        Self::new(plan, weights, path, device)
    }

    fn new(plan: &'static Plan, weights: Weights, path: &Path, device: &Device) -> Result<Self> {
        let device = device.clone().without_autodiff();
        let folded = |step| Folded::new(step, &weights, &device);
        let blocks = plan.blocks().into_iter().map(|block| Block {
            body: block.body.into_iter().map(folded).collect(),
            shortcut: match block.shortcut {
                Shortcut::Same => Shortcut::Same,
                Shortcut::Projected(step) => Shortcut::Projected(folded(step)),
                Shortcut::Padded { stride, empty } => Shortcut::Padded { stride, empty },
            },
        });
        Ok(Self {
            plan,
            stem: folded(plan.stem()),
            blocks: blocks.collect(),
            classifier: Classifier::new(plan.family.classifier, &weights, path, &device)?,
            preprocess: Preprocess::imagenet(plan.family.side),
            sha256: weights.sha256,
        })
    }

    /// The same network fed with images of `side` x `side` pixels; small sides save time and lose
    /// detail.
    ///
    /// # Errors
    /// [`Error::InputSide`] outside 32 to 1024, for CIFAR models 8 to 1024.
    pub fn with_input_side(mut self, side: usize) -> Result<Self> {
        let name = self.plan.name.name();
        self.preprocess.side = super::checked_side(name, side, self.plan.family.least_side)?;
        Ok(self)
    }

    /// Classes that it tells apart; none when the weights had no classifier.
    pub fn classes(&self) -> Option<usize> {
        self.classifier.as_ref().map(|layer| layer.bias.dims()[0])
    }

    /// Logits `[images, classes]`, f32, of preprocessed images `[images, 3, side, side]`; none
    /// when the weights had no classifier.
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
        self.plan.name.name()
    }

    fn width(&self) -> usize {
        self.plan.features()
    }

    fn weights_sha256(&self) -> &str {
        &self.sha256
    }

    fn preprocess(&self) -> &Preprocess {
        &self.preprocess
    }

    fn multiply_adds(&self) -> u64 {
        self.plan.multiply_adds(self.preprocess.side)
    }

    fn features(&self, images: Tensor<4>) -> Result<Tensor<2>> {
        super::checked_channels(&images)?;
        let mut x = self.stem.forward(images);
        if self.plan.family.pooled_stem {
            let options = MaxPoolOptions::new([3, 3])
                .with_stride([2, 2])
                .with_padding([1, 1]);
            x = max_pool2d(x, options);
        }
        for block in &self.blocks {
            let body = block.body.iter().fold(x.clone(), |y, step| step.forward(y));
            x = relu(body + block.shortcut.forward(x));
        }
        Ok(convolution::pooled(x))
    }
}

impl Folded {
    fn new(step: Step, weights: &Weights, device: &Device) -> Self {
        let names = (step.convolution.as_str(), step.batch_norm.as_str());
        let convolution = Convolution::folded(weights, names, step.shape(), BATCH_NORM_EPS, device);
        Self { step, convolution }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let Step { stride, relu, .. } = self.step;
        let y = self.convolution.forward(x, stride, self.step.padding(), 1);
        if relu { self::relu(y) } else { y }
    }
}

impl Shortcut<Folded> {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Same => x,
            Self::Projected(step) => step.forward(x),
            Self::Padded { stride, empty } => {
                // A 1x1 window takes one pixel of each stride.
                let pixels = MaxPoolOptions::new([1, 1]).with_stride([*stride; 2]);
                let x = max_pool2d(x, pixels);
                let [count, _, height, width] = x.dims();
                let zeros = Tensor::zeros([count, *empty, height, width], &x.device());
                Tensor::cat(vec![zeros.clone(), x, zeros], 1)
            }
        }
    }
}

impl Classifier {
    /// The layer `name`, if the file has it.
    fn new(name: &str, weights: &Weights, path: &Path, device: &Device) -> Result<Option<Self>> {
        let weight = weights.find(&format!("{name}.weight"));
        let bias = weights.find(&format!("{name}.bias"));
        let (Some((shape, weight)), Some((_, bias))) = (weight, bias) else {
            return Ok(None);
        };
        let shape = [shape[0], shape[1]];
        if bias.len() != shape[0] {
            return Err(Error::WeightsFile {
                origin: path.display().to_string(),
                reason: format!(
                    "{name}.weight has {} classes and {name}.bias {}",
                    shape[0],
                    bias.len()
                ),
            });
        }
        let weight = TensorData::new(weight.to_vec(), shape);
        let bias = TensorData::new(bias.to_vec(), [shape[0]]);
        Ok(Some(Self {
            weight: Tensor::<2>::from_data(weight, device).transpose(),
            bias: Tensor::from_data(bias, device),
        }))
    }
}
#[cfg(test)]
mod tests;
