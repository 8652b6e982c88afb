//! One process at a time holds a run's folder.

use super::CHECKPOINTS;
use crate::error::{Error, Result};
use std::{
    fs::{self, File, TryLockError},
    path::Path,
};

/// The file by which a folder is locked.
pub const LOCK: &str = ".lock";

/// Locks the folder of a run for this process, until the file is dropped or the process ends.
pub(super) fn lock(run: &Path) -> Result<File> {
    lock_in(&run.join(CHECKPOINTS), run)
}

/// Locks `whole` by a file in `folder`, which is created where there is none, until the file is
/// dropped or the process ends.
///
/// # Errors
/// [`Error::RunInUse`] where another process holds it, [`gstds_data::Error::Io`].
pub fn lock_in(folder: &Path, whole: &Path) -> Result<File> {
    let path = folder.join(LOCK);
    let failed = || gstds_data::Error::io("locking", &path);
    fs::create_dir_all(folder).map_err(failed())?;
    let mut options = File::options();
    let file = options.create(true).append(true).open(&path);
    let file = file.map_err(failed())?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::RunInUse { path: whole.into() }),
        Err(TryLockError::Error(source)) => Err(failed()(source).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_locked_until_its_lock_is_dropped() {
        let root = tempfile::tempdir().unwrap();
        let held = lock(root.path()).unwrap();
        let error = lock(root.path()).unwrap_err();
        assert!(matches!(error, Error::RunInUse { .. }), "{error}");
        drop(held);
        lock(root.path()).unwrap();
    }
}
