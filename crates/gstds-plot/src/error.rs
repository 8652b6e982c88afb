//! The crate's error type.

/// A picture that cannot be drawn.
#[derive(Debug, thiserror::Error)]
#[error("cannot draw the picture: {reason}")]
pub struct Error {
    /// What is wrong with its input.
    pub reason: String,
}

/// What the functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;
