//! Every published crate must build from its package alone.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};

use crate::command;

/// The published crates, each after those it depends on.
const CRATES: [&str; 10] = [
    "gstds",
    "gstds-bench",
    "gstds-data",
    "gstds-plot",
    "gstds-curate",
    "gstds-burn",
    "gstds-models",
    "gstds-train",
    "gstds-study",
    "gstds-cli",
];

/// Packs all of them, unpacks the packages side by side and checks them there.
///
/// Cargo would verify each package in the dev profile, for which all of Burn is compiled once more.
/// Here they are one workspace in the profile and the target folder of everything else.
pub(crate) fn check() -> Result<()> {
    // Whatever the target folder: what is unpacked below must be what is packed here.
    let target = command::root().join("target");
    let packages = target.join("package");
    let mut package = command::cargo(["package", "--no-verify", "--allow-dirty", "--quiet"]);
    // A contributor runs the checks before the commit, so an uncommitted change is not an error
    // here.
    package.arg("--target-dir").arg(&target);
    for name in CRATES {
        package.args(["--package", name]);
    }
    command::run(&mut package)?;
    for name in CRATES {
        unpack(&packages, name)?;
    }
    let manifest = std::fs::read_to_string(command::root().join("Cargo.toml"))?;
    let manifest = workspace() + release_profile(&manifest);
    std::fs::write(packages.join("Cargo.toml"), manifest)?;
    std::fs::copy(
        command::root().join("Cargo.lock"),
        packages.join("Cargo.lock"),
    )?;
    let mut check = command::cargo(["check", "--release", "--workspace"]);
    check
        .current_dir(&packages)
        .env("CARGO_TARGET_DIR", &target);
    command::run(&mut check)
}

/// The folder that a package is unpacked into.
fn folder(name: &str) -> String {
    format!("{name}-{}", env!("CARGO_PKG_VERSION"))
}

fn unpack(packages: &Path, name: &str) -> Result<()> {
    let folder = folder(name);
    let unpacked = packages.join(&folder);
    if unpacked.exists() {
        std::fs::remove_dir_all(&unpacked)
            .with_context(|| format!("removing {}", unpacked.display()))?;
    }
    let mut tar = command::program("tar");
    // Packages have one time for all files; Cargo goes by times, and would take a changed crate for
    // the one that it checked before.
    tar.current_dir(packages).arg("xmf");
    command::run(tar.arg(packages.join(format!("{folder}.crate"))))
}

/// A workspace of the packages, in which each finds the others unpacked instead of published.
fn workspace() -> String {
    let mut text = String::from("[workspace]\nresolver = \"3\"\nmembers = [\n");
    for name in CRATES {
        let _ = writeln!(text, "    \"{}\",", folder(name));
    }
    text.push_str("]\n\n[patch.crates-io]\n");
    for name in CRATES {
        let _ = writeln!(text, "{name} = {{ path = \"{}\" }}", folder(name));
    }
    text.push('\n');
    text
}

/// The release profile of a manifest, with which nothing is compiled that the checks before have
/// compiled.
fn release_profile(manifest: &str) -> &str {
    let start = manifest.find("[profile.release]").unwrap_or(manifest.len());
    let profile = &manifest[start..];
    let end = profile.find("[profile.dist]").unwrap_or(profile.len());
    &profile[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_is_the_one_for_releases_alone() {
        let manifest = "[a]\n[profile.release]\nlto = false\n\n[profile.dist]\nlto = true\n";
        assert_eq!(
            release_profile(manifest),
            "[profile.release]\nlto = false\n\n"
        );
        let path = command::root().join("Cargo.toml");
        let own = std::fs::read_to_string(path).unwrap();
        assert!(release_profile(&own).contains("[profile.release.package."));
    }

    #[test]
    fn the_workspace_names_every_package_twice() {
        let text = workspace();
        for name in CRATES {
            assert_eq!(
                text.matches(&format!("\"{}\"", folder(name))).count(),
                2,
                "{name}"
            );
        }
    }
}
