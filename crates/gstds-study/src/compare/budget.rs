//! What is made equal between methods.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What every method gets the same of, to within one optimiser step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Budget {
    /// Back-propagated samples.
    #[default]
    Samples,
    /// Operations, counted from shapes: forward and backward passes, scoring, selection and, unless
    /// it is free, the reference's.
    Flops,
    /// Wall-clock seconds of reference, selection and training, planned by the pace of a short
    /// pilot; runs are as long as planned, not stopped by the clock, so that they can be repeated.
    Time,
}

impl Budget {
    /// The names there are.
    pub const NAMES: [&str; 3] = ["samples", "flops", "time"];

    /// As `--budget` names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Samples => "samples",
            Self::Flops => "flops",
            Self::Time => "time",
        }
    }

    /// An amount of it, for people.
    #[must_use]
    pub fn amount(self, amount: f64) -> String {
        match self {
            Self::Samples => format!("{amount:.0} back-propagated samples"),
            Self::Flops => format!("{:.4}e9 operations", amount / 1e9),
            Self::Time => format!("{amount:.1} s"),
        }
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Budget {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let all = [Self::Samples, Self::Flops, Self::Time];
        let known = all.into_iter().find(|budget| budget.name() == text);
        known.ok_or_else(|| {
            gstds_data::Error::UnknownName {
                what: "budget",
                name: text.into(),
                choices: "samples, flops, time",
            }
            .into()
        })
    }
}
