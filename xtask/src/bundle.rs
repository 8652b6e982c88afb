//! One archive that tests and measures gstds on a machine that has nothing but a Vulkan driver.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::archive::{self, Contents, copy};
use crate::command;
use crate::program::{build, strip};

/// Bytes of the archive at most, so that it travels everywhere.
const LIMIT: u64 = 40_000_000;

/// The folder in the archive.
const FOLDER: &str = "gstds-bundle";

const SCRIPT: &str = "xtask/bundle/run.sh";

/// What the test programs read and the script runs, at the same place in the bundle.
const FILES: [&str; 9] = [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "benches/peers/peers.py",
    "benches/peers/requirements.txt",
    "benches/shaders",
    "crates/gstds-data/assets/LICENSE-fashion-mnist",
    "crates/gstds-models/assets/LICENSE-efficientnet-lite",
    "crates/gstds-models/assets/fashion-mnist-features.safetensors",
    "crates/gstds-train/shaders",
];

/// Of the benchmarks' examples, the ones that measure.
const EXAMPLES: [&str; 2] = ["many", "pool"];

/// The Vulkan loader and its licence on Debian, for machines with a driver alone.
const LOADER: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/libvulkan.so.1",
    "/usr/share/doc/libvulkan1/copyright",
];

/// Test programs that run no kernels of the crate, or the same ones as others: for longer, for what
/// the host does with them, or (delayed) forced where a GPU takes them by itself.
const LEFT_OUT: [&str; 15] = [
    "asynchronous",
    "bench",
    "contract",
    "delayed",
    "embed",
    "gstds_bench",
    "large",
    "loops",
    "no_host_wait",
    "parts",
    "pipeline_cache",
    "properties",
    "repeated_calls",
    "shaders",
    "soak",
];

/// Arguments of `cargo xtask bundle`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The archive to write [default: gstds-bundle.tar.xz in the target folder].
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Pack only the program with Burn's autotune, to be unpacked over the other archive [default
    /// output: gstds-bundle-autotune.tar.xz].
    #[arg(long)]
    autotune: bool,
}

/// Builds the programs, gathers them with their files, and packs them.
pub(crate) fn run(args: &Args) -> Result<()> {
    let target = command::target()?;
    let name = if args.autotune {
        "gstds-bundle-autotune"
    } else {
        "gstds-bundle"
    };
    let parent = target.join("bundle").join(name);
    let folder = parent.join(FOLDER);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    if args.autotune {
        gather_program("autotune", &folder.join("gstds-autotune"))?;
    } else {
        gather(&folder)?;
    }
    let archive = match &args.output {
        Some(file) => std::path::absolute(file)?,
        None => target.join(name).with_extension("tar.xz"),
    };
    let bytes = pack(&parent, &archive)?;
    println!("{}: {:.1} MB", archive.display(), bytes as f64 / 1e6);
    println!("On the machine to measure: tar xf ARCHIVE && {FOLDER}/run.sh");
    check_size(bytes)
}

/// All but the program with autotune, which does not fit into the limit beside the other.
fn gather(folder: &Path) -> Result<()> {
    gather_program("default", &folder.join("gstds"))?;
    let packages = ["--package", "gstds", "--package", "gstds-bench"];
    let tests = ["test", "--no-run", "--lib", "--tests"];
    for built in build("release", &[&tests[..], &packages].concat())? {
        if !LEFT_OUT.contains(&built.name.as_str()) {
            strip(&built, &folder.join("tests").join(&built.name))?;
        }
    }
    for built in build(
        "release",
        &[&["build", "--examples"], &packages[..]].concat(),
    )? {
        if EXAMPLES.contains(&built.name.as_str()) {
            strip(&built, &folder.join("examples").join(&built.name))?;
        }
    }
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
    Ok(())
}

/// The program `gstds` with these features.
fn gather_program(features: &str, to: &Path) -> Result<()> {
    let manifest = fs::read_to_string(command::root().join("Cargo.toml"))?;
    let settings = optimised(&manifest);
    let mut program = vec!["build", "--package", "gstds-cli", "--features", features];
    program.extend(settings.iter().flat_map(|setting| ["--config", setting]));
    for built in build("release", &program)?
        .iter()
        .filter(|it| it.name == "gstds")
    {
        strip(built, to)?;
    }
    Ok(())
}

/// Settings that optimise what the profile `dist` does and `release` does not: crates of Burn that
/// run between short kernels, and are smaller for it.
fn optimised(manifest: &str) -> Vec<String> {
    let lines: Vec<&str> = manifest.lines().collect();
    let setting = |pair: &[&str]| {
        let name = pair[0].strip_prefix("[profile.dist.package.")?;
        let name = name.strip_suffix(']')?;
        let level = pair[1].strip_prefix("opt-level = ")?;
        Some(format!("profile.release.package.{name}.opt-level={level}"))
    };
    lines.windows(2).filter_map(setting).collect()
}

/// The commit, and whether the sources differ from it.
fn commit() -> Result<String> {
    let describe = ["describe", "--always", "--dirty", "--exclude", "*"];
    command::output(command::program("git").args(describe))
}

fn machine() -> Result<String> {
    command::output(command::program("uname").arg("-sm"))
}

/// Packs the bundle that lies in `parent` and returns the archive's bytes.
///
/// The archive is two streams of xz one after the other: the filter for x86 makes the program
/// smaller, and the test programs, which are much alike, larger.
fn pack(parent: &Path, archive: &Path) -> Result<u64> {
    let tests = format!("{FOLDER}/tests");
    let first = parent.join("first.tar");
    let exclude = format!("--exclude={tests}");
    archive::tar(parent, &first, &["--blocking-factor=1", &exclude, FOLDER])?;
    let mut streams = Vec::new();
    if parent.join(&tests).exists() {
        // Two empty blocks would end the archive here.
        let file = fs::OpenOptions::new().write(true).open(&first)?;
        file.set_len(file.metadata()?.len() - 1024)?;
        streams.push(archive::xz(&first, Contents::Program)?);
        let second = parent.join("second.tar");
        archive::tar(parent, &second, &[&tests])?;
        streams.push(archive::xz(&second, Contents::Mixed)?);
    } else {
        streams.push(archive::xz(&first, Contents::Program)?);
    }
    let bytes = streams.concat();
    fs::write(archive, &bytes).with_context(|| format!("writing {}", archive.display()))?;
    Ok(bytes.len() as u64)
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
