//! Every check, one after the other, each with the seconds it took.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::{command, package, validation, vulkan};

/// Runs all checks and stops at the first that fails.
pub(crate) fn run() -> Result<()> {
    vulkan::ensure()?;
    let mut times = Vec::new();
    for (name, check) in CHECKS {
        println!("\n== {name}");
        let start = Instant::now();
        check()?;
        times.push((name, start.elapsed()));
        println!("== {name}: {:.1} s", start.elapsed().as_secs_f64());
    }
    println!("\n{}", table(&times));
    Ok(())
}

type Check = (&'static str, fn() -> Result<()>);

const CHECKS: [Check; 8] = [
    ("format", || cargo(&["fmt", "--all", "--check"])),
    ("clippy", || {
        kernel_then_rest("clippy", &["--all-targets", "--", "-D", "warnings"])
    }),
    ("kernel tests", validation::kernel_tests),
    ("other tests", || {
        cargo(&["test", "--release", "--workspace", "--exclude", "gstds"])
    }),
    ("images' kernel, validated", validation::images),
    ("docs", docs),
    ("packages", package::check),
    ("licences and advisories", deny),
];

/// The kernel crate by itself, then the rest.
///
/// Its tests turn on more of naga (Metal output), and in one build that reaches everything above
/// wgpu: Burn would be compiled once for `cargo run` and once again for the tests.
fn kernel_then_rest(what: &str, flags: &[&str]) -> Result<()> {
    let kernel = [what, "--release", "--package", "gstds"];
    let rest = [what, "--release", "--workspace", "--exclude", "gstds"];
    cargo(&[&kernel[..], flags].concat())?;
    cargo(&[&rest[..], flags].concat())
}

fn cargo(args: &[&str]) -> Result<()> {
    command::run(&mut command::cargo(args.iter().copied()))
}

fn docs() -> Result<()> {
    let mut doc = command::cargo(["doc", "--release", "--workspace", "--no-deps"]);
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
    let all = [("all", total)];
    let lines = || times.iter().chain(&all);
    let width = lines().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut lines: Vec<String> = lines()
        .map(|(name, time)| format!("{name:<width$}{:>8.1} s", time.as_secs_f64()))
        .collect();
    lines.insert(0, "All checks passed.".into());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_ends_with_the_sum() {
        let times = [
            ("format", Duration::from_secs(2)),
            ("images' kernel, validated", Duration::from_secs(40)),
        ];
        let table = table(&times);
        assert_eq!(table.lines().count(), 4);
        assert_eq!(
            table.lines().last(),
            Some("all                          42.0 s")
        );
        let widths: Vec<usize> = table.lines().skip(1).map(str::len).collect();
        assert_eq!(widths, [widths[0]; 3]);
    }
}
