//! Every check, one after the other, each with the seconds it took.

use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::{command, validation, vulkan};

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

const CHECKS: [Check; 9] = [
    ("format", || cargo(&["fmt", "--all", "--check"])),
    ("clippy", || {
        kernel_then_rest("clippy", &["--all-targets", "--", "-D", "warnings"])
    }),
    ("kernel tests", validation::kernel_tests),
    ("other tests", || {
        cargo(&[
            "test",
            "--release",
            "--workspace",
            "--exclude",
            "gstds",
            "--exclude",
            "gstds-bench",
        ])
    }),
    ("images' kernel, validated", validation::images),
    ("docs", docs),
    ("package", package),
    ("licences and advisories", deny),
    ("README.md is filled in", readme),
];

/// The kernel crate and its benchmarks by themselves, then the rest.
///
/// The kernel crate's tests turn on more of naga (Metal output), and the benchmarks' peers more of
/// what Burn shares with them: in one build Burn would be compiled once for `cargo run` and once
/// again for the tests.
fn kernel_then_rest(what: &str, flags: &[&str]) -> Result<()> {
    let kernel = [
        what,
        "--release",
        "--package",
        "gstds",
        "--package",
        "gstds-bench",
    ];
    let rest = [
        what,
        "--release",
        "--workspace",
        "--exclude",
        "gstds",
        "--exclude",
        "gstds-bench",
    ];
    cargo(&[&kernel[..], flags].concat())?;
    cargo(&[&rest[..], flags].concat())
}

fn cargo(args: &[&str]) -> Result<()> {
    command::run(&mut command::cargo(args.iter().copied()))
}

/// No `@NAME@` is left where a measured figure or a transcript belongs.
fn readme() -> Result<()> {
    let text = std::fs::read_to_string(command::root().join("README.md"))?;
    match placeholders(&text).as_slice() {
        [] => Ok(()),
        names => bail!("README.md still has {}", names.join(", ")),
    }
}

/// Lines that are nothing but `@NAME@`.
fn placeholders(text: &str) -> Vec<&str> {
    let is_one = |line: &&str| {
        let name = line.strip_prefix('@').and_then(|l| l.strip_suffix('@'));
        name.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_uppercase()))
    };
    text.lines().map(str::trim).filter(is_one).collect()
}

fn docs() -> Result<()> {
    let mut doc = command::cargo(["doc", "--release", "--workspace", "--no-deps"]);
    command::run(doc.env("RUSTDOCFLAGS", "-D warnings"))
}

/// The kernel crate must build from its package alone, which is what others embed.
///
/// Cargo would verify that in the dev profile, for which all of wgpu is compiled once more; what
/// lies in the package is checked here in the profile of everything else.
fn package() -> Result<()> {
    // Wherever else builds go: what is unpacked below must be what is packed here.
    let target = command::root().join("target");
    let packages = target.join("package");
    let name = format!("gstds-{}", env!("CARGO_PKG_VERSION"));
    let packed = packages.join(format!("{name}.crate"));
    let unpacked = packages.join(&name);
    if packed.exists() {
        std::fs::remove_file(&packed)?;
    }
    if unpacked.exists() {
        std::fs::remove_dir_all(&unpacked)?;
    }
    // A contributor runs the checks before the commit, so an uncommitted change is no error here.
    let mut package = command::cargo(["package", "--package", "gstds", "--allow-dirty"]);
    package.args(["--no-verify", "--target-dir"]).arg(&target);
    command::run(&mut package)?;
    let mut tar = command::program("tar");
    tar.current_dir(&packages).arg("xf").arg(&packed);
    command::run(&mut tar)?;
    // It lies below our workspace and is none of its members.
    let mut manifest = std::fs::OpenOptions::new()
        .append(true)
        .open(unpacked.join("Cargo.toml"))?;
    writeln!(manifest, "\n[workspace]")?;
    let mut check = command::cargo(["check", "--release", "--locked"]);
    check
        .current_dir(&unpacked)
        .env("CARGO_TARGET_DIR", &target);
    command::run(&mut check)
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
    fn placeholders_stand_alone_in_their_lines() {
        let text = "Mail a@B@c\n@TIMES@\n  @TRANSCRIPT@\n@@\n@lower@\n";
        assert_eq!(placeholders(text), ["@TIMES@", "@TRANSCRIPT@"]);
    }

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
