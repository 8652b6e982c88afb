//! Methods by name.

use super::full::Full;
use super::guided::{GuideTerms, Guided};
use super::infobatch::InfoBatch;
use super::jest::Jest;
use super::loss::Loss;
use super::random::Random;
use super::small_batch::SmallBatch;
use super::spectral::Spectral;
use super::spectral_guided::SpectralGuided;
use super::stratified_learnability::StratifiedLearnability;
use super::{Method, MethodName};
use crate::error::{Error, Result};
use burn::tensor::Tensor;
use gstds::Options;
use gstds_burn::GpuDevice;
use gstds_curate::label_graph::LabelGraph;
use gstds_models::bank::ResidentBank;

/// What methods choose by; each uses what it needs and ignores the rest.
#[derive(Debug)]
pub struct MethodInputs<'a> {
    /// A feature row for each row of the data set, on the device.
    pub bank: Option<ResidentBank>,
    /// The reference's loss of each row of the data set, f32, on the device.
    pub reference_losses: Option<Tensor<1>>,
    /// The labels of the data set, and what a graph of its rows says of them.
    pub label_graph: Option<LabelGraph>,
    /// The terms of `guided`.
    pub guide: GuideTerms,
    /// How graphs are solved and read.
    pub selection: &'a Options,
    /// Sampling temperature of `jest`; 0 keeps the most learnable rows.
    pub temperature: f64,
    /// Whether the losses of kept rows are weighted by their inverse inclusion probabilities, so
    /// that their sum is an unbiased estimate of the batch's mean loss. For `jest` at a temperature
    /// above 0 and for `random`, whose rows all weigh the same.
    pub reweight: bool,
}

impl<'a> MethodInputs<'a> {
    /// Neither features nor losses, and the defaults of everything else.
    #[must_use]
    pub fn new(selection: &'a Options) -> Self {
        Self {
            bank: None,
            reference_losses: None,
            label_graph: None,
            guide: GuideTerms::default(),
            selection,
            temperature: 1.0,
            reweight: false,
        }
    }
}

/// Makes a method.
///
/// # Errors
/// [`Error::NoFeatures`] and [`Error::NoReferenceLosses`] for what is needed and missing,
/// [`Error::Reweight`] for weights that the method cannot know, [`Error::Gpu`] for options that the
/// kernels cannot take.
pub fn make(
    name: MethodName,
    device: &GpuDevice,
    inputs: MethodInputs<'_>,
) -> Result<Box<dyn Method>> {
    if inputs.reweight {
        name.check_reweight(inputs.temperature)?;
    }
    let method = name.name();
    let bank = inputs.bank.ok_or(Error::NoFeatures { method });
    let reference = inputs.reference_losses;
    let reference = reference.ok_or(Error::NoReferenceLosses { method });
    let graph = inputs.label_graph.ok_or(Error::NoFeatures { method });
    let options = inputs.selection;
    Ok(match name {
        MethodName::Full => Box::new(Full),
        MethodName::Random => Box::new(Random::new(device)),
        MethodName::SmallBatch => Box::new(SmallBatch),
        MethodName::InfoBatch => Box::new(InfoBatch::new(&device.burn)),
        MethodName::Gstds | MethodName::Saln => {
            Box::new(Spectral::new(name, device, bank?, options)?)
        }
        MethodName::Guided => Box::new(Guided::new(&device.burn, &graph?, inputs.guide)),
        MethodName::Loss => Box::new(Loss),
        MethodName::Jest => {
            let method = Jest::new(&device.burn, reference?, inputs.temperature);
            Box::new(method.reweighted(inputs.reweight))
        }
        MethodName::StratifiedLearnability => {
            let (bank, reference) = (bank?, reference?);
            let method = StratifiedLearnability::new(device, bank, reference, options);
            Box::new(method?)
        }
        MethodName::SpectralGuided => {
            let (bank, reference) = (bank?, reference?);
            let method = SpectralGuided::new(device, bank, reference, options);
            Box::new(method?)
        }
    })
}
