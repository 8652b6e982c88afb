//! One archive that tests and measures gstds on a machine that has nothing but a Vulkan driver.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::command;

/// Bytes of the archive at most, so that it travels everywhere.
const LIMIT: u64 = 40_000_000;

const SCRIPT: &str = "xtask/bundle/run.sh";

/// What the test programs read and the script runs, at the same place in the bundle.
const FILES: [&str; 8] = [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "benches/peers/peers.py",
    "benches/peers/requirements.txt",
    "benches/shaders",
    "crates/gstds-data/assets/LICENSE-fashion-mnist",
    "crates/gstds-models/assets",
    "crates/gstds-train/shaders",
];

/// Of the benchmarks' examples, the ones that measure.
const EXAMPLES: [&str; 2] = ["many", "pool"];

/// The Vulkan loader and its licence on Debian, for machines with a driver alone.
const LOADER: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/libvulkan.so.1",
    "/usr/share/doc/libvulkan1/copyright",
];

/// Arguments of `cargo xtask bundle`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The archive to write [default: gstds-bundle.tar.xz in the target folder].
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Builds the programs, gathers them with their files, and packs them.
pub(crate) fn run(args: &Args) -> Result<()> {
    let target = command::target()?;
    let folder = target.join("bundle/gstds-bundle");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    gather_programs(&folder)?;
    for file in FILES {
        copy(&command::root().join(file), &folder.join(file))?;
    }
    copy(&command::root().join(SCRIPT), &folder.join("run.sh"))?;
    for file in LOADER.map(Path::new).into_iter().filter(|it| it.exists()) {
        let name = file.file_name().expect("both are files");
        copy(file, &folder.join("lib").join(name))?;
    }
    fs::write(folder.join("COMMIT"), commit()?)?;
    fs::write(folder.join("TARGET"), machine()?)?;
    let archive = match &args.output {
        Some(file) => std::path::absolute(file)?,
        None => target.join("gstds-bundle.tar.xz"),
    };
    let bytes = pack(&folder, &archive)?;
    println!("{}: {:.1} MB", archive.display(), bytes as f64 / 1e6);
    println!("On the machine to measure: tar xf FILE && gstds-bundle/run.sh");
    check_size(bytes)
}

/// The program without and with autotune, the kernel crate's test programs, the benchmarks'
/// examples; all stripped.
fn gather_programs(folder: &Path) -> Result<()> {
    // Autotune is compiled into Burn or left out. Last is what stays in the target folder.
    for (name, features) in [("gstds-autotune", "autotune"), ("gstds", "default")] {
        let program = ["build", "--package", "gstds-cli", "--features", features];
        for built in build(&program)?.iter().filter(|it| it.name == "gstds") {
            strip(built, &folder.join(name))?;
        }
    }
    let packages = ["--package", "gstds", "--package", "gstds-bench"];
    let kinds = ["--no-run", "--lib", "--tests", "--examples"];
    for built in build(&[&["test"], &packages[..], &kinds].concat())? {
        if built.is_test {
            strip(&built, &folder.join("tests").join(&built.name))?;
        } else if EXAMPLES.contains(&built.name.as_str()) {
            strip(&built, &folder.join("examples").join(&built.name))?;
        }
    }
    Ok(())
}

/// A program that Cargo built.
#[derive(Debug, PartialEq)]
struct Built {
    name: String,
    is_test: bool,
    path: PathBuf,
}

impl Built {
    /// From a line of Cargo's messages, if it is about a program.
    fn from_message(line: &str) -> Option<Self> {
        let message: Value = serde_json::from_str(line).ok()?;
        Some(Self {
            path: message["executable"].as_str()?.into(),
            name: message["target"]["name"].as_str()?.into(),
            is_test: message["profile"]["test"].as_bool()?,
        })
    }
}

fn build(args: &[&str]) -> Result<Vec<Built>> {
    let mut cargo = command::cargo(args.iter().copied());
    cargo.args(["--release", "--message-format", "json-render-diagnostics"]);
    let messages = command::output(&mut cargo)?;
    Ok(messages.lines().filter_map(Built::from_message).collect())
}

/// Copies a program without its symbols.
fn strip(built: &Built, to: &Path) -> Result<()> {
    fs::create_dir_all(to.parent().expect("it lies in the bundle"))?;
    let mut strip = command::program("strip");
    command::run(strip.arg("-s").arg("-o").arg(to).arg(&built.path))
}

/// Copies a file, or the files of a folder.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let failed = || format!("copying {}", from.display());
    if from.is_dir() {
        for entry in fs::read_dir(from).with_context(failed)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    fs::create_dir_all(to.parent().expect("it lies in the bundle"))?;
    fs::copy(from, to).with_context(failed)?;
    Ok(())
}

/// The commit, and whether the sources differ from it.
fn commit() -> Result<String> {
    let describe = ["describe", "--always", "--dirty", "--exclude", "*"];
    command::output(command::program("git").args(describe))
}

fn machine() -> Result<String> {
    command::output(command::program("uname").arg("-sm"))
}

/// Packs the folder and returns the archive's bytes.
fn pack(folder: &Path, archive: &Path) -> Result<u64> {
    let tar = folder.with_extension("tar");
    let (parent, name) = (folder.parent(), folder.file_name());
    let mut command = command::program("tar");
    command
        .args(["--sort=name", "--owner=0", "--group=0", "-cf"])
        .arg(&tar)
        .arg("-C")
        .arg(parent.expect("it lies in the target folder"))
        .arg(name.expect("it has a name"));
    command::run(&mut command)?;
    // The window reaches from one program back to the other, which holds the same assets.
    let mut xz = command::program("xz");
    xz.arg("--force");
    if cfg!(target_arch = "x86_64") {
        xz.arg("--x86");
    }
    command::run(xz.arg("--lzma2=preset=6,dict=128MiB").arg(&tar))?;
    let packed = tar.with_extension("tar.xz");
    fs::copy(&packed, archive).with_context(|| format!("writing {}", archive.display()))?;
    fs::remove_file(&packed)?;
    Ok(fs::metadata(archive)?.len())
}

fn check_size(bytes: u64) -> Result<()> {
    ensure!(
        bytes <= LIMIT,
        "the bundle has {bytes} bytes, more than {LIMIT}: leave files out in xtask/src/bundle.rs"
    );
    Ok(())
}

#[cfg(test)]
mod tests;
