//! Inputs are never written over: what would be replaced is held against all that is read.

use std::path::{Path, PathBuf};

use super::folder::Folder;
use crate::destination;
use crate::exit::Failure;
use crate::select::input::paths;

/// All that a selection reads.
pub(in crate::select) struct Inputs<'a> {
    /// Files read as they are: features, lists, labels, weights.
    pub(in crate::select) files: Vec<&'a Path>,
    /// The folder that is searched for images.
    pub(in crate::select) searched: Option<&'a Path>,
    pub(in crate::select) root: &'a Path,
    /// The image of each row, below the root.
    pub(in crate::select) images: &'a [PathBuf],
}

impl Inputs<'_> {
    /// Refuses an output that is one of the inputs.
    pub(in crate::select) fn spare_from_file(&self, output: &Path) -> Result<(), Failure> {
        let Ok(real) = output.canonicalize() else {
            return Ok(());
        };
        let named = |path: &&PathBuf| path.file_name() == real.file_name();
        let images = self.images.iter().filter(named);
        let images = images.map(|path| self.root.join(path));
        let mut files = self
            .files
            .iter()
            .map(|path| path.to_path_buf())
            .chain(images);
        match files.find(|path| path.canonicalize().is_ok_and(|path| path == real)) {
            None => Ok(()),
            Some(_) => Err(Failure::Usage(format!(
                "--output {} is one of the inputs; choose another name",
                output.display()
            ))),
        }
    }

    /// Refuses a folder that would replace inputs or the output, or lie among images that are
    /// searched for; and images that have no place in it.
    pub(in crate::select) fn spare_from_folder(
        &self,
        folder: &Folder,
        output: &Path,
    ) -> Result<(), Failure> {
        let at = folder
            .resolved()
            .map_err(|error| Failure::Input(error.to_string()))?;
        let refuse = |what: String| Err(Failure::Usage(what));
        let below = |path: &Path| path.canonicalize().is_ok_and(|path| path.starts_with(&at));
        if let Some(root) = self.searched.and_then(|root| root.canonicalize().ok())
            && (at.starts_with(&root) || root.starts_with(&at))
        {
            return refuse(format!(
                "{} and the searched folder {} lie in each other; choose a folder outside",
                at.display(),
                root.display()
            ));
        }
        if below(destination::folder(output)) {
            return refuse(format!(
                "--output {} lies in {}, which is made anew; choose another place",
                output.display(),
                at.display()
            ));
        }
        let images = self.images.iter().map(|path| self.root.join(path));
        let images = images.filter(|_| folder.exists());
        let mut files = self
            .files
            .iter()
            .map(|path| path.to_path_buf())
            .chain(images);
        if let Some(input) = files.find(|path| below(path)) {
            return refuse(format!(
                "the input {} lies in {}, which would be replaced; choose another folder",
                input.display(),
                at.display()
            ));
        }
        match self.images.iter().find(|path| !paths::is_below(path)) {
            None => Ok(()),
            Some(image) => refuse(format!(
                "{} does not lie below {}, so it has no place in {}; say with --images what all listed images lie below",
                image.display(),
                self.root.display(),
                at.display()
            )),
        }
    }
}
