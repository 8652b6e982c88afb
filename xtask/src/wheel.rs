//! The Python wheel: built, installed into a fresh environment, and tried there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::command;
use crate::left_out::leave_out;

/// The project, in the workspace.
const PROJECT: &str = "bindings/python";

/// The oldest Python that the wheel is for.
const SUPPORTED: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";

/// What builds the wheel, and what the tests need beside it. mypy checks the types where it is there.
const BUILD: &str = "maturin>=1.7,<2";
/// What tests in Rust compare with.
const COMPARED: [&str; 2] = ["numpy>=1.24,<3", "pillow>=10,<13"];
const TESTS: [&str; 2] = ["numpy>=1.24,<3", "pytest>=7,<10"];
const TYPES: &str = "mypy>=1.8,<3";

/// Bytes of the wheel at most.
const LIMIT: u64 = 12_000_000;

/// Far more than a build from nothing takes, and than the rest does.
const BUILD_LIMIT: Duration = Duration::from_secs(3600);
const STEP_LIMIT: Duration = Duration::from_secs(600);

/// Builds and tries the wheel, with what that needs installed first.
pub(crate) fn run() -> Result<()> {
    install()?;
    build_and_try()
}

/// Builds and tries the wheel where [`install`] was here before; else a line says what is missing.
pub(crate) fn check() -> Result<()> {
    if !is_supported() {
        return leave_out(
            "maturin",
            "There is no python3 of 3.10 or newer with venv, so the wheel's check is left out",
        );
    }
    let maturin = program(&tools()?, "maturin");
    if !command::answers(&maturin.to_string_lossy(), &["--version"]) {
        return leave_out(
            "maturin",
            "maturin is not installed, so the wheel's check is left out: cargo xtask packages",
        );
    }
    build_and_try()
}

/// Makes an environment with maturin, and downloads the packages of the tests, which later runs
/// install without a network.
pub(crate) fn install() -> Result<()> {
    ensure!(
        is_supported(),
        "python3 of 3.10 or newer with venv is needed"
    );
    let tools = tools()?;
    let python = program(&tools, "python");
    if !command::answers(&python.to_string_lossy(), &["-m", "pip", "--version"]) {
        environment(&tools)?;
    }
    let maturin = program(&tools, "maturin");
    if !command::answers(&maturin.to_string_lossy(), &["--version"]) {
        println!("Installing {BUILD} into {}", tools.display());
        command::run_within(STEP_LIMIT, pip(&tools).args(["install", BUILD]))?;
    }
    if !command::answers(&python.to_string_lossy(), &["-c", "import numpy, PIL"]) {
        println!(
            "Installing {} into {}",
            COMPARED.join(", "),
            tools.display()
        );
        command::run_within(STEP_LIMIT, pip(&tools).arg("install").args(COMPARED))?;
    }
    let wheels = tools.join("wheels");
    if !wheels.exists() {
        println!("Downloading {} and {TYPES}", TESTS.join(", "));
        let partial = tools.join("wheels.part");
        let mut download = pip(&tools);
        download.args(["download", "--dest"]).arg(&partial);
        command::run_within(STEP_LIMIT, download.args(TESTS))?;
        let mut types = pip(&tools);
        types.args(["download", "--dest"]).arg(&partial).arg(TYPES);
        if let Err(error) = command::run_within(STEP_LIMIT, &mut types) {
            println!("The types of the Python package are left out: {error:#}");
        }
        fs::rename(&partial, &wheels)?;
    }
    Ok(())
}

fn is_supported() -> bool {
    command::answers("python3", &["-c", SUPPORTED])
}

fn build_and_try() -> Result<()> {
    let target = command::target()?;
    let begun = Instant::now();
    let wheel = build(&target)?;
    let built = begun.elapsed();
    let bytes = fs::metadata(&wheel)?.len();
    let begun = Instant::now();
    try_out(&target, &wheel)?;
    println!(
        "{}: {:.1} MB, built in {:.1} s, installed and tried in {:.1} s",
        wheel.display(),
        bytes as f64 / 1e6,
        built.as_secs_f64(),
        begun.elapsed().as_secs_f64()
    );
    ensure!(
        bytes <= LIMIT,
        "the wheel has {bytes} bytes, more than {LIMIT}"
    );
    Ok(())
}

/// Builds the wheel in the target folder of everything else.
fn build(target: &Path) -> Result<PathBuf> {
    let folder = target.join("wheels");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let mut maturin = command::program(&program(&tools()?, "maturin").to_string_lossy());
    maturin.args(["build", "--quiet", "--locked"]);
    maturin.arg("--manifest-path");
    maturin.arg(command::root().join(PROJECT).join("Cargo.toml"));
    maturin.arg("--out").arg(&folder);
    command::run_within(BUILD_LIMIT, maturin.env("CARGO_TARGET_DIR", target))?;
    let files = fs::read_dir(&folder)?.collect::<Result<Vec<_>, _>>()?;
    let wheel = files.first().context("maturin wrote no wheel")?;
    Ok(wheel.path())
}

/// Installs the wheel into an environment that has nothing else, and runs the tests there.
fn try_out(target: &Path, wheel: &Path) -> Result<()> {
    let fresh = target.join("python-fresh");
    if fresh.exists() {
        fs::remove_dir_all(&fresh)?;
    }
    environment(&fresh)?;
    let wheels = tools()?.join("wheels");
    let install = |packages: &[&str]| {
        let mut install = pip(&fresh);
        install.args(["install", "--no-index", "--find-links"]);
        install.arg(&wheels);
        install.args(packages);
        install
    };
    command::run_within(STEP_LIMIT, install(&TESTS).arg(wheel))?;
    if has_types(&wheels)? {
        command::run_within(STEP_LIMIT, &mut install(&[TYPES]))?;
    }
    let mut tests = command::program(&program(&fresh, "python").to_string_lossy());
    tests.args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]);
    // Nothing is written into the sources.
    tests.env("PYTHONDONTWRITEBYTECODE", "1");
    command::run_within(STEP_LIMIT, tests.current_dir(command::root().join(PROJECT)))
}

/// Whether mypy was downloaded.
fn has_types(wheels: &Path) -> Result<bool> {
    let files = fs::read_dir(wheels)?.collect::<Result<Vec<_>, _>>()?;
    let mut names = files.iter().map(fs::DirEntry::file_name);
    Ok(names.any(|name| name.to_string_lossy().starts_with("mypy-")))
}

/// Puts the environment that wheels are built from first on the path of tests in Rust: its Python
/// has what they compare with.
pub(crate) fn lend_python(tests: &mut Command) -> Result<()> {
    let python = program(&tools()?, "python");
    let programs = python.parent().map(Path::to_path_buf).into_iter();
    let others = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::env::join_paths(programs.chain(std::env::split_paths(&others)))?;
    tests.env("PATH", paths);
    Ok(())
}

/// The environment that wheels are built from.
fn tools() -> Result<PathBuf> {
    Ok(command::target()?.join("python-venv"))
}

fn environment(folder: &Path) -> Result<()> {
    let mut venv = command::program("python3");
    command::run_within(STEP_LIMIT, venv.args(["-m", "venv"]).arg(folder))
}

fn pip(environment: &Path) -> Command {
    let mut pip = command::program(&program(environment, "python").to_string_lossy());
    pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check"]);
    pip
}

/// A program of an environment.
fn program(environment: &Path, name: &str) -> PathBuf {
    let folder = if cfg!(windows) { "Scripts" } else { "bin" };
    environment.join(folder).join(name)
}
