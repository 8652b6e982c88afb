//! Photographs, weights and data sets that may not be part of the project lie beside it where it is
//! developed. A test that misses its file says so and ends.

use std::path::{Path, PathBuf};

/// A file of $GSTDS_SHARED.
pub fn file(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("GSTDS_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    present(
        folder.join(name),
        &format!("no {name} in $GSTDS_SHARED or ../shared/data"),
    )
}

/// A file of $GSTDS_DATA, a folder of data sets in their official layouts.
pub fn data(name: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("GSTDS_DATA").unwrap_or_default());
    present(folder.join(name), &format!("no {name} in $GSTDS_DATA"))
}

fn present(file: PathBuf, missing: &str) -> Option<PathBuf> {
    if file.is_file() {
        return Some(file);
    }
    eprintln!("SKIPPED: {missing}");
    None
}
