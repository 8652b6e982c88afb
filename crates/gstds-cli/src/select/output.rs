//! What a selection leaves: a file, and perhaps a folder, each whole or not at all.

mod folder;
mod guard;
mod rename;
pub(super) mod table;

pub(super) use folder::{Folder, How, Link};
pub(super) use guard::Inputs;
pub(super) use table::{Table, Target};

use std::path::Path;

use gstds_data::Progress as _;
use gstds_train::run::Terminal;
use serde_json::Value;

use crate::exit::Failure;
use crate::interrupt;
use folder::{Filled, Published};

/// Fills the folder and the file under other names, then gives both theirs: the folder first, which
/// is taken back if the file cannot have its own.
pub(super) fn write(
    target: &Target,
    folder: Option<&Folder>,
    root: &Path,
    table: &Table<'_>,
    summary: &Value,
    progress: &mut Terminal,
) -> Result<(), Failure> {
    // From here on Ctrl-C removes what is half-written instead of leaving it.
    interrupt::listen();
    interrupt::asked();
    let paths = table.paths.unwrap_or_default();
    let images = table.kept.iter().map(|&row| &paths[row as usize]);
    let mut done = |done| progress.job("images placed", done, table.kept.len());
    let filled = folder.map(|folder| folder.fill(root, images, &mut done));
    let filled = filled.transpose()?;
    let staged = target.stage(table, summary)?;
    if interrupt::asked() {
        return Err(Failure::Stopped);
    }
    // The folder and the table of one run, not one of each of two.
    let lock = folder.and_then(Folder::lock);
    let published = filled.map(Filled::publish).transpose()?;
    let placed = staged.place();
    let undone = match (&placed, published) {
        (Ok(()), published) => {
            drop(lock);
            if let Some(left) = published.and_then(Published::keep) {
                progress.warn(&left);
            }
            Ok(())
        }
        (Err(_), published) => published.map_or(Ok(()), Published::undo),
    };
    match (placed, undone) {
        (Err(error), Err(left)) => Err(Failure::Input(format!("{error}; {left}"))),
        (placed, _) => Ok(placed?),
    }
}
