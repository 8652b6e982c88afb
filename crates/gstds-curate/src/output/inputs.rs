//! Inputs are never overwritten: outputs are checked against all that is read.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::folder::ImageFolder;
use crate::error::{Error, Result};
use crate::pool::path_list;
use gstds_data::output_file;

/// All that a command reads.
#[derive(Clone, Debug, Default)]
pub struct InputFiles<'a> {
    /// Files such as features, lists, labels and weights.
    pub files: Vec<&'a Path>,
    /// The folder that is searched for images, if one is.
    pub searched: Option<&'a Path>,
    /// The folder that the images' paths are relative to.
    pub root: PathBuf,
    /// The image of each row; empty where rows have none.
    pub images: &'a [PathBuf],
}

impl InputFiles<'_> {
    /// Refuses an output that is one of the inputs.
    ///
    /// # Errors
    /// [`Error::Conflict`].
    pub fn check_file(&self, output: &Path) -> Result<()> {
        let Ok(real) = output.canonicalize() else {
            return Ok(());
        };
        let named = |path: &&PathBuf| path.file_name() == real.file_name();
        let images = self.images.iter().filter(named);
        let mut paths = self.all(images);
        match paths.find(|path| path.canonicalize().is_ok_and(|path| path == real)) {
            None => Ok(()),
            Some(_) => Err(Error::Conflict(format!(
                "the output {} is one of the inputs; choose another name",
                output.display()
            ))),
        }
    }

    /// Refuses a folder that would replace inputs or the output, or lie among images that are
    /// searched for; and images that have no place in it.
    pub(super) fn check_folder(&self, folder: &ImageFolder, output: &Path) -> Result<()> {
        let at = folder.resolved()?;
        self.check_searched(&at)?;
        check_output(&at, output)?;
        let images = self.images.iter().filter(|_| folder.exists());
        let mut seen = HashSet::new();
        let mut paths = self.all(images);
        if let Some(input) = paths.find(|path| leads_through(path, &at, &mut seen)) {
            return Err(Error::Conflict(format!(
                "the input {} is inside {}, which would be replaced; choose another folder",
                input.display(),
                at.display()
            )));
        }
        match self.images.iter().find(|path| !path_list::is_below(path)) {
            None => Ok(()),
            Some(image) => Err(Error::OutsideRoot {
                image: image.clone(),
                root: self.root.clone(),
                folder: at,
            }),
        }
    }

    /// The files, and these images in full.
    fn all<'b>(
        &'b self,
        images: impl Iterator<Item = &'b PathBuf>,
    ) -> impl Iterator<Item = PathBuf> {
        let files = self.files.iter().map(|path| path.to_path_buf());
        files.chain(images.map(|path| self.root.join(path)))
    }

    fn check_searched(&self, at: &Path) -> Result<()> {
        let root = self.searched.and_then(|root| root.canonicalize().ok());
        match root {
            Some(root) if at.starts_with(&root) || root.starts_with(at) => {
                Err(Error::Conflict(format!(
                    "{} and the searched folder {} contain one another; choose a folder outside",
                    at.display(),
                    root.display()
                )))
            }
            _ => Ok(()),
        }
    }
}

/// Refuses a table inside the folder at `at`, or of its name.
fn check_output(at: &Path, output: &Path) -> Result<()> {
    let above = output_file::folder(output).canonicalize();
    if above.as_ref().is_ok_and(|above| above.starts_with(at)) {
        return Err(Error::Conflict(format!(
            "the output {} is inside {}, which would be replaced; choose another place",
            output.display(),
            at.display()
        )));
    }
    let table = above.map(|above| above.join(output.file_name().unwrap_or_default()));
    if table.is_ok_and(|table| table == at) {
        return Err(Error::Conflict(format!(
            "the output and the folder of images have the same name, {}; rename one of them",
            output.display()
        )));
    }
    Ok(())
}

/// Whether a path resolves through a folder: because the path is inside it, or because a link on
/// the way is. `seen` holds places already known not to.
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
