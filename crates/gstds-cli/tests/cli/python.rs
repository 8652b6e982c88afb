//! Python, where it is there: code that messages and pages show is run as it is.

use std::path::Path;
use std::process::Command;

use crate::program::ProgramRun;

/// Whether Python can import a module; without it the test that asks is left out.
pub(crate) fn has(module: &str) -> bool {
    let import = format!("import {module}");
    let found = Command::new("python3").args(["-c", &import]).output();
    let there = found.is_ok_and(|output| output.status.success());
    if !there {
        gstds_testing::left_out(module);
    }
    there
}

/// Runs Python in a folder.
pub(crate) fn python(folder: &Path, arguments: &[&str]) -> ProgramRun {
    let mut command = Command::new("python3");
    command.current_dir(folder).args(arguments);
    command.output().unwrap().into()
}
