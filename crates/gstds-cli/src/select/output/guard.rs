//! Inputs are never written over: what would be replaced is held against all that is read.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::folder::Folder;
use crate::exit::Failure;
use crate::select::input::paths;
use gstds_data::output_file;

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
        if below(output_file::folder(output)) {
            return refuse(format!(
                "--output {} lies in {}, which is made anew; choose another place",
                output.display(),
                at.display()
            ));
        }
        let table = output_file::folder(output).canonicalize();
        let table = table.map(|above| above.join(output.file_name().unwrap_or_default()));
        if table.is_ok_and(|table| table == at) {
            return refuse(format!(
                "--output {} and the folder are to have the same name; give one of them another",
                output.display()
            ));
        }
        let images = self.images.iter().map(|path| self.root.join(path));
        let images = images.filter(|_| folder.exists());
        let mut seen = HashSet::new();
        let mut files = self
            .files
            .iter()
            .map(|path| path.to_path_buf())
            .chain(images);
        if let Some(input) = files.find(|path| leads_through(path, &at, &mut seen)) {
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

/// Whether the way to a file leads through a folder: by itself, by a folder that it lies in, or by
/// any link that is followed on the way. `seen` are places from which none does.
fn leads_through(path: &Path, folder: &Path, seen: &mut HashSet<PathBuf>) -> bool {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    for place in full.ancestors() {
        if !seen.insert(place.to_path_buf()) {
            break;
        }
        let (Some(name), Some(above)) = (place.file_name(), place.parent()) else {
            continue;
        };
        let Ok(above) = above.canonicalize() else {
            continue;
        };
        if above.join(name).starts_with(folder) {
            return true;
        }
        if let Ok(target) = fs::read_link(place)
            && leads_through(&above.join(target), folder, seen)
        {
            return true;
        }
    }
    false
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn no_link_that_an_input_needs_is_replaced() {
        let house = tempfile::tempdir().unwrap();
        let house = house.path().canonicalize().unwrap();
        for folder in ["kept", "photos"] {
            fs::create_dir(house.join(folder)).unwrap();
        }
        fs::write(house.join("photos/1.png"), "").unwrap();
        symlink(house.join("photos/1.png"), house.join("kept/image")).unwrap();
        symlink(house.join("photos"), house.join("kept/folder")).unwrap();
        symlink("kept/image", house.join("through")).unwrap();
        symlink("circle", house.join("circle")).unwrap();
        let leads =
            |path: &str| leads_through(&house.join(path), &house.join("kept"), &mut HashSet::new());
        for path in [
            "kept/image",
            "kept/folder/1.png",
            "through",
            "photos/../kept/image",
        ] {
            assert!(leads(path), "{path}");
        }
        for path in ["photos/1.png", "circle", "circle/1.png", "none/1.png"] {
            assert!(!leads(path), "{path}");
        }
    }
}
