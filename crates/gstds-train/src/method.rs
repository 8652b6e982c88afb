//! Selection methods: which rows of a batch the learner trains on. One file each.
//!
//! Every method chooses on the GPU or from what was uploaded with the epoch; none waits for the
//! device. A new one implements [`Method`], gets a line in [`MethodName`] and in [`make`].

mod full;
mod random;
mod spectral;

use crate::bank::ResidentBank;
use crate::error::{Error, Result};
use burn::tensor::{Int, Tensor};
use gstds::Options;
use gstds_burn::GpuDevice;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A method, as `--method` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MethodName {
    /// Train on every row.
    Full,
    /// Uniformly random rows: the baseline that belongs beside every other method.
    Random,
    /// Even coverage along the Fiedler vector; our preset, see [`Options::gstds`].
    Gstds,
    /// The largest magnitudes of the unnormalised Fiedler vector (arXiv 2412.17069), see
    /// [`Options::saln`].
    Saln,
}

impl MethodName {
    /// Every method, in the order of the documentation.
    pub const ALL: &[Self] = &[Self::Full, Self::Random, Self::Gstds, Self::Saln];

    /// The name used in files and on command lines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Random => "random",
            Self::Gstds => "gstds",
            Self::Saln => "saln",
        }
    }

    /// Whether it reads features of a reference model.
    #[must_use]
    pub const fn needs_features(self) -> bool {
        matches!(self, Self::Gstds | Self::Saln)
    }

    /// How many of `rows` it keeps where the schedule says `ratio`.
    #[must_use]
    pub fn keeps(self, rows: usize, ratio: f64) -> usize {
        match self {
            Self::Full => rows,
            _ => ((rows as f64 * ratio).round() as usize).clamp(1, rows.max(1)),
        }
    }

    /// The selection options it starts from.
    #[must_use]
    pub fn preset(self) -> Options {
        match self {
            Self::Saln => Options::saln(),
            _ => Options::gstds(),
        }
    }
}

impl fmt::Display for MethodName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for MethodName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let known = Self::ALL.iter().find(|method| method.name() == text);
        known.copied().ok_or_else(|| Error::UnknownName {
            what: "method",
            name: text.into(),
            choices: "full, random, gstds, saln",
        })
    }
}

/// The batches of one epoch, known before it starts.
#[derive(Clone, Copy, Debug)]
pub struct EpochPlan<'a> {
    /// Rows and rows kept of each batch.
    pub batches: &'a [(usize, usize)],
    /// Seed of this epoch.
    pub seed: u64,
}

/// One batch to choose from.
#[derive(Clone, Copy, Debug)]
pub struct BatchRows<'a> {
    /// Row numbers in the data set, on the device: i32, one a row.
    pub rows: &'a Tensor<1, Int>,
    /// Its place in the epoch, from 0.
    pub place: usize,
    /// How many to keep, at least 1 and at most the rows.
    pub keep: usize,
    /// Seed of this batch.
    pub seed: u64,
}

/// What a method chose.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// Positions in the batch, i32, ascending; none when every row is kept.
    pub positions: Option<Tensor<1, Int>>,
    /// The 16 words of [`gstds::Status`], where a graph was solved.
    pub status: Option<Tensor<1, Int>>,
}

/// Chooses rows of batches, in the order of the plan. Nothing here may wait for the device.
///
/// What is chosen depends on the plan, the batch and the learner alone, not on earlier batches: a
/// resumed run begins the plan of its epoch and asks for the batches that are left.
pub trait Method: Send {
    /// Its name.
    fn name(&self) -> MethodName;

    /// Uploads what an epoch needs.
    ///
    /// # Errors
    /// Whatever the method's own preparations return.
    fn begin_epoch(&mut self, plan: &EpochPlan<'_>) -> Result<()> {
        let _ = plan;
        Ok(())
    }

    /// Chooses rows of the next batch.
    ///
    /// # Errors
    /// [`Error::Gpu`] where the selection cannot be made.
    fn choose(&mut self, batch: &BatchRows<'_>) -> Result<Chosen>;

    /// Says whether all that was chosen could be recorded. Called between epochs and before a
    /// checkpoint within one, once the device has finished.
    ///
    /// # Errors
    /// [`Error::Gpu`] where a selection of the epoch failed after it was asked for.
    fn end_epoch(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Makes a method. `bank` holds a feature row for each row of the data set, on `device`; methods
/// that need none ignore it.
///
/// # Errors
/// [`Error::NoFeatures`] when a bank is needed and missing, [`Error::Gpu`] for options that the
/// kernels cannot take.
pub fn make(
    name: MethodName,
    device: &GpuDevice,
    bank: Option<ResidentBank>,
    options: &Options,
) -> Result<Box<dyn Method>> {
    Ok(match name {
        MethodName::Full => Box::new(full::Full),
        MethodName::Random => Box::new(random::Random::new(device)),
        MethodName::Gstds | MethodName::Saln => {
            let bank = bank.ok_or(Error::NoFeatures {
                method: name.name(),
            })?;
            Box::new(spectral::Spectral::new(name, device, bank, options)?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_a_round_trip_and_others_are_refused() {
        for method in MethodName::ALL {
            assert_eq!(method.to_string().parse::<MethodName>().unwrap(), *method);
        }
        let message = "jest".parse::<MethodName>().unwrap_err().to_string();
        assert!(
            message.contains("jest") && message.contains("full, random"),
            "{message}"
        );
    }

    #[test]
    fn presets_are_those_of_the_kernel_crate() {
        assert_eq!(MethodName::Saln.preset(), Options::saln());
        assert_eq!(MethodName::Gstds.preset(), Options::gstds());
    }
}
