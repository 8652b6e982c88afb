//! In which floats a learner computes.

use crate::error::{Error, Result};
use burn::tensor::{DType, Device};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// In which floats the convolutions of a training step are computed, forward and backward. Weights,
/// batch norms, the classifier, the loss and the optimiser are f32 under both, and so is evaluation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// f32.
    #[default]
    Full,
    /// f16, cast from f32 and back around every convolution. Needs an adapter with `SHADER_F16`.
    /// Without autotune Burn's kernels also sum in f16, so that weight gradients lose some digits.
    Mixed,
}

impl Precision {
    /// The names there are.
    pub const CHOICES: &'static str = "full, mixed";

    /// The name, as [`Precision::from_str`] reads it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Mixed => "mixed",
        }
    }

    /// Refuses a device that cannot compute in it.
    ///
    /// # Errors
    /// [`Error::NoShaderF16`].
    pub fn check(self, device: &Device, adapter: &str) -> Result<()> {
        match self == Self::Full || device.supports_dtype(DType::F16) {
            true => Ok(()),
            false => Err(Error::NoShaderF16 {
                adapter: adapter.into(),
            }),
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Precision {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "full" => Ok(Self::Full),
            "mixed" => Ok(Self::Mixed),
            _ => Err(gstds_data::Error::UnknownName {
                what: "precision",
                name: name.into(),
                choices: Self::CHOICES,
            }
            .into()),
        }
    }
}
