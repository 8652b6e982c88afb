//! What `--images` names: a folder to search, or image files, as a shell expands `photos/*.png`.

use std::path::{Path, PathBuf};

use gstds_curate::image_files;

use crate::exit::Failure;

/// The values of `--images`.
pub(crate) enum ImagePaths {
    /// A folder to search, or to which listed paths are relative.
    Folder(PathBuf),
    /// Image files, relative to the current folder.
    Files(Vec<PathBuf>),
}

impl ImagePaths {
    /// One folder or some files; none where nothing is named.
    pub(crate) fn of(named: &[PathBuf]) -> Result<Option<Self>, Failure> {
        match named {
            [] => Ok(None),
            [one] if !one.is_file() => Ok(Some(Self::Folder(one.clone()))),
            files => match files.iter().find(|path| path.is_dir()) {
                Some(folder) => Err(Failure::Usage(format!(
                    "--images takes one folder, or image files, and {} of {} paths is a folder; give only that",
                    folder.display(),
                    files.len()
                ))),
                None => Ok(Some(Self::Files(image_files(files)?))),
            },
        }
    }

    /// What paths are relative to.
    pub(crate) fn root(&self) -> &Path {
        match self {
            Self::Folder(folder) => folder,
            Self::Files(_) => Path::new("."),
        }
    }

    /// The files, where files are named.
    pub(crate) fn files(&self) -> Option<&[PathBuf]> {
        match self {
            Self::Folder(_) => None,
            Self::Files(files) => Some(files),
        }
    }
}
