//! A folder of the kept images, as copies or links: filled under another name, then renamed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::rename;
use crate::exit::Failure;
use crate::interrupt;
use gstds_data::output_file;

/// How an image comes into the folder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::select) enum How {
    Copy,
    Link(Link),
}

/// Which link leads to the image.
#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
pub(in crate::select) enum Link {
    /// Another name of the same file, on the same file system: writing to one writes to both.
    Hard,
    /// A link by the image's full path.
    Symbolic,
}

/// Where the kept images go, found fit before the work.
#[derive(Debug)]
pub(in crate::select) struct Folder {
    path: PathBuf,
    how: How,
    replace: bool,
}

impl Folder {
    /// Checks the folder's own folder and what stands there already.
    pub(in crate::select) fn new(path: &Path, how: How, replace: bool) -> Result<Self, Failure> {
        let wrong = |what: &str| Err(Failure::Input(format!("{} {what}", path.display())));
        if path.file_name().is_none() {
            return wrong("names no new folder; give one a name");
        }
        match fs::symlink_metadata(path) {
            Ok(about) if !about.is_dir() => {
                return wrong("exists and is not a folder; choose another name");
            }
            Ok(_) if !replace => {
                return wrong("exists already; choose another name, or replace it with --force");
            }
            _ => {}
        }
        let above = output_file::folder(path);
        if !above.is_dir() {
            return Err(Failure::Input(format!(
                "the folder {} for {} does not exist; make it first",
                above.display(),
                path.display()
            )));
        }
        let path = path.to_path_buf();
        Ok(Self { path, how, replace })
    }

    /// The folder's full path, links above it resolved; as the file system writes it where it
    /// stands there, for there may be names that differ by case alone.
    pub(in crate::select) fn resolved(&self) -> io::Result<PathBuf> {
        if self.exists() {
            return self.path.canonicalize();
        }
        let above = output_file::folder(&self.path).canonicalize()?;
        Ok(above.join(self.path.file_name().unwrap_or_default()))
    }

    /// Whether a folder stands there, to be replaced.
    pub(in crate::select) fn exists(&self) -> bool {
        self.path.is_dir()
    }

    /// Keeps other runs from publishing beside this folder until it is dropped. Waits for those
    /// that do; nothing where the system has no locks on folders.
    pub(in crate::select) fn lock(&self) -> Option<File> {
        let above = File::open(output_file::folder(&self.path)).ok()?;
        above.lock().ok().map(|()| above)
    }

    /// Fills a temporary folder beside this one with images below `root`, at their own paths.
    pub(in crate::select) fn fill<'a>(
        &self,
        root: &Path,
        images: impl Iterator<Item = &'a PathBuf>,
        done: &mut dyn FnMut(usize),
    ) -> Result<Filled<'_>, Failure> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".gstds-");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
        let made = builder.tempdir_in(output_file::folder(&self.path));
        let held = made.map_err(|error| self.failed(&error))?;
        for (number, image) in images.enumerate() {
            if interrupt::asked() {
                return Err(Failure::Stopped);
            }
            self.put(&root.join(image), &held.path().join(image))?;
            done(number + 1);
        }
        Ok(Filled { folder: self, held })
    }

    fn put(&self, image: &Path, place: &Path) -> Result<(), Failure> {
        let placed = (|| {
            // Asked before it is opened, for a pipe would keep us waiting; and a link to a folder
            // would let later images through it.
            if !fs::metadata(image)?.is_file() {
                return Err(io::Error::other("it is not a regular file"));
            }
            fs::create_dir_all(output_file::folder(place))?;
            match self.how {
                How::Copy => copy(image, place),
                // The file itself: another name of a link might lead nowhere.
                How::Link(Link::Hard) => fs::hard_link(image.canonicalize()?, place),
                How::Link(Link::Symbolic) => symbolic(&std::path::absolute(image)?, place),
            }
        })();
        placed.map_err(|error| {
            let way_out = match (self.how, error.kind()) {
                (How::Link(Link::Hard), io::ErrorKind::CrossesDevices) => {
                    "; use --link symbolic or --copy-to"
                }
                _ => "",
            };
            Failure::Input(format!(
                "{} could not be put into {}, and nothing was left behind: {error}{way_out}",
                image.display(),
                self.path.display()
            ))
        })
    }

    fn failed(&self, error: &io::Error) -> Failure {
        Failure::Input(format!(
            "{} could not be written and nothing was left behind: {error}",
            self.path.display()
        ))
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

/// A folder that is full and has not its name yet; without it, it goes away again.
#[derive(Debug)]
pub(in crate::select) struct Filled<'a> {
    folder: &'a Folder,
    held: TempDir,
}

impl<'a> Filled<'a> {
    /// Gives the folder its name. The one that had it before is kept until the end.
    pub(in crate::select) fn publish(self) -> Result<Published<'a>, Failure> {
        let Self { folder, held } = self;
        let replaced = folder.replace && folder.exists();
        let renamed = match replaced {
            true => rename::exchange(held.path(), &folder.path).map(Some),
            false => rename::onto_nothing(held.path(), &folder.path).map(|()| None),
        };
        match renamed {
            Ok(old) => Ok(Published {
                folder,
                filled_at: held.keep(),
                old,
            }),
            // Made by someone else since `new` looked.
            Err(error) if fs::symlink_metadata(&folder.path).is_ok() && !replaced => {
                Err(Failure::Input(format!(
                    "{} was made by someone else meanwhile and is left as it is: {error}",
                    folder.path.display()
                )))
            }
            Err(error) => Err(folder.failed(&error)),
        }
    }
}

/// A folder under its name, which can still be taken back.
#[derive(Debug)]
pub(in crate::select) struct Published<'a> {
    folder: &'a Folder,
    /// Where it was filled.
    filled_at: PathBuf,
    /// Where the folder is now that it replaced, if any.
    old: Option<PathBuf>,
}

impl Published<'_> {
    /// Keeps it, and removes what it replaced; says what could not be removed.
    pub(in crate::select) fn keep(self) -> Option<String> {
        let old = self.old?;
        let error = fs::remove_dir_all(&old).err()?;
        Some(format!(
            "{} is new; what stood there is now {} and could not be removed: {error}",
            self.folder.path.display(),
            old.display()
        ))
    }

    /// Takes it back: what stood there before stands there again. Where that fails, says where
    /// both are.
    pub(in crate::select) fn undo(self) -> Result<(), String> {
        let path = &self.folder.path;
        let new = match &self.old {
            Some(old) => rename::exchange(old, path).map_err(|error| {
                format!(
                    "{} is new already, and what stood there could not be put back ({error}); it is now {}",
                    path.display(),
                    old.display()
                )
            })?,
            None => {
                let back = rename::onto_nothing(path, &self.filled_at);
                back.map_err(|error| {
                    format!("{} is new and stays: {error}", path.display())
                })?;
                self.filled_at
            }
        };
        fs::remove_dir_all(&new).map_err(|error| format!("{} stays behind: {error}", new.display()))
    }
}

#[cfg(test)]
mod tests;
