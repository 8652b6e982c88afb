//! Where tests find data that may not be part of the project.

use std::path::{Path, PathBuf};

/// A file or folder of `$GSTDS_SHARED`, or of `shared/data` beside the checkout; where there is
/// none, a line says so and the test is skipped.
pub fn shared(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("GSTDS_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    present(folder.join(name), "$GSTDS_SHARED or ../shared/data")
}

/// A file or folder of `$GSTDS_DATA`, a folder of data sets in their official layouts.
pub fn data(name: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("GSTDS_DATA").unwrap_or_default());
    present(folder.join(name), "$GSTDS_DATA")
}

/// The path, or a line that it is not in `place`.
pub fn present(path: PathBuf, place: &str) -> Option<PathBuf> {
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: no {} in {place}", path.display());
    None
}
