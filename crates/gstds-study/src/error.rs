//! Everything that can go wrong in this crate, in one type.

use gstds::ErrorKind;
use std::path::PathBuf;

/// What went wrong, which value caused it, and the way out.
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
        "{path} holds no comparison to resume: there is no compare.toml in it; begin one without --resume"
    )]
    NoComparison {
        /// The folder.
        path: PathBuf,
    },
    /// A budget on which a method cannot be trained.
    #[error(
        "{amount} are no budget for {method}: {reason}; give more --epochs, or leave what is paid once out with --free-reference"
    )]
    Budget {
        /// The method.
        method: &'static str,
        /// What each method gets.
        amount: String,
        /// What it does not pay for.
        reason: String,
    },
    /// Runs among which nothing can be compared.
    #[error(
        "nothing to compare: no {}run has come to its end; finish one, or resume it",
        method.map_or_else(String::new, |method| format!("{method} "))
    )]
    NothingToCompare {
        /// The baseline that was asked for.
        method: Option<&'static str>,
    },
    /// A file of a run's folder that no run writes so.
    #[error("{path} is no file of a run: {reason}; leave that run out, or make it again")]
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
    /// Whose fault it is, from which a program's exit code follows.
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
