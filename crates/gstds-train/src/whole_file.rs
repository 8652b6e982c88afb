//! Files that are there whole or not at all.

use crate::error::{Error, Result};
use std::{
    fs,
    io::{self, Write},
    path::Path,
};

/// How the names of files begin that are still being written.
pub(crate) const TEMPORARY: &str = ".gstds-";

/// Writes a file by way of a temporary one beside it, and the folders above it where there are none.
/// What was there before is replaced at the end or not touched.
///
/// # Errors
/// [`Error::Io`].
pub(crate) fn write(path: &Path, contents: &[u8]) -> Result<()> {
    let folder = match path.parent() {
        Some(above) if above != Path::new("") => above,
        _ => Path::new("."),
    };
    let written = fs::create_dir_all(folder)
        .and_then(|()| {
            tempfile::Builder::new()
                .prefix(TEMPORARY)
                .tempfile_in(folder)
        })
        .and_then(|mut file| {
            file.write_all(contents)?;
            file.as_file().sync_all()?;
            file.persist(path).map_err(|e| e.error)
        })
        .inspect(|_| settle(folder));
    written.map(drop).map_err(|source: io::Error| Error::Io {
        action: "writing",
        path: path.into(),
        source,
    })
}

/// Has the system put a folder's new names on the disk. Not every file system can; the files are
/// whole either way.
fn settle(folder: &Path) {
    #[cfg(unix)]
    let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
    #[cfg(not(unix))]
    let _ = folder;
}
