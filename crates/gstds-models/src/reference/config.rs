//! Which reference model, from which file, and how its features are kept.

use super::{Reference, ReferenceName, checked_side, open};
use crate::bank::BankElement;
use crate::error::{Error, Result};
use crate::weights::Weights;
use burn::tensor::Device;
use gstds_burn::GpuDevice;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A reference model and its feature bank, as a configuration and flags name them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
#[serde(deny_unknown_fields)]
#[command(next_help_heading = "Reference model")]
pub struct ReferenceConfig {
    /// Frozen network whose features say which images are similar [default: efficientnet-lite0]
    ///
    /// The weights of efficientnet-lite0 are built in; the others need a file of weights.
    #[arg(id = "reference", long, value_name = "MODEL")]
    pub model: ReferenceName,
    /// Weights of the reference model: .safetensors, or a PyTorch state_dict (.pth).
    #[arg(long, value_name = "FILE")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<PathBuf>,
    /// Side in pixels of the reference model's input [default: the side it was trained on]
    ///
    /// In training the default depends on the data set and the adapter.
    #[arg(id = "reference-side", long, value_name = "N", value_parser = gstds_data::flags::side())]
    pub side: usize,
    /// Element type in which features are stored [default: f16]
    #[arg(long, value_name = "TYPE")]
    #[serde(default)]
    pub bank: BankElement,
}

impl ReferenceConfig {
    /// A model at the side it was trained on, its features kept as f16.
    #[must_use]
    pub fn new(model: ReferenceName) -> Self {
        Self {
            model,
            weights: None,
            side: model.default_side(),
            bank: BankElement::F16,
        }
    }

    /// Changes the model: another one brings its own side, and leaves the weights of the one before
    /// it behind.
    pub fn set_model(&mut self, model: ReferenceName) {
        if model != self.model {
            let bank = self.bank;
            *self = Self {
                bank,
                ..Self::new(model)
            };
        }
    }

    /// Checks side and weights, before images are read for it. Reads the weights once.
    ///
    /// # Errors
    /// As [`open`].
    pub fn check(&self) -> Result<()> {
        let model = self.model.name();
        checked_side(model, self.side, self.model.least_side())?;
        match (&self.weights, self.model.weights_origin()) {
            (None, Some(origin)) => Err(Error::NoWeights { model, origin }),
            (None, None) => Ok(()),
            (Some(path), _) => Weights::from_file(path, model, self.model.layout()).map(drop),
        }
    }

    /// Loads the model on a device, which [`home`] chooses.
    ///
    /// # Errors
    /// As [`open`].
    pub fn open(&self, device: &Device) -> Result<Box<dyn Reference>> {
        open(self.model, self.weights.as_deref(), Some(self.side), device)
    }
}

/// Where reference models run: on the adapter, or on Burn's CPU backend where a CPU plays the
/// adapter, since that takes less of the same CPU (docs/decisions/0005-software-adapters.md).
#[must_use]
pub fn home(device: &GpuDevice) -> Device {
    match device.is_software() {
        true => Device::flex(),
        false => device.burn.clone(),
    }
}
