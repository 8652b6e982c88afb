//! SHA-256 as lower-case hex, the form that keys, checksums and file names use.

use sha2::{Digest, Sha256};
use std::fs::File;
use std::io;
use std::path::Path;

/// The digest of what was hashed so far: 64 hex digits.
pub fn hex(hash: Sha256) -> String {
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The digest of `bytes`: 64 hex digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex(Sha256::new_with_prefix(bytes))
}

/// The digest of a regular file's contents: 64 hex digits.
///
/// # Errors
/// Those of the file system; anything but a regular file is one, and is not opened.
pub fn file(path: &Path) -> io::Result<String> {
    // Opening a pipe would block.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let mut hash = Sha256::new();
    io::copy(&mut File::open(path)?, &mut hash)?;
    Ok(hex(hash))
}
