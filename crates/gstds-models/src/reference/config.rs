//! Which reference model, from which file, and how its features are kept.

use super::{EfficientNetLite0, Reference, ReferenceInfo, ReferenceName, ResNet};
use crate::element::BankElement;
use crate::error::{Error, Result};
use crate::weights::Weights;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A reference model and its feature bank, as a configuration and flags name them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
#[serde(deny_unknown_fields)]
#[command(next_help_heading = "Reference model")]
pub struct ReferenceConfig {
    /// Reference model [default: efficientnet-lite0]
    ///
    /// The frozen network that measures which images are similar. The weights of efficientnet-lite0
    /// are built in; the others need a file of weights.
    #[arg(id = "reference", long, value_name = "MODEL")]
    pub model: ReferenceName,
    /// Its weights, .safetensors or .pth.
    ///
    /// A .pth holds a PyTorch state_dict.
    #[arg(long, value_name = "FILE")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<PathBuf>,
    /// Side of its input [default: as it was trained]
    ///
    /// In pixels. In training the default depends on the data set and the adapter.
    #[arg(id = "reference-side", long, value_name = "N", value_parser = gstds_data::flags::side())]
    pub side: usize,
    /// Element type of features [default: f16]
    #[arg(long, value_name = "TYPE")]
    #[serde(default)]
    pub bank: BankElement,
}

impl ReferenceConfig {
    /// A model at the side it was trained on, its features stored as f16.
    #[must_use]
    pub fn new(model: ReferenceName) -> Self {
        Self {
            model,
            weights: None,
            side: model.default_side(),
            bank: BankElement::F16,
        }
    }

    /// Changes the model: another one has its own side, and drops the weights of the previous
    /// model.
    pub fn set_model(&mut self, model: ReferenceName) {
        if model != self.model {
            let bank = self.bank;
            *self = Self {
                bank,
                ..Self::new(model)
            };
        }
    }

    /// Opens the weights, once, and checks that they and the side fit the model. EfficientNet-Lite0
    /// has weights in the binary; every other model needs a file of safetensors or `torch.save`.
    ///
    /// # Errors
    /// [`Error::InputSide`] for a side outside the model's range; [`Error::NoWeights`] where a file
    /// is needed and none is named; those of [`Weights::open`]; [`Error::WeightsMismatch`] for
    /// weights of another network.
    pub fn open(&self) -> Result<OpenReference> {
        let model = self.model;
        model.check_side(self.side)?;
        let weights = match (&self.weights, model.weights_origin()) {
            (Some(path), _) => Weights::open(path)?,
            (None, None) => EfficientNetLite0::embedded_weights()?,
            (None, Some(origin)) => {
                let model = model.name();
                return Err(Error::NoWeights { model, origin });
            }
        };
        Ok(OpenReference {
            info: model.info(self.side, &weights)?,
            model,
            bank: self.bank,
            weights,
        })
    }
}

/// A reference model whose weights are read and checked, on no device yet.
#[derive(Clone, Debug)]
pub struct OpenReference {
    info: ReferenceInfo,
    model: ReferenceName,
    bank: BankElement,
    weights: Weights,
}

impl OpenReference {
    /// What is known of the model.
    #[must_use]
    pub fn info(&self) -> &ReferenceInfo {
        &self.info
    }

    /// How its features are stored.
    #[must_use]
    pub fn bank_element(&self) -> BankElement {
        self.bank
    }

    /// The network on a device, which [`reference_device`](super::reference_device) chooses.
    #[must_use]
    pub fn load(&self, device: &Device) -> Box<dyn Reference> {
        let (info, weights) = (self.info.clone(), &self.weights);
        match self.model.resnet() {
            None => Box::new(EfficientNetLite0::build(info, weights, device)),
            Some(spec) => Box::new(ResNet::build(info, &spec, weights, device)),
        }
    }
}
