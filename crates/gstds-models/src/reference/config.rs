//! Which reference model, from which file, and how its features are kept.

use super::{Reference, ReferenceName, checked_side, open};
use crate::bank::BankElement;
use crate::error::{Error, Result};
use crate::weights::Weights;
use burn::tensor::Device;
use gstds_burn::GpuDevice;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A reference model and its feature bank, as a configuration names them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceConfig {
    /// The network.
    pub model: ReferenceName,
    /// Its weights; none where the binary has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<PathBuf>,
    /// Side in pixels of the squares that it sees.
    pub side: usize,
    /// How a feature is kept.
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
