//! A file to be written: found fit before the work that it will hold, then whole or not at all.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Why a file cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "{path} has none of the extensions {choices} that say how to write it; rename the output"
    )]
    Extension { path: PathBuf, choices: String },
    #[error("{path} exists already; choose another name, or replace it with --force")]
    Exists { path: PathBuf },
    #[error("{path} exists and is not a regular file; choose another name")]
    NotAFile { path: PathBuf },
    #[error("the folder {folder} for the output does not exist; make it first")]
    NoFolder { folder: PathBuf },
    #[error("{path} could not be written and nothing was left behind: {source}")]
    Write { path: PathBuf, source: io::Error },
}

/// Where a result goes.
#[derive(Debug)]
pub struct OutputFile {
    path: PathBuf,
    replace: bool,
}

impl OutputFile {
    /// Checks the folder of a path and what stands there already.
    pub fn new(path: &Path, replace: bool) -> Result<Self, Error> {
        let path = path.to_path_buf();
        // Follows links, so that one to a device is not taken for a file.
        if fs::metadata(&path).is_ok_and(|about| !about.is_file()) {
            return Err(Error::NotAFile { path });
        }
        if !replace && fs::symlink_metadata(&path).is_ok() {
            return Err(Error::Exists { path });
        }
        let folder = folder(&path).to_path_buf();
        if !folder.is_dir() {
            return Err(Error::NoFolder { folder });
        }
        Ok(Self { path, replace })
    }

    /// Where a page goes alone, which a name that ends in .html asks for; none for a folder.
    pub fn of_page(path: &Path, replace: bool) -> Result<Option<Self>, Error> {
        let extension = path.extension();
        let alone = extension.is_some_and(|extension| extension.eq_ignore_ascii_case("html"));
        alone.then(|| Self::new(path, replace)).transpose()
    }

    /// Writes what `fill` writes: to a temporary file beside the path, which then takes its name.
    pub fn write(&self, fill: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), Error> {
        self.stage(fill)?.place()
    }

    /// Writes what `fill` writes to a temporary file beside the path, on the disk to its last byte.
    pub fn stage(
        &self,
        fill: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<Staged<'_>, Error> {
        let file = self.filled(fill).map_err(|source| Error::Write {
            path: self.path.clone(),
            source,
        })?;
        Ok(Staged {
            destination: self,
            file,
        })
    }

    fn filled(&self, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".gstds-");
        let replaced = fs::metadata(&self.path).ok().filter(|_| self.replace);
        let replaced = replaced.map(|about| about.permissions());
        #[cfg(unix)]
        // What any new file gets, a temporary one is the owner's alone by default; or what the file
        // that it replaces has, from the start.
        builder.permissions(match &replaced {
            Some(permissions) => permissions.clone(),
            None => std::os::unix::fs::PermissionsExt::from_mode(0o666),
        });
        let mut file = builder.tempfile_in(folder(&self.path))?;
        #[cfg(unix)]
        if let Some(permissions) = replaced {
            file.as_file().set_permissions(permissions)?;
        }
        fill(file.as_file_mut())?;
        // Some file systems find out only here that the disk is full.
        file.as_file().sync_all()?;
        Ok(file)
    }
}

/// A file that is written and has not its name yet; without it, it goes away again.
#[derive(Debug)]
pub struct Staged<'a> {
    destination: &'a OutputFile,
    file: NamedTempFile,
}

impl Staged<'_> {
    /// Gives the file its name.
    pub fn place(self) -> Result<(), Error> {
        let OutputFile { path, replace } = self.destination;
        let placed = match replace {
            true => self.file.persist(path),
            false => self.file.persist_noclobber(path),
        };
        let path = path.clone();
        match placed.map_err(|error| error.error) {
            Ok(_) => Ok(()),
            // Made by someone else since `new` looked.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !replace => {
                Err(Error::Exists { path })
            }
            Err(source) => Err(Error::Write { path, source }),
        }
    }
}

/// Where a result goes and how it is written, as its name says.
#[derive(Debug)]
pub struct Target<F> {
    pub destination: OutputFile,
    pub format: F,
}

impl<F: Copy> Target<F> {
    /// Checks the name, its folder and what stands there already.
    pub fn among(formats: &[(&str, F)], path: &Path, replace: bool) -> Result<Self, Error> {
        Ok(Self {
            format: format(path, formats)?,
            destination: OutputFile::new(path, replace)?,
        })
    }
}

/// The one of `formats` whose extension a path has, whatever its case.
fn format<T: Copy>(path: &Path, formats: &[(&str, T)]) -> Result<T, Error> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let extension = extension.unwrap_or_default().to_ascii_lowercase();
    let known = formats.iter().find(|(name, _)| *name == extension);
    known.map(|&(_, format)| format).ok_or_else(|| {
        let mut names: Vec<String> = formats.iter().map(|(name, _)| format!(".{name}")).collect();
        let last = names.pop().unwrap_or_default();
        Error::Extension {
            path: path.into(),
            choices: format!("{} and {last}", names.join(", ")),
        }
    })
}

/// The folder that a path names an entry of.
pub fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn write(target: &OutputFile, text: &str) -> Result<(), Error> {
        target.write(|file| file.write_all(text.as_bytes()))
    }

    #[test]
    fn the_name_decides_the_format() {
        let formats = [("csv", 1), ("npy", 2)];
        assert_eq!(format(Path::new("a/b.csv"), &formats).unwrap(), 1);
        assert_eq!(format(Path::new("B.NPY"), &formats).unwrap(), 2);
        for nameless in ["kept", ".csv", "kept.", "kept.json"] {
            let error = format(Path::new(nameless), &formats).unwrap_err();
            assert!(error.to_string().contains(".csv and .npy"), "{error}");
        }
    }

    #[test]
    fn what_exists_is_kept_unless_told_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept.csv");
        fs::write(&path, "mine").unwrap();
        let kept = OutputFile::new(&path, false);
        assert!(matches!(kept, Err(Error::Exists { .. })));
        write(&OutputFile::new(&path, true).unwrap(), "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    }

    #[cfg(unix)]
    #[test]
    fn who_may_read_what_is_replaced_may_read_what_replaces_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept.csv");
        fs::write(&path, "mine").unwrap();
        for mode in [0o600, 0o666, 0o444] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            write(&OutputFile::new(&path, true).unwrap(), "new").unwrap();
            let now = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(now & 0o777, mode);
        }
    }

    #[test]
    fn a_file_made_meanwhile_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept.csv");
        let target = OutputFile::new(&path, false).unwrap();
        fs::write(&path, "theirs").unwrap();
        let result = write(&target, "ours");
        assert!(matches!(result, Err(Error::Exists { .. })), "{result:?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_or_a_device_is_no_output() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept.csv");
        fs::create_dir(&path).unwrap();
        let onto = OutputFile::new(&path, true);
        assert!(matches!(onto, Err(Error::NotAFile { .. })));
        let nowhere = OutputFile::new(&folder.path().join("none/kept.csv"), false);
        assert!(matches!(nowhere, Err(Error::NoFolder { .. })));
    }
}
