//! Everything that can go wrong in this crate, in one type.

use gstds::ErrorKind;

/// What went wrong, which value caused it, and the way out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A data set, a file or a name that cannot be used.
    #[error(transparent)]
    Data(#[from] gstds_data::Error),
    /// A picture that cannot be drawn.
    #[error(transparent)]
    Plot(#[from] gstds_plot::Error),
}

impl Error {
    /// Whose fault it is, from which a program's exit code follows.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Data(error) if error.is_usage() => ErrorKind::Usage,
            _ => ErrorKind::Input,
        }
    }
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;
