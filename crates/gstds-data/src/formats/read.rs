//! Files read as a whole, up to a limit on their size.

use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// Limit on text files; lists of a million images are shorter.
const LONGEST_TEXT: u64 = 64 << 20;

/// The bytes of `path`, at most `longest`.
pub(super) fn bytes(path: &Path, longest: u64) -> Result<Vec<u8>> {
    let about = std::fs::metadata(path).map_err(Error::io("reading", path))?;
    if !about.is_file() {
        return Err(Error::file(path, "it is not a file"));
    }
    if about.len() > longest {
        let reason = format!(
            "it has {} bytes, and at most {longest} were expected",
            about.len()
        );
        return Err(Error::file(path, reason));
    }
    std::fs::read(path).map_err(Error::io("reading", path))
}

/// The text of `path`, UTF-8.
pub(super) fn text(path: &Path) -> Result<String> {
    utf8(path, bytes(path, LONGEST_TEXT)?)
}

/// `bytes` as text; the error names the line.
pub(super) fn utf8(path: &Path, bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|e| {
        let good = &e.as_bytes()[..e.utf8_error().valid_up_to()];
        Error::Line {
            path: path.into(),
            line: 1 + good.iter().filter(|&&byte| byte == b'\n').count(),
            reason: "it is not UTF-8 text".into(),
        }
    })
}

/// `folder` or the first of the folders `below` it, whichever holds `marker`.
pub(super) fn home(folder: &Path, below: &[&str], marker: &str) -> Option<PathBuf> {
    let below = below.iter().map(|name| folder.join(name));
    std::iter::once(folder.to_path_buf())
        .chain(below)
        .find(|home| home.join(marker).exists())
}
