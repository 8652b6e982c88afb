//! Where tests find data that may not be part of the project.

use std::path::{Path, PathBuf};

/// A file or folder of `$GSTDS_SHARED`, or of `shared/data` beside the checkout; where there is
/// none, that is said and the test has nothing to do.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("GSTDS_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    present(folder.join(name), "$GSTDS_SHARED or ../shared/data")
}

/// The path, or a line that it is not in `place`.
pub(crate) fn present(path: PathBuf, place: &str) -> Option<PathBuf> {
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: no {} in {place}", path.display());
    None
}
