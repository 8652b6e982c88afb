//! Image files below a folder, in the order of their paths.

use crate::bad_image::BadImage;
use crate::counted;
use crate::error::{Error, Result};
use crate::exclude::Exclude;
use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// Names of image files end in one of these, in upper or lower case.
const EXTENSIONS: [&str; 10] = [
    "jpg", "jpeg", "jpe", "jfif", "png", "webp", "bmp", "gif", "tif", "tiff",
];
/// Extensions named in a warning; the rest are counted.
const SHOWN: usize = 6;

/// What is below a folder.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    /// Images, by path relative to the root.
    pub files: Vec<PathBuf>,
    /// Folders that cannot be read.
    pub unreadable: Vec<BadImage>,
    /// How many other files there are, by their extension in lower case.
    ignored: BTreeMap<String, usize>,
    /// The first of them.
    first_ignored: Option<PathBuf>,
    /// How many files and folders were passed over.
    excluded: usize,
    /// The first of them.
    first_excluded: Option<PathBuf>,
}

impl Walked {
    pub(super) fn ignore(&mut self, path: PathBuf) {
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        *self.ignored.entry(extension.to_lowercase()).or_default() += 1;
        self.first_ignored.get_or_insert(path);
    }

    /// How many files are not named like images, kinds and counts, the most frequent first.
    pub(crate) fn ignored(&self) -> Option<String> {
        let mut kinds: Vec<(&String, &usize)> = self.ignored.iter().collect();
        kinds.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        let total: usize = self.ignored.values().sum();
        let shown = |&(extension, count): &(&String, &usize)| match extension.as_str() {
            "" => format!("{count} without extension"),
            // A name may hold control sequences of terminals.
            name => format!("{count} *.{}", name.replace(char::is_control, "\u{fffd}")),
        };
        let mut named: Vec<String> = kinds.iter().take(SHOWN).map(shown).collect();
        if let Some(more) = kinds.get(SHOWN..).filter(|more| !more.is_empty()) {
            let rest: usize = more.iter().map(|(_, count)| **count).sum();
            named.push(format!("{rest} of other kinds"));
        }
        (total > 0).then(|| format!("{} ({})", counted(total, "file", "files"), named.join(", ")))
    }

    /// How many files and folders were passed over.
    pub(crate) fn excluded(&self) -> usize {
        self.excluded
    }

    /// Warnings, if any file was ignored or passed over.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if let (Some(ignored), Some(first)) = (self.ignored(), &self.first_ignored) {
            warnings.push(format!(
                "ignoring {ignored} not named *.{}; the first is {}",
                EXTENSIONS.join(", *."),
                first.display()
            ));
        }
        if let Some(first) = &self.first_excluded {
            warnings.push(format!(
                "passing over {} excluded by name, as hidden ones and caches of previews are; the first is {}",
                counted(self.excluded, "file or folder", "files and folders"),
                first.display()
            ));
        }
        warnings
    }

    /// Adds everything below `root/below`. Links are followed, but no folder is entered twice, so
    /// cycles end. A folder further below that cannot be read is noted, and the rest is added.
    pub(super) fn add(&mut self, root: &Path, below: &Path, exclude: &Exclude) -> Result<()> {
        let mut entered = HashSet::new();
        let mut folders = vec![below.to_path_buf()];
        let before = self.files.len();
        while let Some(folder) = folders.pop() {
            match self.enter(root, &folder, exclude, &mut entered) {
                // Last in, first out: the first folder goes on top.
                Ok(found) => folders.extend(found.into_iter().rev()),
                Err(error) if folder == below => {
                    return Err(Error::io("reading the folder", root.join(folder))(error));
                }
                Err(error) => self.note_unreadable(folder, &error),
            }
        }
        self.files[before..].sort();
        Ok(())
    }

    fn note_unreadable(&mut self, path: PathBuf, error: &io::Error) {
        self.unreadable.push(BadImage {
            split: "images",
            path,
            reason: format!("a folder that cannot be read: {error}"),
        });
    }

    /// Adds the files of a folder, and returns the folders in it. Those that cannot be read may have
    /// been listed in part.
    fn enter(
        &mut self,
        root: &Path,
        folder: &Path,
        exclude: &Exclude,
        entered: &mut HashSet<PathBuf>,
    ) -> io::Result<Vec<PathBuf>> {
        let full = root.join(folder);
        if !entered.insert(full.canonicalize()?) {
            return Ok(Vec::new());
        }
        let entries = read(&full)?;
        for name in entries.files {
            let path = folder.join(name);
            if self.passes_over(&path, exclude) {
            } else if is_image(&path) {
                self.files.push(path);
            } else {
                self.ignore(path);
            }
        }
        let mut folders: Vec<PathBuf> = entries
            .folders
            .iter()
            .map(|name| folder.join(name))
            .collect();
        folders.retain(|path| !self.passes_over(path, exclude));
        Ok(folders)
    }

    /// Whether a file or folder is passed over; counts it then.
    pub(super) fn passes_over(&mut self, path: &Path, exclude: &Exclude) -> bool {
        let excluded = exclude.matches(path);
        if excluded {
            self.excluded += 1;
            self.first_excluded.get_or_insert_with(|| path.into());
        }
        excluded
    }
}

/// All images below `root`.
pub(crate) fn images(root: &Path, exclude: &Exclude) -> Result<Walked> {
    let mut walked = Walked::default();
    walked.add(root, Path::new(""), exclude)?;
    Ok(walked)
}

/// Names in a folder, sorted.
#[derive(Default)]
pub(super) struct Entries {
    pub folders: Vec<OsString>,
    pub files: Vec<OsString>,
}

/// What is in `folder` itself, by [`read`].
pub(super) fn entries(folder: &Path) -> Result<Entries> {
    read(folder).map_err(|error| Error::io("reading the folder", folder)(error))
}

/// What is in `folder` itself. Broken links count as files.
fn read(folder: &Path) -> io::Result<Entries> {
    let mut entries = Entries::default();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let names = match entry.path().is_dir() {
            true => &mut entries.folders,
            false => &mut entries.files,
        };
        names.push(entry.file_name());
    }
    entries.folders.sort();
    entries.files.sort();
    Ok(entries)
}

fn is_image(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        EXTENSIONS
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// The images below a folder of files with these names.
    fn walked(names: &[&str], exclude: &Exclude) -> Walked {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        images(folder.path(), exclude).unwrap()
    }

    #[test]
    fn all_names_of_images_are_known_and_previews_are_passed_over() {
        let names = [
            "a.JPG",
            "b.jpe",
            "c.jfif",
            "d.gif",
            "e.tiff",
            "f.TIF",
            "g/@eaDir/a.JPG/SYNOPHOTO_THUMB_M.jpg",
            "g/.hidden.jpg",
            ".thumbs/1.jpg",
            "g/h.png",
        ];
        let found = walked(&names, &Exclude::default());
        let expected = [
            "a.JPG", "b.jpe", "c.jfif", "d.gif", "e.tiff", "f.TIF", "g/h.png",
        ];
        assert_eq!(found.files, expected.map(PathBuf::from));
        let warnings = found.warnings();
        assert_eq!(warnings.len(), 1);
        assert!(
            warnings[0].starts_with("passing over 3 files and folders"),
            "{warnings:?}"
        );
        assert_eq!(
            walked(&names, &Exclude::default().all()).files.len(),
            names.len()
        );
        let exclude = Exclude::new(vec!["g".into(), "*.gif".into()]);
        assert_eq!(walked(&names, &exclude).files.len(), 5);
    }

    #[test]
    fn what_is_ignored_is_counted_by_extension() {
        let many: Vec<String> = (0..50).map(|at| format!("{at}.heic")).collect();
        let mut names: Vec<&str> = many.iter().map(String::as_str).collect();
        names.extend(["a.jpg", "Notes.TXT", "b.txt", "README"]);
        let warnings = walked(&names, &Exclude::default()).warnings();
        let start = "ignoring 53 files (50 *.heic, 2 *.txt, 1 without extension) not named *.jpg";
        assert!(warnings[0].starts_with(start), "{warnings:?}");
        let one = walked(&["a.jpg", "b.txt"], &Exclude::default()).warnings();
        assert!(
            one[0].starts_with("ignoring 1 file (1 *.txt) not named"),
            "{one:?}"
        );
    }

    #[test]
    fn a_folder_below_that_cannot_be_read_is_noted() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.jpg"), "").unwrap();
        let gone = images(&folder.path().join("gone"), &Exclude::default());
        assert!(gone.unwrap_err().to_string().contains("gone"));
        let mut found = Walked::default();
        let mut entered = HashSet::new();
        let below = Path::new("below");
        let error = found
            .enter(folder.path(), below, &Exclude::default(), &mut entered)
            .unwrap_err();
        found.note_unreadable(below.into(), &error);
        assert_eq!(found.unreadable[0].path, below);
        let reason = &found.unreadable[0].reason;
        assert!(
            reason.starts_with("a folder that cannot be read: "),
            "{reason}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_without_permission_does_not_end_the_search() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.jpg"), "").unwrap();
        let shut = folder.path().join("shut");
        fs::create_dir(&shut).unwrap();
        fs::set_permissions(&shut, fs::Permissions::from_mode(0o0)).unwrap();
        if fs::read_dir(&shut).is_ok() {
            eprintln!("SKIPPED: permissions do not bind this user");
            return;
        }
        let found = images(folder.path(), &Exclude::default()).unwrap();
        assert_eq!((found.files.len(), found.unreadable.len()), (1, 1));
    }
}
