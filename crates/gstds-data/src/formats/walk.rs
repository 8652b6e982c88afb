//! Image files below a folder, in the order of their paths.

use crate::error::{Error, Result};
use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

const EXTENSIONS: [&str; 5] = ["jpg", "jpeg", "png", "webp", "bmp"];

/// What is below a folder.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    /// Images, by path relative to the root.
    pub files: Vec<PathBuf>,
    /// How many other files there are, or files whose name starts with a dot.
    pub ignored: usize,
    /// The first of them.
    pub first_ignored: Option<PathBuf>,
}

impl Walked {
    pub(super) fn ignore(&mut self, path: PathBuf) {
        self.ignored += 1;
        self.first_ignored.get_or_insert(path);
    }

    /// A warning, if any file was ignored.
    pub(crate) fn warning(&self) -> Option<String> {
        let first = self.first_ignored.as_ref()?;
        Some(format!(
            "ignoring {} files not named *.{}, the first {}",
            self.ignored,
            EXTENSIONS.join(", *."),
            first.display()
        ))
    }

    /// Adds everything below `root/below`. Links are followed, but no folder is entered twice, so
    /// cycles end.
    pub(super) fn add(&mut self, root: &Path, below: &Path) -> Result<()> {
        let mut entered = HashSet::new();
        let mut folders = vec![below.to_path_buf()];
        let before = self.files.len();
        while let Some(folder) = folders.pop() {
            let full = root.join(&folder);
            let real = full
                .canonicalize()
                .map_err(Error::io("reading the folder", &full))?;
            if !entered.insert(real) {
                continue;
            }
            // Last in, first out: the first folder goes on top.
            let entries = entries(&full)?;
            for name in entries.folders.into_iter().rev() {
                folders.push(folder.join(name));
            }
            for name in entries.files {
                let path = folder.join(name);
                if is_image(&path) {
                    self.files.push(path);
                } else {
                    self.ignore(path);
                }
            }
        }
        self.files[before..].sort();
        Ok(())
    }
}

/// All images below `root`.
pub(crate) fn images(root: &Path) -> Result<Walked> {
    let mut walked = Walked::default();
    walked.add(root, Path::new(""))?;
    Ok(walked)
}

/// Names in a folder, sorted.
#[derive(Default)]
pub(super) struct Entries {
    pub folders: Vec<std::ffi::OsString>,
    pub files: Vec<std::ffi::OsString>,
}

/// What is in `folder` itself. Folders whose name starts with a dot, and broken links, count as
/// files.
pub(super) fn entries(folder: &Path) -> Result<Entries> {
    let mut entries = Entries::default();
    let failed = |e| Error::io("reading the folder", folder)(e);
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        if !hidden(&name) && entry.path().is_dir() {
            entries.folders.push(name);
        } else {
            entries.files.push(name);
        }
    }
    entries.folders.sort();
    entries.files.sort();
    Ok(entries)
}

fn hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

fn is_image(path: &Path) -> bool {
    let named = path.extension().is_some_and(|extension| {
        EXTENSIONS
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    });
    named && !path.file_name().is_some_and(hidden)
}
