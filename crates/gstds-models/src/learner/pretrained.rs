//! Weights that a learner starts from: torchvision's ResNet-18, read from a file.

use super::{
    LearnerConfig, LearnerShape,
    name::RESNET18_WIDTH,
    network::{Learner, Unit},
    plan::{Convolution, Plan, head},
};
use crate::error::{Error, Result, WeightProblems};
use crate::weights::{ANY, Expected, Weights};
use burn::module::{Param, RunningState};
use burn::tensor::{Device, Tensor, TensorData};
use std::path::Path;

/// How errors call the network.
const MODEL: &str = "resnet18";
const CHANNELS: usize = 3;

/// A learner that starts from a file.
#[derive(Debug)]
pub struct Pretrained {
    /// The network.
    pub learner: Learner,
    /// What was not taken from the file.
    pub note: Option<String>,
}

/// Refuses what no file of weights is for.
pub(super) fn check(config: &LearnerConfig, shape: &LearnerShape) -> Result<()> {
    let refused = |reason: String| Error::TakesNoWeights {
        learner: config.name(),
        reason,
    };
    if *config
        != (LearnerConfig::ResNet18 {
            width: RESNET18_WIDTH,
        })
    {
        return Err(refused("only resnet18 does".into()));
    }
    if shape.channels != CHANNELS {
        return Err(refused(format!(
            "its first layer takes 3 channels, and the images have {}",
            shape.channels
        )));
    }
    Ok(())
}

/// Refuses what no file of weights is for, and a file that is for another network.
pub(super) fn check_file(config: &LearnerConfig, path: &Path) -> Result<()> {
    let shape = LearnerShape {
        side: 1,
        channels: CHANNELS,
        classes: 1,
    };
    check(config, &shape)?;
    read(path, &Plan::new(config, CHANNELS)).map(drop)
}

/// Puts the weights of `path` into a learner that was just made.
pub(super) fn load(
    mut learner: Learner,
    plan: &Plan,
    classes: usize,
    path: &Path,
    device: &Device,
) -> Result<Pretrained> {
    let (weights, found) = read(path, plan)?;
    let source = Source {
        weights: &weights,
        device,
    };
    source.unit(&mut learner.stem, &plan.stem);
    for (block, planned) in learner.blocks.iter_mut().zip(&plan.blocks) {
        source.unit(&mut block.first, &planned.first);
        source.unit(&mut block.second, &planned.second);
        if let (Some(unit), Some(planned)) = (&mut block.shortcut, &planned.shortcut) {
            source.unit(unit, planned);
        }
    }
    let file = path.display();
    let note = match found {
        Some(head) if head == classes => {
            let weight = source.tensor([classes, plan.features], "fc.weight");
            learner.head.weight = Param::from_tensor(weight.transpose());
            learner.head.bias = Some(Param::from_tensor(source.tensor([classes], "fc.bias")));
            None
        }
        Some(head) => Some(format!(
            "the head of {file} tells {head} classes apart, not {classes}: a new one was made from the seed"
        )),
        None => Some(format!(
            "{file} holds no head: one was made from the seed for {classes} classes"
        )),
    };
    Ok(Pretrained { learner, note })
}

/// The weights, and how many classes their head tells apart where there is one.
fn read(path: &Path, plan: &Plan) -> Result<(Weights, Option<usize>)> {
    let expected = Expected {
        required: plan.tensors(),
        optional: head(plan.features, ANY).into(),
    };
    let weights = Weights::from_file(path, MODEL, expected)?;
    let extent = |name| weights.find(name).map(|(shape, _)| shape[0]);
    let classes = extent("fc.weight").zip(extent("fc.bias"));
    match classes {
        Some((rows, biases)) if rows != biases => Err(Error::WeightsMismatch {
            origin: path.display().to_string(),
            model: MODEL,
            problems: Box::new(WeightProblems {
                different: vec![format!("fc.bias: shape [{biases}], expected [{rows}]")],
                ..WeightProblems::default()
            }),
        }),
        _ => Ok((weights, classes.map(|(rows, _)| rows))),
    }
}

struct Source<'a> {
    weights: &'a Weights,
    device: &'a Device,
}

impl Source<'_> {
    fn tensor<const D: usize>(&self, shape: [usize; D], name: &str) -> Tensor<D> {
        let values = self.weights.get(name).to_vec();
        Tensor::from_data(TensorData::new(values, shape), self.device)
    }

    fn unit(&self, unit: &mut Unit, planned: &Convolution) {
        let Convolution {
            inputs,
            outputs,
            kernel,
            ..
        } = *planned;
        let shape = [outputs, inputs, kernel, kernel];
        let weight = self.tensor(shape, &format!("{}.weight", planned.name));
        unit.convolution.weight = Param::from_tensor(weight);
        let part = |part| self.tensor([outputs], &format!("{}.{part}", planned.norm));
        unit.norm.gamma = Param::from_tensor(part("weight"));
        unit.norm.beta = Param::from_tensor(part("bias"));
        unit.norm.running_mean = RunningState::new(part("running_mean"));
        unit.norm.running_var = RunningState::new(part("running_var"));
    }
}

#[cfg(test)]
mod tests;
