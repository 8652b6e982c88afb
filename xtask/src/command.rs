//! Child processes, started at the workspace root and named in full when they fail.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// The workspace root, wherever `cargo xtask` was called from.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in the workspace root")
}

/// Packages tested apart from the rest, by [`KERNEL`] and [`REST`].
///
/// The kernel crate's tests turn on more of naga (Metal output), and the benchmarks' peers, faer
/// and criterion, more of what Burn's CPU backend shares with them: in one build with the rest,
/// Burn would be compiled once for `cargo run` and once again for the tests.
pub(crate) const KERNEL: [&str; 5] = [
    "--release",
    "--package",
    "gstds",
    "--package",
    "gstds-bench",
];

/// Every other package. The Python module is apart too: NumPy's arrays turn on more of what Burn's
/// CPU backend shares with them, and its tests are in Python.
pub(crate) const REST: [&str; 8] = [
    "--release",
    "--workspace",
    "--exclude",
    "gstds",
    "--exclude",
    "gstds-bench",
    "--exclude",
    "gstds-python",
];

/// The target folder, wherever it is.
pub(crate) fn target() -> Result<PathBuf> {
    let args = [
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
        "--offline",
    ];
    let metadata: serde_json::Value = serde_json::from_str(&output(&mut cargo(args))?)?;
    let target = metadata["target_directory"].as_str();
    Ok(target
        .context("cargo metadata names no target folder")?
        .into())
}

/// The cargo that runs us, so that a toolchain override reaches what we start.
pub(crate) fn cargo<'a>(args: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = program(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
    command.args(args);
    command
}

/// A program that starts at the workspace root.
pub(crate) fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root());
    command
}

/// Runs to the end with our own stdin, stdout and stderr; anything but success is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = shown(command);
    let status = command
        .status()
        .with_context(|| format!("`{line}` could not be started"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// As [`run`], for a foreign program that could hang: after `limit` it is killed, which is an error.
pub(crate) fn run_within(limit: Duration, command: &mut Command) -> Result<()> {
    let line = shown(command);
    let mut child = command
        .spawn()
        .with_context(|| format!("`{line}` could not be started"))?;
    let end = Instant::now() + limit;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() > end {
            child.kill()?;
            child.wait()?;
            bail!(
                "`{line}` did not end within {} s and was killed",
                limit.as_secs_f64()
            );
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Runs to the end and returns what it wrote to stdout; its stderr is ours.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = shown(command);
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| format!("`{line}` could not be started"))?;
    if !output.status.success() {
        // Its output has the reason.
        eprint!("{}", String::from_utf8_lossy(&output.stdout));
        bail!("`{line}` failed ({})", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` wrote no UTF-8"))
}

/// Whether a program of this name succeeds with `args`.
pub(crate) fn answers(name: &str, args: &[&str]) -> bool {
    program(name)
        .args(args)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program());
    let mut line = name.to_string_lossy().into_owned();
    for arg in command.get_args() {
        line.push(' ');
        line.push_str(&arg.to_string_lossy());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hangs_is_killed_and_named() {
        let mut forever = program("sleep");
        forever.arg("600");
        let error = run_within(Duration::from_millis(100), &mut forever).unwrap_err();
        let said = "`sleep 600` did not end within 0.1 s and was killed";
        assert_eq!(error.to_string(), said);
        run_within(Duration::from_secs(60), &mut program("true")).unwrap();
        assert!(run_within(Duration::from_secs(60), &mut program("false")).is_err());
    }
}
