//! Everything that can go wrong in this crate, in one type.

use gstds::ErrorKind;
use std::path::PathBuf;

/// What went wrong, which value caused it, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A data set, a file or a name that cannot be used.
    #[error(transparent)]
    Data(#[from] gstds_data::Error),
    /// A reference model, a feature bank or a learner.
    #[error(transparent)]
    Models(#[from] gstds_models::Error),
    /// A run or its configuration.
    #[error(transparent)]
    Train(#[from] gstds_train::Error),
    /// A picture that cannot be drawn.
    #[error(transparent)]
    Plot(#[from] gstds_plot::Error),
    /// A comparison to be resumed that is not there.
    #[error(
        "no comparison to resume in {path}: it has no compare.toml; start one without `resume`"
    )]
    NoComparison {
        /// The folder.
        path: PathBuf,
    },
    /// A budget on which a method cannot be trained.
    #[error("the budget of {amount} does not suit {method}: {reason}; {remedy}")]
    Budget {
        /// The method.
        method: &'static str,
        /// What each method gets.
        amount: String,
        /// What it does not cover.
        reason: String,
        /// What would suit it.
        remedy: &'static str,
    },
    /// Runs that cannot be compared.
    #[error(
        "nothing to compare: no {}run is finished; finish or resume one",
        method.map_or_else(String::new, |method| format!("{method} "))
    )]
    NothingToCompare {
        /// The requested baseline.
        method: Option<&'static str>,
    },
    /// A file in a run's folder with invalid contents.
    #[error("cannot read the run file {path}: {reason}; leave this run out or repeat it")]
    RunFile {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The kind of error, which decides a program's exit code.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Data(error) if error.is_usage() => ErrorKind::Usage,
            Self::Models(error) => error.kind(),
            Self::Train(error) => error.kind(),
            Self::Budget { .. } | Self::NoComparison { .. } => ErrorKind::Usage,
            _ => ErrorKind::Input,
        }
    }
}
