//! SHA-256 as lower-case hex, the form that keys, checksums and file names use.

use sha2::{Digest, Sha256};

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
