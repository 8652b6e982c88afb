//! A folder of the kept images, as copies or links: filled under another name, then renamed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use gstds_data::atomic_file::check_writable;
use gstds_data::output_file;
use tempfile::TempDir;

use super::rename;
use crate::error::{Error, Result};

/// How an image is put into the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// A copy.
    Copy,
    /// Another name of the same file, on the same file system: writing to one writes to both.
    HardLink,
    /// A link to the image's absolute path.
    SymbolicLink,
}

/// The folder for the kept images, checked before the work.
#[derive(Debug)]
pub struct ImageFolder {
    path: PathBuf,
    placement: Placement,
    replace: bool,
}

impl ImageFolder {
    /// Checks the parent folder and what is there already.
    ///
    /// # Errors
    /// [`Error::File`] for a path that cannot name a folder, [`Error::Data`] for one that exists,
    /// unless `replace`.
    pub fn new(path: &Path, placement: Placement, replace: bool) -> Result<Self> {
        if path.file_name().is_none() {
            let reason = "does not name a folder; add the name of the new folder";
            return Err(Error::file(path, reason));
        }
        match fs::symlink_metadata(path) {
            Ok(about) if !about.is_dir() => {
                let reason = "exists and is not a folder; choose another name";
                return Err(Error::file(path, reason));
            }
            Ok(_) if !replace => {
                let path = path.into();
                return Err(gstds_data::Error::Exists { path }.into());
            }
            _ => {}
        }
        let above = output_file::folder(path);
        if !above.is_dir() {
            let reason = format!(
                "the folder for {} does not exist; create it",
                path.display()
            );
            return Err(Error::file(above, reason));
        }
        check_writable(above)?;
        Ok(Self {
            path: path.into(),
            placement,
            replace,
        })
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder's full path, links above it resolved; as the file system writes it where it
    /// exists, for names may differ by case alone.
    pub(super) fn resolved(&self) -> Result<PathBuf> {
        let resolved = match self.exists() {
            true => self.path.canonicalize(),
            false => output_file::folder(&self.path)
                .canonicalize()
                .map(|above| above.join(self.path.file_name().unwrap_or_default())),
        };
        resolved.map_err(|error| Error::file(&self.path, error.to_string()))
    }

    /// Whether there is a folder to be replaced.
    pub(super) fn exists(&self) -> bool {
        self.path.is_dir()
    }

    /// Keeps other processes from publishing beside this folder until the lock is dropped. Waits
    /// for those that do; none where the system has no locks on folders.
    pub(super) fn lock(&self) -> Option<File> {
        let above = File::open(output_file::folder(&self.path)).ok()?;
        above.lock().ok().map(|()| above)
    }

    /// Fills a temporary folder beside this one with images below `root`, at their own paths.
    /// `next` is called before each with its number, and may stop it.
    pub(super) fn fill<'a>(
        &self,
        root: &Path,
        images: impl Iterator<Item = &'a PathBuf>,
        next: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<FilledFolder<'_>> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".gstds-");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
        let made = builder.tempdir_in(output_file::folder(&self.path));
        let temporary = made.map_err(|error| self.failed(error))?;
        for (number, image) in images.enumerate() {
            next(number)?;
            self.put(&root.join(image), &temporary.path().join(image))?;
        }
        Ok(FilledFolder {
            folder: self,
            temporary,
        })
    }

    fn put(&self, image: &Path, place: &Path) -> Result<()> {
        let placed = (|| {
            // Checked before it is opened: reading a pipe would block; and a link to a folder would
            // let later images through it.
            if !fs::metadata(image)?.is_file() {
                return Err(io::Error::other("not a regular file"));
            }
            fs::create_dir_all(output_file::folder(place))?;
            match self.placement {
                Placement::Copy => copy(image, place),
                // The file itself: another name of a link might lead nowhere.
                Placement::HardLink => fs::hard_link(image.canonicalize()?, place),
                Placement::SymbolicLink => symbolic(&std::path::absolute(image)?, place),
            }
        })();
        placed.map_err(|source| Error::Place {
            image: image.into(),
            folder: self.path.clone(),
            source,
        })
    }

    fn failed(&self, source: io::Error) -> Error {
        let path = self.path.clone();
        Error::Folder { path, source }
    }
}

fn copy(image: &Path, place: &Path) -> io::Result<()> {
    let mut from = File::open(image)?;
    let mut to = File::create_new(place)?;
    io::copy(&mut from, &mut to)?;
    to.sync_all()
}

#[cfg(unix)]
fn symbolic(image: &Path, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(image, place)
}

#[cfg(windows)]
fn symbolic(image: &Path, place: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(image, place)
}

/// A folder that is filled and does not have its name yet; dropped, it is removed.
#[derive(Debug)]
pub(super) struct FilledFolder<'a> {
    folder: &'a ImageFolder,
    temporary: TempDir,
}

impl<'a> FilledFolder<'a> {
    /// Gives the folder its name. The one that had it before is kept until the end.
    pub(super) fn publish(self) -> Result<PublishedFolder<'a>> {
        let Self { folder, temporary } = self;
        let replaced = folder.replace && folder.exists();
        let renamed = match replaced {
            true => rename::exchange(temporary.path(), &folder.path).map(Some),
            false => rename::onto_nothing(temporary.path(), &folder.path).map(|()| None),
        };
        match renamed {
            Ok(old) => Ok(PublishedFolder {
                folder,
                filled_at: temporary.keep(),
                old,
            }),
            // Created by another process since `new` looked.
            Err(error) if fs::symlink_metadata(&folder.path).is_ok() && !replaced => {
                let reason =
                    format!("created by another process meanwhile, left as it is: {error}");
                Err(Error::file(&folder.path, reason))
            }
            Err(error) => Err(folder.failed(error)),
        }
    }
}

/// A published folder, which can still be withdrawn.
#[derive(Debug)]
pub(super) struct PublishedFolder<'a> {
    folder: &'a ImageFolder,
    /// Where it was filled.
    filled_at: PathBuf,
    /// Where the folder that it replaced is now, if any.
    old: Option<PathBuf>,
}

impl PublishedFolder<'_> {
    /// Keeps it and removes what it replaced; returns a warning about what could not be removed.
    pub(super) fn keep(self) -> Option<String> {
        let old = self.old?;
        let error = fs::remove_dir_all(&old).err()?;
        Some(format!(
            "{} was replaced, but the old folder, now {}, could not be removed: {error}",
            self.folder.path.display(),
            old.display()
        ))
    }

    /// Withdraws it and restores the previous folder. Where that fails, the error names both.
    pub(super) fn undo(self) -> Result<(), String> {
        let path = &self.folder.path;
        let new = match &self.old {
            Some(old) => rename::exchange(old, path).map_err(|error| {
                format!(
                    "{} was replaced already, and the old folder, now {1}, could not be put back: {error}",
                    path.display(),
                    old.display()
                )
            })?,
            None => {
                let back = rename::onto_nothing(path, &self.filled_at);
                back.map_err(|error| {
                    format!("{} was created and could not be removed: {error}", path.display())
                })?;
                self.filled_at
            }
        };
        fs::remove_dir_all(&new)
            .map_err(|error| format!("{} could not be removed: {error}", new.display()))
    }
}

#[cfg(test)]
mod tests;
