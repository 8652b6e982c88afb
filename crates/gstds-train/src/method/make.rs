//! Methods by name.

use super::family::FamilyMethod;
use super::full::Full;
use super::guided::GuideTerms;
use super::infobatch::InfoBatch;
use super::random::Random;
use super::small_batch::SmallBatch;
use super::spectral::Spectral;
use super::{Method, MethodName, MethodSpec};
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
    /// Whether the losses of kept rows are weighted by their inverse inclusion probabilities, so
    /// that their sum is an unbiased estimate of the batch's mean loss, see
    /// [`MethodSpec::check_reweight`].
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
            reweight: false,
        }
    }
}

/// Makes a method; of a name, that method's preset.
///
/// # Errors
/// [`Error::NoFeatures`] and [`Error::NoReferenceLosses`] for what is needed and missing,
/// [`Error::Reweight`] for weights that the method cannot know, [`Error::Gpu`] for options that the
/// kernels cannot take.
pub fn make(
    method: impl Into<MethodSpec>,
    device: &GpuDevice,
    inputs: MethodInputs<'_>,
) -> Result<Box<dyn Method>> {
    let spec = method.into();
    if inputs.reweight {
        spec.check_reweight()?;
    }
    if let Some(family) = spec.family {
        return Ok(Box::new(FamilyMethod::new(spec, family, device, inputs)?));
    }
    Ok(match spec.name {
        MethodName::Random => Box::new(Random::new(device)),
        MethodName::SmallBatch => Box::new(SmallBatch),
        MethodName::InfoBatch => Box::new(InfoBatch::new(&device.burn)),
        MethodName::Gstds | MethodName::Saln => {
            let method = spec.name.name();
            let bank = inputs.bank.ok_or(Error::NoFeatures { method })?;
            Box::new(Spectral::new(spec.name, device, bank, inputs.selection)?)
        }
        // The others have a preset in the family.
        _ => Box::new(Full),
    })
}
