//! The one thing that can go wrong with a picture.

/// A picture that cannot be drawn.
#[derive(Debug, thiserror::Error)]
#[error("cannot draw the picture: {reason}")]
pub struct Error {
    /// What is wrong with what it was to show.
    pub reason: String,
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;
