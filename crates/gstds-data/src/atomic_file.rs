//! Files that appear whole or not at all: written under a temporary name in the same folder,
//! synced, then renamed.

use crate::error::{Error, Result};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

/// How the names of temporary files begin.
pub const TEMPORARY_PREFIX: &str = ".gstds-";

/// A file under a temporary name beside its path. Dropping it removes it.
#[derive(Debug)]
pub struct StagedFile {
    path: PathBuf,
    file: NamedTempFile,
}

impl StagedFile {
    /// Creates the temporary file, with the permissions of the file at `path`, or else those of
    /// any new file.
    ///
    /// # Errors
    /// Those of the file system; the folder of `path` must exist.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(TEMPORARY_PREFIX);
        let replaced = fs::metadata(path).ok().map(|about| about.permissions());
        #[cfg(unix)]
        // By default a temporary file is readable by its owner alone.
        builder.permissions(match &replaced {
            Some(permissions) => permissions.clone(),
            None => std::os::unix::fs::PermissionsExt::from_mode(0o666),
        });
        let file = builder.tempfile_in(folder(path))?;
        #[cfg(unix)]
        // Creation applied the process's umask.
        if let Some(permissions) = replaced {
            file.as_file().set_permissions(permissions)?;
        }
        #[cfg(not(unix))]
        drop(replaced);
        let path = path.into();
        Ok(Self { path, file })
    }

    /// Creates the file and writes its contents to disk.
    ///
    /// # Errors
    /// Those of the file system and of `fill`.
    pub fn filled(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<Self> {
        let mut staged = Self::create(path)?;
        fill(staged.file.as_file_mut())?;
        // Some file systems only notice here that the disk is full.
        staged.file.as_file().sync_all()?;
        Ok(staged)
    }

    /// The file, open for reading and writing.
    pub fn file(&self) -> &File {
        self.file.as_file()
    }

    /// Syncs the file and renames it to its path, over an existing file if `replace`.
    ///
    /// # Errors
    /// Those of the file system; [`io::ErrorKind::AlreadyExists`] for an existing file that is not
    /// to be replaced.
    pub fn publish(self, replace: bool) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        let renamed = match replace {
            true => self.file.persist(&self.path),
            false => self.file.persist_noclobber(&self.path),
        };
        renamed.map_err(|e| e.error)?;
        sync_folder(folder(&self.path));
        Ok(())
    }
}

/// Writes a file, replacing an existing one, and creates missing folders above it.
///
/// # Errors
/// [`Error::Io`]; an existing file is then unchanged.
pub fn write(path: &Path, contents: &[u8]) -> Result<()> {
    let written = fs::create_dir_all(folder(path))
        .and_then(|()| StagedFile::filled(path, |file| file.write_all(contents)))
        .and_then(|staged| staged.publish(true));
    written.map_err(Error::io("writing", path))
}

/// Checks before the work whose result goes there that files can be created in a folder, or in the
/// nearest one above it that exists.
///
/// # Errors
/// [`Error::NotWritable`].
pub fn check_writable(folder: &Path) -> Result<()> {
    let there = |folder: &&Path| folder.exists();
    let named = folder.ancestors().filter(|above| *above != Path::new(""));
    let nearest = named.into_iter().find(there).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    let tried = builder.prefix(TEMPORARY_PREFIX).tempfile_in(nearest);
    tried.map(drop).map_err(|error| Error::NotWritable {
        folder: nearest.into(),
        reason: error.kind(),
    })
}

/// Checks that none of these paths exists.
///
/// # Errors
/// [`Error::Exists`] for the first one that does.
pub fn refuse_existing(paths: impl IntoIterator<Item = PathBuf>) -> Result<()> {
    let exists = |path: &PathBuf| path.symlink_metadata().is_ok();
    match paths.into_iter().find(exists) {
        Some(path) => Err(Error::Exists { path }),
        None => Ok(()),
    }
}

/// The folder that holds `path`: `.` for a bare name.
pub fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Writes a folder's new names to disk. Not every file system can, and files are whole either way.
fn sync_folder(folder: &Path) {
    #[cfg(unix)]
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    #[cfg(not(unix))]
    let _ = folder;
}
