//! The outputs of a selection: a table and, on request, a folder of the kept images. Each appears
//! whole or not at all.

mod folder;
mod inputs;
mod rename;
mod table;

pub use folder::{ImageFolder, Placement};
pub use inputs::InputFiles;
pub use table::{SelectionTable, TableFile};

use std::path::Path;

use gstds_data::Progress;
use serde_json::Value;

use crate::error::{Error, Result};
use folder::{FilledFolder, PublishedFolder};

/// The outputs of a selection, checked before the work.
#[derive(Debug)]
pub struct Export {
    /// The table.
    pub table: TableFile,
    /// The folder of the kept images.
    pub folder: Option<ImageFolder>,
}

impl Export {
    /// Refuses outputs that would replace what is read.
    ///
    /// # Errors
    /// [`Error::Conflict`]; with a folder also [`Error::NoImages`] and [`Error::OutsideRoot`].
    pub fn check(&self, inputs: &InputFiles<'_>) -> Result<()> {
        inputs.check_file(self.table.path())?;
        match &self.folder {
            Some(_) if inputs.images.is_empty() => Err(Error::NoImages),
            Some(folder) => inputs.check_folder(folder, self.table.path()),
            None => Ok(()),
        }
    }

    /// Fills the folder and the table under other names, then gives both theirs: the folder first,
    /// which is removed again if the table cannot be placed. `root` is what the images' paths are
    /// relative to, `summary` an object that a .json begins with. `stopped` is called between
    /// images and before anything gets its name.
    ///
    /// # Errors
    /// [`Error::Stopped`]; else file-system errors. Nothing is left behind unless the message says
    /// where.
    pub fn write(
        &self,
        root: &Path,
        selection: &SelectionTable<'_>,
        summary: &Value,
        progress: &mut dyn Progress,
        stopped: &dyn Fn() -> bool,
    ) -> Result<()> {
        let go_on = || match stopped() {
            true => Err(Error::Stopped),
            false => Ok(()),
        };
        let paths = selection.paths.unwrap_or_default();
        let images = selection.kept.iter().map(|&row| &paths[row as usize]);
        let total = selection.kept.len();
        let mut next = |number| {
            progress.job("images placed", number, total);
            go_on()
        };
        let filled = self.folder.as_ref();
        let filled = filled.map(|folder| folder.fill(root, images, &mut next));
        let filled = filled.transpose()?;
        if filled.is_some() {
            progress.job("images placed", total, total);
        }
        let staged = self.table.stage(selection, summary)?;
        go_on()?;
        // So that the folder and the table come from the same process.
        let lock = self.folder.as_ref().and_then(ImageFolder::lock);
        let published = filled.map(FilledFolder::publish).transpose()?;
        match staged.place() {
            Ok(()) => {
                drop(lock);
                if let Some(left) = published.and_then(PublishedFolder::keep) {
                    progress.warn(&left);
                }
                Ok(())
            }
            Err(error) => match published.map_or(Ok(()), PublishedFolder::undo) {
                Ok(()) => Err(error.into()),
                Err(left) => Err(Error::NotUndone {
                    source: error,
                    left,
                }),
            },
        }
    }
}
