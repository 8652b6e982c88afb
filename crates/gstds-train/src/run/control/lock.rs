//! One process at a time in a run's folder.

use super::FOLDER;
use crate::error::{Error, Result};
use std::{
    fs::{self, File, TryLockError},
    path::Path,
};

/// Takes the folder of a run for this process, until the file is dropped or the process ends in
/// whatever way.
///
/// # Errors
/// [`Error::RunInUse`] where another has it, [`Error::Io`].
pub(in crate::run) fn lock(run: &Path) -> Result<File> {
    lock_in(&run.join(FOLDER), run)
}

/// The same by a file in `folder`, which is made where there is none, for what lies in `whole`.
///
/// # Errors
/// As [`lock`].
pub fn lock_in(folder: &Path, whole: &Path) -> Result<File> {
    let path = folder.join(".lock");
    let failed = |source| gstds_data::Error::Io {
        action: "locking",
        path: path.clone(),
        source,
    };
    fs::create_dir_all(folder).map_err(failed)?;
    let mut options = File::options();
    let file = options.create(true).append(true).open(&path);
    let file = file.map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::RunInUse { path: whole.into() }),
        Err(TryLockError::Error(source)) => Err(failed(source).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_taken_once_until_it_is_let_go() {
        let root = tempfile::tempdir().unwrap();
        let held = lock(root.path()).unwrap();
        let error = lock(root.path()).unwrap_err();
        assert!(matches!(error, Error::RunInUse { .. }), "{error}");
        drop(held);
        lock(root.path()).unwrap();
    }
}
