//! Every check, one after the other, each with the seconds it took.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::{command, vulkan};

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
    ("tests", || kernel_then_rest("test", &[])),
    ("Vulkan validation", validation),
    ("docs", docs),
    ("package", package),
    ("licences and advisories", deny),
    ("README.md is filled in", readme),
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

/// Tests that between them take every path, each with its kernels' variations, in about half a
/// minute at most.
const LAYERED: [&str; 11] = [
    "fixtures",
    "degenerate",
    "contract",
    "low_rank",
    "fused",
    "many",
    "sparse",
    "spectrum",
    "storage",
    "large",
    "subgroup",
];

/// The kernels under Khronos' validation layer, which must announce itself and then be silent.
fn validation() -> Result<()> {
    const LAYER: &str = "VK_LAYER_KHRONOS_validation";
    if !vulkan::has_validation_layer() {
        println!(
            "{LAYER} is not installed, so this check is left out (Debian: vulkan-validationlayers)"
        );
        return Ok(());
    }
    let settings = command::root().join("xtask/vk_layer_settings.txt");
    let layered = |mut test: std::process::Command, programs| {
        test.env("VK_INSTANCE_LAYERS", LAYER)
            .env("VK_LAYER_SETTINGS_PATH", &settings);
        heard(&command::output(&mut test)?, programs)
    };
    let chosen = LAYERED.iter().flat_map(|test| ["--test", *test]);
    // The unit tests too: those of the picks run their kernels.
    let mut kernels = command::cargo(["test", "--release", "--package", "gstds", "--lib"]);
    kernels.args(chosen).args(["--", "--nocapture"]);
    layered(kernels, LAYERED.len() + 1)?;
    // The same packages as in the tests before, or Burn is compiled once more.
    let mut images = command::cargo(["test", "--release", "--workspace", "--exclude", "gstds"]);
    images.args(["--lib", "images::", "--", "--nocapture"]);
    layered(images, 1)?;
    let tests = LAYERED.join(", ");
    println!("{LAYER} has nothing to say of the unit tests, the images' kernel, {tests}");
    Ok(())
}

/// What the validation layer said while `programs` ran: that it was there, and no complaint.
fn heard(said: &str, programs: usize) -> Result<()> {
    let active = said.matches("Khronos Validation Layer Active").count();
    if active < programs {
        bail!("the validation layer announced itself {active} times in {programs} programs");
    }
    let complaint = |line: &&str| line.contains("VUID-") || line.contains("Validation Error");
    let complaints: Vec<_> = said.lines().filter(complaint).collect();
    match complaints.first() {
        None => Ok(()),
        Some(first) => bail!(
            "{} complaints of the validation layer, the first: {first}",
            complaints.len()
        ),
    }
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
fn package() -> Result<()> {
    // A contributor runs the checks before the commit, so an uncommitted change is no error here.
    let mut package = command::cargo(["package", "--package", "gstds", "--allow-dirty"]);
    // Cargo verifies in the dev profile, whose build nobody will debug.
    command::run(package.env("CARGO_PROFILE_DEV_DEBUG", "false"))
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
    let mut lines: Vec<String> = times
        .iter()
        .chain(std::iter::once(&("all", total)))
        .map(|(name, time)| format!("{name:<24}{:>8.1} s", time.as_secs_f64()))
        .collect();
    lines.insert(0, "All checks passed.".into());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layer_must_be_heard_in_every_program_and_not_complain() {
        let active = "x(INFO / SPEC): msgNum: 1 | Khronos Validation Layer Active:\n";
        let two = active.repeat(2);
        assert!(heard(&two, 2).is_ok());
        assert!(heard(active, 2).is_err());
        for line in [
            "VUID-vkCmdDispatch-None-02697(ERROR / SPEC): msgNum: 2",
            "Validation Error: [ SYNC-HAZARD-WRITE_AFTER_READ ]",
        ] {
            let message = heard(&format!("{two}{line}\n"), 2).unwrap_err().to_string();
            assert!(message.ends_with(line), "{message}");
        }
    }

    #[test]
    fn placeholders_stand_alone_in_their_lines() {
        let text = "Mail a@B@c\n@TIMES@\n  @TRANSCRIPT@\n@@\n@lower@\n";
        assert_eq!(placeholders(text), ["@TIMES@", "@TRANSCRIPT@"]);
    }

    #[test]
    fn the_table_ends_with_the_sum() {
        let times = [
            ("format", Duration::from_secs(2)),
            ("tests", Duration::from_secs(40)),
        ];
        let table = table(&times);
        assert_eq!(table.lines().count(), 4);
        assert_eq!(
            table.lines().last(),
            Some("all                         42.0 s")
        );
    }
}
