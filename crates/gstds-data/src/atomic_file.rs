//! Files that are there whole or not at all.

use crate::error::{Error, Result};
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

/// How the names of files begin that are still being written.
pub const TEMPORARY: &str = ".gstds-";

/// Writes a file by way of a temporary one beside it, and the folders above it where there are none.
/// What was there before is replaced at the end or not touched.
///
/// # Errors
/// [`Error::Io`].
pub fn write(path: &Path, contents: &[u8]) -> Result<()> {
    placed(path, contents, |file| {
        file.persist(path).map_err(|e| e.error)
    })
    .map_err(|source| failed(path, source))
}

/// The same where there is no such file; false where there is one, which is not touched.
///
/// # Errors
/// [`Error::Io`].
pub fn write_new(path: &Path, contents: &[u8]) -> Result<bool> {
    let place = |file: NamedTempFile| file.persist_noclobber(path).map_err(|e| e.error);
    match placed(path, contents, place) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(source) => Err(failed(path, source)),
    }
}

/// Refuses places where something stands already.
///
/// # Errors
/// [`Error::Exists`] for the first of them.
pub fn free(places: impl IntoIterator<Item = PathBuf>) -> Result<()> {
    let taken = |place: &PathBuf| place.symlink_metadata().is_ok();
    match places.into_iter().find(taken) {
        Some(path) => Err(Error::Exists { path }),
        None => Ok(()),
    }
}

/// Writes a file whole, over another where `replace`.
///
/// # Errors
/// [`Error::Exists`] where something stands there and is not to be replaced, [`Error::Io`].
pub fn place(path: &Path, bytes: &[u8], replace: bool) -> Result<()> {
    if replace {
        return write(path, bytes);
    }
    match write_new(path, bytes)? {
        true => Ok(()),
        false => Err(Error::Exists { path: path.into() }),
    }
}

fn placed(
    path: &Path,
    contents: &[u8],
    place: impl FnOnce(NamedTempFile) -> io::Result<fs::File>,
) -> io::Result<()> {
    let folder = match path.parent() {
        Some(above) if above != Path::new("") => above,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY);
    #[cfg(unix)]
    // What any new file gets; a temporary one is the owner's alone by default.
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(contents)?;
    file.as_file().sync_all()?;
    place(file)?;
    settle(folder);
    Ok(())
}

fn failed(path: &Path, source: io::Error) -> Error {
    Error::Io {
        action: "writing",
        path: path.into(),
        source,
    }
}

/// Has the system put a folder's new names on the disk. Not every file system can; the files are
/// whole either way.
fn settle(folder: &Path) {
    #[cfg(unix)]
    let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
    #[cfg(not(unix))]
    let _ = folder;
}
