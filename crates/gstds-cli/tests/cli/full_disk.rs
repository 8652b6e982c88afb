//! A full disk: the message, the exit code, and nothing half-written.

#![cfg(unix)]

use std::path::Path;
#[cfg(target_os = "linux")]
use std::process::Command;

use crate::program::{ProgramRun, entries, fixture, matrix, run_after};

/// Runs a select in `folder` under a shell that has first done `setup`.
fn after(setup: &str, folder: &Path) -> ProgramRun {
    let line = "select --features f.npy --keep 0.5 --output k.csv";
    run_after(setup, folder, line)
}

#[test]
fn a_write_that_fails_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("f.npy"), matrix(64, 16, fixture)).unwrap();
    // No file may grow, and SIGXFSZ is ignored: every write fails.
    let run = after("trap '' XFSZ; ulimit -f 0", folder.path());
    run.fails(1, "k.csv could not be written");
    assert_eq!(entries(folder.path()), ["f.npy"]);
}

#[test]
fn a_log_that_takes_no_more_ends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("f.npy"), matrix(64, 16, fixture)).unwrap();
    if !Path::new("/dev/full").exists() {
        return;
    }
    let run = after("exec 2>/dev/full", folder.path());
    assert_eq!(run.code, Some(0));
    assert_eq!(entries(folder.path()), ["f.npy", "k.csv"]);
    let again = after("exec 2>/dev/full", folder.path());
    assert_eq!(again.code, Some(1));
}

/// Needs the right to mount; without it only the test above runs.
#[cfg(target_os = "linux")]
#[test]
fn a_full_file_system_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let mount = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
        .arg(&disk)
        .output();
    if !mount.is_ok_and(|output| output.status.success()) {
        eprintln!("left out: this user may not mount a small file system");
        return;
    }
    let unmount = Unmount(&disk);
    std::fs::write(disk.join("f.npy"), matrix(1000, 1, |i, _| i as f64 + 1.0)).unwrap();
    fill(&disk.join("ballast"));
    let run = after("true", &disk);
    let left = entries(&disk);
    run.fails(1, "No space left");
    assert_eq!(left, ["ballast", "f.npy"]);
    // Room for some pictures of an inspection, not for all and the page.
    std::fs::OpenOptions::new()
        .write(true)
        .open(disk.join("ballast"))
        .and_then(|file| file.set_len(file.metadata()?.len().saturating_sub(28_000)))
        .unwrap();
    let line = "inspect --features f.npy --count 5 --out look";
    let run = run_after("true", &disk, line);
    let left = entries(&disk);
    drop(unmount);
    run.fails(1, "No space left");
    assert_eq!(left, ["ballast", "f.npy"]);
}

/// Writes until nothing more fits.
#[cfg(target_os = "linux")]
fn fill(path: &Path) {
    use std::io::Write as _;
    let mut file = std::fs::File::create(path).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
}

#[cfg(target_os = "linux")]
struct Unmount<'a>(&'a Path);

#[cfg(target_os = "linux")]
impl Drop for Unmount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}
