//! Python, where it is there: code that messages and pages show is run as it is.

use std::path::Path;
use std::process::Command;

use crate::program::ProgramRun;

/// Whether Python can import these; prints what is missing otherwise.
pub(crate) fn has(modules: &str) -> bool {
    let import = format!("import {modules}");
    let found = Command::new("python3").args(["-c", &import]).output();
    let there = found.is_ok_and(|output| output.status.success());
    if !there {
        eprintln!("SKIPPED: python3 with {modules} is not on the PATH");
    }
    there
}

/// Runs Python in a folder.
pub(crate) fn python(folder: &Path, arguments: &[&str]) -> ProgramRun {
    let mut command = Command::new("python3");
    command.current_dir(folder).args(arguments);
    command.output().unwrap().into()
}
