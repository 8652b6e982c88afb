//! The archive that users of the program get.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::archive::{self, Contents, copy};
use crate::program::{build, strip};
use crate::{command, licences};

/// Files of the repository, and their names in the archive.
const FILES: [(&str, &str); 6] = [
    ("README.md", "README.md"),
    ("CHANGELOG.md", "CHANGELOG.md"),
    ("LICENSE-APACHE", "LICENSE-APACHE"),
    ("LICENSE-MIT", "LICENSE-MIT"),
    (
        "crates/gstds-data/assets/LICENSE-fashion-mnist",
        "licences/fashion-mnist",
    ),
    (
        "crates/gstds-models/assets/LICENSE-efficientnet-lite",
        "licences/efficientnet-lite",
    ),
];

/// Where completions go, by shell.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "completions/gstds.bash"),
    ("zsh", "completions/_gstds"),
    ("fish", "completions/gstds.fish"),
];

/// Arguments of `cargo xtask dist`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Features beside the default ones, such as autotune.
    #[arg(long, value_name = "LIST", default_value = "")]
    features: String,
}

/// Builds the program in the profile `dist`, gathers what belongs to it, and packs it.
pub(crate) fn run(args: &Args) -> Result<()> {
    let name = name()?;
    let parent = command::target()?.join("archive");
    let folder = parent.join(&name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let program = gather(&folder, &args.features)?;
    let tar = parent.join(format!("{name}.tar"));
    archive::tar(&parent, &tar, &[&name])?;
    let bytes = archive::xz(&tar, Contents::Program)?;
    let archive = tar.with_extension("tar.xz");
    fs::write(&archive, &bytes).with_context(|| format!("writing {}", archive.display()))?;
    for (what, bytes) in [("program", program), ("archive", bytes.len() as u64)] {
        println!("{what}: {:.1} MB", bytes as f64 / 1e6);
    }
    println!("{}", archive.display());
    Ok(())
}

/// Name, version and machine.
fn name() -> Result<String> {
    let about = command::output(command::program("rustc").arg("-vV"))?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("rustc does not name its machine")?;
    Ok(format!("gstds-{}-{host}", env!("CARGO_PKG_VERSION")))
}

/// Fills the folder; the bytes of the program.
fn gather(folder: &Path, features: &str) -> Result<u64> {
    let package = ["build", "--locked", "--package", "gstds-cli"];
    let built = build("dist", &[&package[..], &["--features", features]].concat())?;
    let built = built.iter().find(|it| it.name == "gstds");
    let program = folder
        .join("gstds")
        .with_extension(std::env::consts::EXE_EXTENSION);
    strip(built.context("Cargo built no gstds")?, &program)?;
    for (from, to) in FILES {
        copy(&command::root().join(from), &folder.join(to))?;
    }
    generate(&program, folder)?;
    let licences = licences::of_dependencies("gstds-cli")?;
    fs::write(folder.join("licences/crates.txt"), licences)?;
    Ok(fs::metadata(&program)?.len())
}

/// What the program itself writes: completions and manual pages.
fn generate(program: &Path, folder: &Path) -> Result<()> {
    let shown = program.to_string_lossy();
    for (shell, path) in COMPLETIONS {
        let script = command::output(command::program(&shown).args(["completions", shell]))?;
        let path: PathBuf = folder.join(path);
        fs::create_dir_all(path.parent().expect("it lies in the folder"))?;
        fs::write(path, script)?;
    }
    let mut man = command::program(&shown);
    command::run(man.arg("man").arg(folder.join("man/man1")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_of_the_archive_are_in_the_repository() {
        for (from, _) in FILES {
            assert!(command::root().join(from).is_file(), "{from}");
        }
    }

    #[test]
    fn the_archive_is_named_by_version_and_machine() {
        let name = name().unwrap();
        assert!(name.starts_with("gstds-0."), "{name}");
        assert!(name.contains(std::env::consts::ARCH), "{name}");
    }
}
