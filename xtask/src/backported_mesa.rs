//! The kernels under a newer Mesa than the system's, from Debian's backports: fetched and unpacked
//! below `target`, never installed. Its llvmpipe compiles differently, which has found faults.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::{command, swiftshader};

/// What is fetched, with what it depends on.
const PACKAGE: &str = "mesa-vulkan-drivers";
/// Tests beside those on SwiftShader: the compiler of Mesa 25 joined a packing and an unpacking of
/// f16, and steps of one dispatch are taken by no software adapter unasked.
const MORE: [&str; 2] = ["storage", "delayed"];
const FOLDER: &str = "target/backported-mesa";

/// Runs the tests that [`swiftshader`] runs, where Debian has backports and they can be fetched.
pub(crate) fn kernel_tests() -> Result<()> {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let Some(codename) = debian_codename(&release).filter(|_| command::answers("apt-get", &["-v"]))
    else {
        println!("This is no Debian, so the check under its backported Mesa is left out");
        return Ok(());
    };
    let root = match unpacked(codename) {
        Ok(root) => root,
        Err(error) => {
            println!("No backported Mesa, so its check is left out: {error:#}");
            return Ok(());
        }
    };
    let manifest = root.join("usr/share/vulkan/icd.d/lvp_icd.json");
    swiftshader::tests_on(&manifest, Some(&libraries(&root)?), &MORE)
}

/// The name of the Debian release, such as `bookworm`.
fn debian_codename(release: &str) -> Option<&str> {
    let value = |key: &str| {
        let mut values = release.lines().filter_map(|line| line.strip_prefix(key));
        values.next().map(|value| value.trim_matches('"'))
    };
    value("VERSION_CODENAME=").filter(|_| value("ID=") == Some("debian"))
}

/// Fetches and unpacks the packages, unless that was done before.
fn unpacked(codename: &str) -> Result<PathBuf> {
    let folder = command::root().join(FOLDER);
    let (root, done) = (folder.join("root"), folder.join("done"));
    if done.exists() {
        return Ok(root);
    }
    for part in ["lists/partial", "archives/partial", "root"] {
        fs::create_dir_all(folder.join(part))?;
    }
    let backports = format!("{codename}-backports");
    let suites = [codename, &backports].map(|suite| {
        format!(
            "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian {suite} main\n"
        )
    });
    fs::write(folder.join("sources.list"), suites.concat())?;
    let own = |key: &str, name: &str| format!("{key}={}", folder.join(name).display());
    let settings = [
        own("Dir::Etc::sourcelist", "sources.list"),
        own("Dir::State::lists", "lists"),
        own("Dir::Cache::archives", "archives"),
        "Dir::Etc::sourceparts=/dev/null".into(),
        "Debug::NoLocking=1".into(),
    ];
    let apt = |args: &[&str]| {
        let mut apt = command::program("apt-get");
        apt.args(settings.iter().flat_map(|setting| ["-o", setting]));
        command::run(apt.arg("-qq").args(args))
    };
    apt(&["update"])?;
    let install = ["install", "--yes", "--download-only"];
    // Installed or not, it is fetched.
    let fresh = [
        "--reinstall",
        "--no-install-recommends",
        "--target-release",
        &backports,
    ];
    apt(&[&install[..], &fresh, &[PACKAGE]].concat())?;
    for archive in fs::read_dir(folder.join("archives"))? {
        let path = archive?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            let mut unpack = command::program("dpkg-deb");
            command::run(unpack.arg("--extract").arg(&path).arg(&root))?;
        }
    }
    libraries(&root)?;
    fs::write(done, "")?;
    Ok(root)
}

/// The folder of the driver's library.
fn libraries(root: &Path) -> Result<PathBuf> {
    let below = root.join("usr/lib");
    let folders = fs::read_dir(&below)?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut found = folders.filter(|folder| folder.join("libvulkan_lvp.so").is_file());
    let none = || format!("no libvulkan_lvp.so below {}", below.display());
    found.next().with_context(none)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_is_known_by_its_id_and_others_are_not_taken_for_it() {
        let of = |id: &str| format!("PRETTY_NAME=\"x\"\nVERSION_CODENAME=bookworm\nID={id}\n");
        assert_eq!(debian_codename(&of("debian")), Some("bookworm"));
        assert_eq!(debian_codename(&of("ubuntu")), None);
        assert_eq!(debian_codename("ID=debian\n"), None);
    }
}
