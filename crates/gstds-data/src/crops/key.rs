//! The cache key of crops: everything they depend on.

use super::request::CropRequest;
use crate::error::{Error, Result};
use sha2::{Digest, Sha256};
use std::fs::Metadata;
use std::time::UNIX_EPOCH;

/// Names everything that decides the pixels made from a file: decoder, crop, filter.
const RECIPE: &str = "gstds squares recipe 2: image 0.25.10, centre square, triangle";

/// SHA-256, in hex, over recipe, data set, split, side, root, and each file's path below it, length
/// and time of modification; on Unix also its inode and time of status change, which copies and
/// archives that restore the modification time do not preserve. Contents are not read: elsewhere, a
/// file whose contents changed but neither length nor time of modification goes unnoticed.
pub(super) fn of(request: &CropRequest<'_>) -> Result<String> {
    let mut hash = Sha256::new();
    let mut text = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    text(RECIPE.as_bytes());
    text(request.dataset.as_bytes());
    text(request.split.as_bytes());
    text(&(request.side as u64).to_le_bytes());
    text(&request.limit.to_le_bytes());
    let root = request.root.canonicalize();
    let root = root.map_err(Error::io("reading", request.root))?;
    text(root.as_os_str().as_encoded_bytes());
    for file in request.files {
        let path = request.root.join(file);
        let about = std::fs::metadata(&path).ok();
        let Some(about) = about.filter(Metadata::is_file) else {
            // It has no crop, which is not kept.
            text(file.as_os_str().as_encoded_bytes());
            text(b"cannot be read");
            continue;
        };
        let changed = about.modified().map_err(Error::io("reading", &path))?;
        // Before 1970 the difference is negative; its absolute value will do.
        let changed = changed
            .duration_since(UNIX_EPOCH)
            .unwrap_or_else(|e| e.duration());
        text(file.as_os_str().as_encoded_bytes());
        text(&about.len().to_le_bytes());
        text(&changed.as_nanos().to_le_bytes());
        text(&identity(&about));
    }
    Ok(crate::hash::hex(hash))
}

/// Inode and time of status change.
#[cfg(unix)]
fn identity(about: &Metadata) -> Vec<u8> {
    use std::os::unix::fs::MetadataExt;
    let times = [about.ctime(), about.ctime_nsec()];
    let times = times.iter().flat_map(|time| time.to_le_bytes());
    times.chain(about.ino().to_le_bytes()).collect()
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Vec<u8> {
    Vec::new()
}
