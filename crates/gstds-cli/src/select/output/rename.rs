//! Folders that change their names at once, where the system can do that.

use std::fs;
use std::io;
use std::path::Path;

/// Renames a folder to a name that nothing has.
pub(in crate::select) fn onto_nothing(from: &Path, to: &Path) -> io::Result<()> {
    if let Some(done) = at_once(from, to, false) {
        return done;
    }
    // Where systems rename onto a folder, then onto an empty one alone.
    fs::rename(from, to)
}

/// Exchanges the names of two folders. Where the system cannot do it at once, `to` is missing for
/// the time between two renames.
pub(in crate::select) fn exchange(from: &Path, to: &Path) -> io::Result<()> {
    if let Some(done) = at_once(from, to, true) {
        return done;
    }
    let mut aside = from.as_os_str().to_owned();
    aside.push("-old");
    fs::rename(to, &aside)?;
    if let Err(error) = fs::rename(from, to) {
        fs::rename(&aside, to)?;
        return Err(error);
    }
    fs::rename(&aside, from)
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
