//! The kernel crate and the page that uses it, as a browser runs them.

use anyhow::Result;

use crate::command;

const TARGET: &str = "wasm32-unknown-unknown";

/// Lints both for wasm32, where its standard library is installed, and tests what the page does on
/// the host.
pub(crate) fn check() -> Result<()> {
    let asked = ["--print", "target-libdir", "--target", TARGET];
    let folder = command::output(command::program("rustc").args(asked))?;
    if !std::path::Path::new(folder.trim()).exists() {
        println!(
            "{TARGET} is not installed, so this check is left out: rustup target add {TARGET}"
        );
        return Ok(());
    }
    let lints = ["--all-features", "--", "-D", "warnings"];
    let kernel = [
        "clippy",
        "--release",
        "--package",
        "gstds",
        "--target",
        TARGET,
    ];
    command::run(&mut command::cargo([&kernel[..], &lints].concat()))?;
    let page = command::root().join("examples/web");
    let lint = [
        "clippy",
        "--release",
        "--target",
        TARGET,
        "--",
        "-D",
        "warnings",
    ];
    for args in [&["fmt", "--check"][..], &lint, &["test", "--release"]] {
        let mut cargo = command::cargo(args.iter().copied());
        // One folder for all builds.
        let target = command::root().join("target/web");
        command::run(cargo.current_dir(&page).env("CARGO_TARGET_DIR", target))?;
    }
    Ok(())
}
