//! Output files: the path is checked before the work whose result goes there, and the file then
//! appears whole or not at all.

use crate::{
    atomic_file::{StagedFile, check_writable},
    error::{Error, Result},
};
use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

pub use crate::atomic_file::folder;

/// A checked output path.
#[derive(Debug)]
pub struct OutputFile {
    path: PathBuf,
    replace: bool,
}

impl OutputFile {
    /// Checks a path, which may be replaced if `replace`.
    ///
    /// # Errors
    /// [`Error::NotAFile`], [`Error::Exists`], [`Error::NoParent`] and [`Error::NotWritable`].
    pub fn new(path: &Path, replace: bool) -> Result<Self> {
        let output = Self::staged_at_once(path, replace)?;
        check_writable(folder(path))?;
        Ok(output)
    }

    /// The same where the file is written right away, which shows whether the folder takes files.
    fn staged_at_once(path: &Path, replace: bool) -> Result<Self> {
        let path = path.to_path_buf();
        // Follows links: a link to a device is not a regular file.
        if fs::metadata(&path).is_ok_and(|about| !about.is_file()) {
            return Err(Error::NotAFile { path });
        }
        if !replace && fs::symlink_metadata(&path).is_ok() {
            return Err(Error::Exists { path });
        }
        let folder = folder(&path).to_path_buf();
        if !folder.is_dir() {
            return Err(Error::NoParent { folder });
        }
        Ok(Self { path, replace })
    }

    /// The output of a path that ends in `.html`, which requests the page only; none for a folder.
    ///
    /// # Errors
    /// As [`OutputFile::new`]; [`Error::NotAFolder`] for a file under another name.
    pub fn of_page(path: &Path, replace: bool) -> Result<Option<Self>> {
        let extension = path.extension();
        if extension.is_some_and(|extension| extension.eq_ignore_ascii_case("html")) {
            return Self::new(path, replace).map(Some);
        }
        match fs::metadata(path).is_ok_and(|about| !about.is_dir()) {
            true => Err(Error::NotAFolder { path: path.into() }),
            false => Ok(None),
        }
    }

    /// Writes what `fill` writes.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::Write`].
    pub fn write(&self, fill: impl FnOnce(&mut File) -> io::Result<()>) -> Result<()> {
        self.stage(fill)?.place()
    }

    /// Writes what `fill` writes to disk, under a temporary name.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn stage(
        &self,
        fill: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<StagedOutput<'_>> {
        let file = StagedFile::filled(&self.path, fill).map_err(|e| self.failed(e))?;
        Ok(StagedOutput { output: self, file })
    }

    fn failed(&self, source: io::Error) -> Error {
        let path = self.path.clone();
        match source.kind() {
            // Created by someone else since `new` looked.
            io::ErrorKind::AlreadyExists if !self.replace => Error::Exists { path },
            _ => Error::Write { path, source },
        }
    }
}

/// An output that is written and has yet to get its name. Dropping it removes it.
#[derive(Debug)]
pub struct StagedOutput<'a> {
    output: &'a OutputFile,
    file: StagedFile,
}

impl StagedOutput<'_> {
    /// Gives the file its name.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::Write`].
    pub fn place(self) -> Result<()> {
        let Self { output, file } = self;
        file.publish(output.replace).map_err(|e| output.failed(e))
    }
}

/// Writes files, by their names below `folder`, which is created if missing and may hold others. All
/// are on disk before any gets its name, in the order given; what fails before that leaves nothing,
/// no new folder either.
///
/// # Errors
/// As [`OutputFile::new`] for the first file that is there, unless `replace`; [`Error::Io`],
/// [`Error::Write`].
pub fn write_all<'a>(
    folder: &Path,
    files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    replace: bool,
) -> Result<()> {
    let mut made = Vec::new();
    let written = stage_and_place(folder, files, replace, &mut made);
    if written.is_err() {
        for new in made.iter().rev() {
            // Empty again, unless someone else put a file there.
            let _ = fs::remove_dir(new);
        }
    }
    written
}

fn stage_and_place<'a>(
    folder: &Path,
    files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    replace: bool,
    made: &mut Vec<PathBuf>,
) -> Result<()> {
    let mut outputs = Vec::new();
    for (name, bytes) in files {
        let path = folder.join(name);
        create_missing(self::folder(&path), made)?;
        outputs.push((OutputFile::staged_at_once(&path, replace)?, bytes));
    }
    let mut staged = Vec::new();
    for (output, bytes) in &outputs {
        staged.push(output.stage(|file| file.write_all(bytes))?);
    }
    staged.into_iter().try_for_each(StagedOutput::place)
}

/// Creates a folder and those above it, and notes which are new, outermost first.
fn create_missing(folder: &Path, made: &mut Vec<PathBuf>) -> Result<()> {
    let missing = folder.ancestors().take_while(|above| !above.exists());
    let missing: Vec<_> = missing.filter(|above| *above != Path::new("")).collect();
    made.extend(missing.iter().rev().map(|new| new.to_path_buf()));
    fs::create_dir_all(folder).map_err(Error::io("creating", folder))
}

/// An output with the format that its extension names.
#[derive(Debug)]
pub struct FormattedOutput<F> {
    /// Where it goes.
    pub file: OutputFile,
    /// How it is written.
    pub format: F,
}

impl<F: Copy> FormattedOutput<F> {
    /// Checks a path against `formats`, each under its lower-case extension.
    ///
    /// # Errors
    /// [`Error::Extension`], and as [`OutputFile::new`].
    pub fn among(formats: &[(&str, F)], path: &Path, replace: bool) -> Result<Self> {
        Ok(Self {
            format: format(path, formats)?,
            file: OutputFile::new(path, replace)?,
        })
    }
}

/// The format that the extension of `path` names, whatever its case.
fn format<T: Copy>(path: &Path, formats: &[(&str, T)]) -> Result<T> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let extension = extension.unwrap_or_default().to_ascii_lowercase();
    let known = formats.iter().find(|(name, _)| *name == extension);
    known.map(|&(_, format)| format).ok_or_else(|| {
        let mut names: Vec<String> = formats.iter().map(|(name, _)| format!(".{name}")).collect();
        let last = names.pop().unwrap_or_default();
        Error::Extension {
            path: path.into(),
            choices: format!("{} or {last}", names.join(", ")),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(target: &OutputFile, text: &str) -> Result<()> {
        target.write(|file| file.write_all(text.as_bytes()))
    }

    #[test]
    fn the_name_decides_the_format() {
        let formats = [("csv", 1), ("npy", 2)];
        assert_eq!(format(Path::new("a/b.csv"), &formats).unwrap(), 1);
        assert_eq!(format(Path::new("B.NPY"), &formats).unwrap(), 2);
        for nameless in ["kept", ".csv", "kept.", "kept.json"] {
            let error = format(Path::new(nameless), &formats).unwrap_err();
            assert!(error.to_string().contains(".csv or .npy"), "{error}");
        }
    }

    #[test]
    fn an_existing_file_is_kept_unless_replaced() {
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
    fn a_replacement_keeps_permissions() {
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
    fn a_file_created_meanwhile_is_not_replaced() {
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
    fn several_files_appear_together_or_not_at_all() {
        let house = tempfile::tempdir().unwrap();
        let folder = house.path().join("new/report");
        let files = [("plots/a.png", &b"a"[..]), ("page.html", b"page")];
        // The second cannot be written: a folder has its name.
        fs::create_dir_all(house.path().join("taken/page.html")).unwrap();
        assert!(write_all(&house.path().join("taken"), files, true).is_err());
        assert!(!house.path().join("taken/plots").exists());

        write_all(&folder, files, false).unwrap();
        assert_eq!(fs::read(folder.join("plots/a.png")).unwrap(), b"a");
        let again = write_all(&folder, [("other", &b"o"[..]), files[1]], false);
        assert!(matches!(again, Err(Error::Exists { .. })), "{again:?}");
        assert!(!folder.join("other").exists());
        write_all(&folder, [("page.html", &b"new"[..])], true).unwrap();
        assert_eq!(fs::read(folder.join("page.html")).unwrap(), b"new");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    }

    #[test]
    fn a_folder_in_which_nothing_can_be_created_is_refused_before_the_work() {
        let Some(folder) = ["/proc", "/sys"]
            .into_iter()
            .find(|path| Path::new(path).is_dir())
        else {
            return;
        };
        let path = Path::new(folder).join("kept.csv");
        let error = OutputFile::new(&path, false).unwrap_err().to_string();
        assert!(error.contains("choose another folder"), "{error}");
    }

    #[test]
    fn a_folder_is_not_an_output() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept.csv");
        fs::create_dir(&path).unwrap();
        let onto = OutputFile::new(&path, true);
        assert!(matches!(onto, Err(Error::NotAFile { .. })));
        let nowhere = OutputFile::new(&folder.path().join("none/kept.csv"), false);
        assert!(matches!(nowhere, Err(Error::NoParent { .. })));
    }
}
