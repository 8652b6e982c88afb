//! Weights that a learner starts from: torchvision's ResNet-18, from a file.

use super::{
    LearnerConfig, LearnerShape,
    name::RESNET18_WIDTH,
    network::{Body, Learner},
    residual::ConvolutionUnit,
};
use crate::convolution::Convolution;
use crate::error::{Error, Result};
use crate::reference::check_weights;
use crate::resnet::{ResNetPlan, ResNetSpec};
use crate::weights::Weights;
use burn::module::{Param, RunningState};
use burn::tensor::{Device, Tensor, TensorData};
use std::path::Path;

/// The network's name in errors.
const MODEL: &str = "resnet18";
const CHANNELS: usize = 3;

/// Weights for a learner, read and checked.
#[derive(Clone, Debug)]
pub struct InitWeights(Weights);

/// A learner that starts from a file.
#[derive(Debug)]
pub struct Pretrained {
    /// The network.
    pub learner: Learner,
    /// What was not taken from the file.
    pub note: Option<String>,
}

impl LearnerConfig {
    /// Opens a file in torchvision's layout, once, and checks that it has the weights of this
    /// learner.
    ///
    /// # Errors
    /// [`Error::NoPretrained`] for any learner but `resnet18`; those of [`Weights::open`];
    /// [`Error::WeightsMismatch`] with the tensors that are missing or misshapen.
    pub fn open_weights(&self, path: &Path) -> Result<InitWeights> {
        self.check_pretrained(CHANNELS)?;
        let weights = Weights::open(path)?;
        check_weights(&weights, MODEL, &plan().layout())?;
        Ok(InitWeights(weights))
    }

    /// Makes the network with opened weights: all convolutions and batch norms, and the classifier
    /// where they have one for as many classes. Otherwise the classifier is made from `seed`, and
    /// the note says so.
    ///
    /// # Errors
    /// [`Error::NoPretrained`] for any learner but `resnet18` on three channels, [`Error::Config`]
    /// as [`LearnerConfig::init`].
    pub fn init_from(
        &self,
        weights: &InitWeights,
        shape: LearnerShape,
        seed: u64,
        device: &Device,
    ) -> Result<Pretrained> {
        self.check_pretrained(shape.channels)?;
        let learner = self.init(shape, seed, device)?;
        Ok(load(learner, &plan(), shape.classes, &weights.0, device))
    }

    /// Refuses learners and images that there are no pretrained weights for.
    ///
    /// # Errors
    /// [`Error::NoPretrained`].
    pub fn check_pretrained(&self, channels: usize) -> Result<()> {
        let refused = |reason: String| Error::NoPretrained {
            learner: self.name(),
            reason,
        };
        let width = RESNET18_WIDTH;
        if *self != (Self::ResNet18 { width }) {
            return Err(refused("only resnet18 does".into()));
        }
        if channels != CHANNELS {
            return Err(refused(format!(
                "its first layer takes {CHANNELS} channels, and the images have {channels}"
            )));
        }
        Ok(())
    }
}

/// The network that a file has weights for.
fn plan() -> ResNetPlan {
    ResNetPlan::new(&ResNetSpec::torchvision(RESNET18_WIDTH, [2; 4]), CHANNELS)
}

/// Loads checked weights into a new ResNet-18.
fn load(
    mut learner: Learner,
    plan: &ResNetPlan,
    classes: usize,
    weights: &Weights,
    device: &Device,
) -> Pretrained {
    let loader = Loader { weights, device };
    if let Body::Residual(body) = &mut learner.body {
        for (unit, layer) in body.units_mut().zip(&plan.convolutions) {
            loader.unit(unit, layer);
        }
    }
    let [weight, bias] = plan.classifier_tensors(classes).map(|(name, _)| name);
    let file = weights.origin();
    let note = match weights.shape(&bias).map(|shape| shape[0]) {
        Some(found) if found == classes => {
            let weight = loader.tensor([classes, plan.features], &weight);
            learner.head.weight = Param::from_tensor(weight.transpose());
            learner.head.bias = Some(Param::from_tensor(loader.tensor([classes], &bias)));
            None
        }
        Some(found) => Some(format!(
            "the classifier in {file} has {found} classes, not {classes}; initialised a new one from the seed"
        )),
        None => Some(format!(
            "{file} has no classifier; initialised one for {classes} classes from the seed"
        )),
    };
    Pretrained { learner, note }
}

struct Loader<'a> {
    weights: &'a Weights,
    device: &'a Device,
}

impl Loader<'_> {
    fn tensor<const D: usize>(&self, shape: [usize; D], name: &str) -> Tensor<D> {
        let values = self.weights.values(name).to_vec();
        Tensor::from_data(TensorData::new(values, shape), self.device)
    }

    fn unit(&self, unit: &mut ConvolutionUnit, layer: &Convolution) {
        let weight = self.tensor(layer.shape(), &format!("{}.weight", layer.name));
        unit.convolution.weight = Param::from_tensor(weight);
        let part = |part| self.tensor([layer.outputs], &format!("{}.{part}", layer.norm));
        unit.norm.gamma = Param::from_tensor(part("weight"));
        unit.norm.beta = Param::from_tensor(part("bias"));
        unit.norm.running_mean = RunningState::new(part("running_mean"));
        unit.norm.running_var = RunningState::new(part("running_var"));
    }
}

#[cfg(test)]
mod tests;
