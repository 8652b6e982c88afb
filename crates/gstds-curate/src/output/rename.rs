//! Atomic renames and exchanges of folders, where the system has them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Renames a folder to an unused name.
pub(super) fn onto_nothing(from: &Path, to: &Path) -> io::Result<()> {
    if let Some(done) = at_once(from, to, false) {
        return done;
    }
    // Systems that rename onto a folder do so only if it is empty.
    fs::rename(from, to)
}

/// Exchanges the names of two folders, and returns the new name of the one that was `to`. Where the
/// system cannot do it at once, `to` is missing for the time between two renames.
pub(super) fn exchange(from: &Path, to: &Path) -> io::Result<PathBuf> {
    match at_once(from, to, true) {
        Some(done) => done.map(|()| from.to_path_buf()),
        None => in_turn(from, to),
    }
}

fn in_turn(from: &Path, to: &Path) -> io::Result<PathBuf> {
    let mut aside = from.as_os_str().to_owned();
    aside.push("-old");
    let aside = PathBuf::from(aside);
    fs::rename(to, &aside)?;
    if let Err(error) = fs::rename(from, to) {
        return Err(match fs::rename(&aside, to) {
            Ok(()) => error,
            Err(again) => io::Error::other(format!(
                "{error}; the old folder is now {}: {again}",
                aside.display()
            )),
        });
    }
    // The exchange is done; the temporary name of the old one does not matter.
    Ok(match fs::rename(&aside, from) {
        Ok(()) => from.to_path_buf(),
        Err(_) => aside,
    })
}

/// Nothing where the system or the file system has no such call.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn at_once(from: &Path, to: &Path, exchange: bool) -> Option<io::Result<()>> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    let flags = match exchange {
        true => RenameFlags::EXCHANGE,
        false => RenameFlags::NOREPLACE,
    };
    match renameat_with(CWD, from, CWD, to, flags) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => None,
        done => Some(done.map_err(io::Error::from)),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn at_once(_: &Path, _: &Path, _: bool) -> Option<io::Result<()>> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_in_turn_loses_neither_folder() {
        let house = tempfile::tempdir().unwrap();
        let [new, kept] = ["new", "kept"].map(|name| house.path().join(name));
        for folder in [&new, &kept] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("from"), folder.to_str().unwrap()).unwrap();
        }
        let from = |folder: &Path| fs::read_to_string(folder.join("from")).unwrap();
        assert_eq!(in_turn(&new, &kept).unwrap(), new);
        assert_eq!(
            (from(&new), from(&kept)),
            (kept.to_str().unwrap().into(), new.to_str().unwrap().into())
        );
        fs::remove_dir_all(&new).unwrap();
        in_turn(&new, &kept).unwrap_err();
        assert_eq!(from(&kept), new.to_str().unwrap());
        assert_eq!(fs::read_dir(house.path()).unwrap().count(), 1);
    }
}
