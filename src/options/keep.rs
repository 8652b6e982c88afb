//! How many rows a call keeps.

use crate::{Error, Result};

/// How many rows a call keeps.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Keep {
    /// This many; all of them where there are fewer.
    Count(usize),
    /// This share of the rows, in (0, 1], rounded to the nearest count and at least one.
    Ratio(f64),
}

impl Keep {
    /// Rows kept of `rows`.
    ///
    /// # Errors
    /// [`Error::NothingKept`] for a count of zero, [`Error::KeepRatio`] outside (0, 1].
    pub fn of(self, rows: usize) -> Result<usize> {
        match self {
            Self::Count(0) => Err(Error::NothingKept { rows }),
            Self::Count(count) => Ok(count.min(rows)),
            Self::Ratio(ratio) if ratio > 0.0 && ratio <= 1.0 => {
                Ok(((ratio * rows as f64).round() as usize).max(1))
            }
            Self::Ratio(ratio) => Err(Error::KeepRatio { ratio }),
        }
    }
}
