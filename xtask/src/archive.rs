//! Archives that are the same whenever they hold the same files.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::command;

/// What is compressed.
#[derive(Clone, Copy)]
pub(crate) enum Contents {
    /// One program, above all.
    Program,
    /// Programs that are much alike, which the filter for programs would make larger.
    Mixed,
}

/// Copies a file, or the files of a folder.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    let failed = || format!("copying {}", from.display());
    if from.is_dir() {
        for entry in fs::read_dir(from).with_context(failed)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    fs::create_dir_all(to.parent().expect("it lies in a folder"))?;
    fs::copy(from, to).with_context(failed)?;
    Ok(())
}

/// Archives what lies in `parent`, sorted and without owners.
pub(crate) fn tar(parent: &Path, tar: &Path, args: &[&str]) -> Result<()> {
    let mut command = command::program("tar");
    command.args(["--sort=name", "--owner=0", "--group=0", "-cf"]);
    command::run(command.arg(tar).arg("-C").arg(parent).args(args))
}

/// Compresses a file, which is gone then, with a window that reaches over many programs.
pub(crate) fn xz(file: &Path, contents: Contents) -> Result<Vec<u8>> {
    let mut xz = command::program("xz");
    xz.arg("--force");
    if cfg!(target_arch = "x86_64") && matches!(contents, Contents::Program) {
        xz.arg("--x86");
    }
    xz.arg("--lzma2=preset=6,dict=128MiB");
    command::run(xz.arg(file))?;
    let packed = file.with_extension("tar.xz");
    let bytes = fs::read(&packed)?;
    fs::remove_file(&packed)?;
    Ok(bytes)
}
