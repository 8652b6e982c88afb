//! Every check, one after the other, each with the seconds it took.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use crate::command::{self, KERNEL, REST};
use crate::{
    backported_mesa, front_ends, isa, package, swiftshader, validation, vulkan, wasm, wheel,
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Also what takes minutes, for a release.
    ///
    /// Every permutation of every kernel through DXC; kernel tests under the validation layer's
    /// checks of synchronisation, and with instrumented shaders; kernel tests on the Mesa of
    /// Debian's backports.
    #[arg(long)]
    all: bool,
    /// Only the checks whose name has this in it.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

/// Runs all checks and stops at the first that fails.
pub(crate) fn run(args: &Args) -> Result<()> {
    vulkan::ensure()?;
    let mut times = Vec::new();
    let asked = |name: &str| args.only.as_ref().is_none_or(|text| name.contains(text));
    ensure!(
        CHECKS.iter().any(|(name, _)| asked(name)),
        "no check has this name; the checks are {}",
        CHECKS.map(|(name, _)| name).join(", ")
    );
    for (name, check) in CHECKS.into_iter().filter(|(name, _)| asked(name)) {
        println!("\n== {name}");
        let start = Instant::now();
        check(args)?;
        times.push((name, start.elapsed()));
        println!("== {name}: {:.1} s", start.elapsed().as_secs_f64());
    }
    println!("\n{}", table(&times));
    Ok(())
}

type Check = (&'static str, fn(&Args) -> Result<()>);

const CHECKS: [Check; 18] = [
    ("format", |_| cargo(&["fmt", "--all", "--check"])),
    ("no Burn where none is needed", |_| without_burn()),
    ("clippy", |_| clippy()),
    ("kernel tests", |_| validation::kernel_tests()),
    ("kernel tests on SwiftShader", |_| {
        swiftshader::kernel_tests()
    }),
    ("synchronisation", |args| match args.all {
        true => validation::synchronisation(),
        false => left_out(),
    }),
    ("GPU-assisted validation", |args| match args.all {
        true => validation::gpu_assisted(),
        false => left_out(),
    }),
    ("kernel tests on backported Mesa", |args| match args.all {
        true => backported_mesa::kernel_tests(),
        false => left_out(),
    }),
    ("compiled kernels", |_| isa::check()),
    ("other shader compilers", |args| front_ends::check(args.all)),
    ("other tests", |_| other_tests()),
    ("Python", |_| wheel::check()),
    ("images' kernel, validated", |_| validation::images()),
    ("browsers", |_| wasm::check()),
    ("docs", |_| docs()),
    ("packages", |_| package::check()),
    ("public interfaces", |_| interfaces()),
    ("licences and advisories", |_| deny()),
];

fn left_out() -> Result<()> {
    println!("with --all");
    Ok(())
}

const LINTS: [&str; 4] = ["--all-targets", "--", "-D", "warnings"];

fn clippy() -> Result<()> {
    cargo(&[&["clippy"], &KERNEL[..], &LINTS].concat())?;
    cargo(&[&["clippy"], &REST[..], &LINTS].concat())
}

/// Those who only select compile no Burn: neither in the library of selection, nor in the Python
/// module, nor in the program without its feature `train`, which is type-checked here.
fn without_burn() -> Result<()> {
    let program = ["--package", "gstds-cli", "--no-default-features"];
    let libraries = [["--package", "gstds-curate"], ["--package", "gstds-python"]];
    for package in [&libraries[0][..], &libraries[1], &program] {
        let mut tree = command::cargo(["tree", "--edges", "normal", "--prefix", "none"]);
        let tree = tree.args(package).output()?;
        ensure!(
            tree.status.success(),
            "cargo tree {} failed",
            package.join(" ")
        );
        if let Some(found) = first_of_burn(&String::from_utf8_lossy(&tree.stdout)) {
            bail!("{} depends on {found}", package.join(" "));
        }
    }
    cargo(&[&["clippy", "--release"], &program[..], &LINTS].concat())
}

/// The first crate of Burn among the lines of `cargo tree`.
fn first_of_burn(tree: &str) -> Option<&str> {
    let names = tree.lines().filter_map(|line| line.split(' ').next());
    let mut names = names.filter(|name| {
        let mut words = name.split('-');
        words.any(|word| word == "burn" || word == "cubecl")
    });
    names.next()
}

fn other_tests() -> Result<()> {
    let mut tests = command::cargo([&["test"][..], &REST].concat());
    wheel::lend_python(&mut tests)?;
    command::run(&mut tests)
}

/// The libraries' public interfaces against those of the last release, where it has a tag.
fn interfaces() -> Result<()> {
    if !command::answers("cargo-semver-checks", &["semver-checks", "--version"]) {
        println!(
            "cargo-semver-checks is not installed, so this check is left out: cargo install cargo-semver-checks"
        );
        return Ok(());
    }
    let mut last = command::program("git");
    last.args(["describe", "--tags", "--abbrev=0", "--match", "v*"]);
    let Ok(tag) = command::output(&mut last) else {
        println!("no release has a tag yet, so there is nothing to compare with");
        return Ok(());
    };
    let against = ["semver-checks", "--workspace", "--baseline-rev", tag.trim()];
    cargo(&against)
}

fn cargo(args: &[&str]) -> Result<()> {
    command::run(&mut command::cargo(args.iter().copied()))
}

fn docs() -> Result<()> {
    let mut doc = command::cargo(["doc", "--release", "--workspace", "--no-deps"]);
    // As docs.rs builds the kernel crate.
    doc.args(["--features", "gstds/serde,gstds/twin"]);
    command::run(doc.env("RUSTDOCFLAGS", "-D warnings"))
}

fn deny() -> Result<()> {
    if !command::answers("cargo-deny", &["--version"]) {
        println!(
            "cargo-deny is not installed, so this check is left out: cargo install cargo-deny"
        );
        return Ok(());
    }
    cargo(&["deny", "--workspace", "check"])
}

fn table(times: &[(&str, Duration)]) -> String {
    let total: Duration = times.iter().map(|(_, time)| *time).sum();
    let all = [("together", total)];
    let lines = || times.iter().chain(&all);
    let width = lines().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut lines: Vec<String> = lines()
        .map(|(name, time)| format!("{name:<width$}{:>8.1} s", time.as_secs_f64()))
        .collect();
    let passed = match times.len() == CHECKS.len() {
        true => "All checks passed.",
        false => "These checks passed.",
    };
    lines.insert(0, passed.into());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_of_burn_are_found_by_name() {
        assert_eq!(first_of_burn("gstds-cli v0.1.0\nauburn v1\n"), None);
        let tree = "gstds-cli v0.1.0\nburn-core v0.22.1\n";
        assert_eq!(first_of_burn(tree), Some("burn-core"));
        assert_eq!(first_of_burn("gstds-burn v0.1.0"), Some("gstds-burn"));
    }

    #[test]
    fn the_table_ends_with_the_sum() {
        let times = [
            ("format", Duration::from_secs(2)),
            ("images' kernel, validated", Duration::from_secs(40)),
        ];
        let table = table(&times);
        assert_eq!(table.lines().count(), 4);
        assert!(table.starts_with("These checks passed."), "{table}");
        assert_eq!(
            table.lines().last(),
            Some("together                     42.0 s")
        );
        let widths: Vec<usize> = table.lines().skip(1).map(str::len).collect();
        assert_eq!(widths, [widths[0]; 3]);
    }
}
