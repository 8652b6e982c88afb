//! Bytes as text.

/// A number of bytes in messages, such as `12.5 MB`.
#[must_use]
pub fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
