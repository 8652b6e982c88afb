//! A Vulkan driver for machines that have none: Mesa's, which also runs on the CPU (llvmpipe).

use std::ffi::OsStr;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::command;

const PACKAGES: [&str; 2] = ["mesa-vulkan-drivers", "libvulkan1"];

/// Folders in which the Vulkan loader looks for driver manifests.
const MANIFESTS: [&str; 3] = [
    "usr/share/vulkan/icd.d",
    "usr/local/share/vulkan/icd.d",
    "etc/vulkan/icd.d",
];

/// Makes sure that a Vulkan loader and a driver are installed, or says how to install them.
///
/// Only Debian-like systems are changed. Elsewhere this says what is missing and carries on:
/// macOS and Windows bring their own API, and another driver may be where we do not look.
pub(crate) fn ensure() -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let listed =
        std::env::var_os("VK_DRIVER_FILES").or_else(|| std::env::var_os("VK_ICD_FILENAMES"));
    let root = Path::new("/");
    if has_driver(root, listed.as_deref()) && has_loader(root) {
        return Ok(());
    }
    if !Path::new("/etc/debian_version").exists() {
        println!(
            "No Vulkan driver was found; install your GPU vendor's or Mesa's, and the Vulkan loader."
        );
        return Ok(());
    }
    install()
}

/// Whether a driver manifest is there: the ones `listed` by the environment, or any in the usual folders.
fn has_driver(root: &Path, listed: Option<&OsStr>) -> bool {
    if let Some(listed) = listed {
        return std::env::split_paths(listed).any(|file| file.is_file());
    }
    MANIFESTS.iter().any(|folder| {
        entries(&root.join(folder))
            .iter()
            .any(|file| file.extension() == Some(OsStr::new("json")))
    })
}

/// Whether `libvulkan.so.1` lies in a library folder or in one of its architecture folders.
fn has_loader(root: &Path) -> bool {
    ["usr/lib", "usr/lib64", "lib", "lib64", "usr/local/lib"]
        .iter()
        .any(|folder| {
            let folder = root.join(folder);
            let nested = entries(&folder).into_iter().filter(|entry| entry.is_dir());
            std::iter::once(folder.clone())
                .chain(nested)
                .any(|place| place.join("libvulkan.so.1").exists())
        })
}

/// Whether Khronos' validation layer is installed where the loader looks for explicit layers.
pub(crate) fn has_validation_layer() -> bool {
    ["usr/share", "usr/local/share", "etc"].iter().any(|place| {
        let layers = Path::new("/").join(place).join("vulkan/explicit_layer.d");
        layers.join("VkLayer_khronos_validation.json").exists()
    })
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder)
        .map(|list| list.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default()
}

fn install() -> Result<()> {
    let Some(mut lead) = privilege() else {
        println!(
            "No Vulkan driver was found. Install Mesa's with `sudo apt-get install {}`.",
            PACKAGES.join(" ")
        );
        return Ok(());
    };
    lead.push("apt-get");
    println!(
        "No Vulkan driver was found; installing Mesa's: {}.",
        PACKAGES.join(", ")
    );
    let apt = |args: &[&str]| {
        let mut apt = command::program(lead[0]);
        apt.args(&lead[1..])
            .args(args)
            .env("DEBIAN_FRONTEND", "noninteractive");
        command::run(&mut apt)
    };
    // A fresh image has no package lists at all, and stale ones name files that are gone.
    apt(&["update", "-qq"])
        .and_then(|()| {
            apt(&[
                "install",
                "-y",
                "-qq",
                "--no-install-recommends",
                PACKAGES[0],
                PACKAGES[1],
            ])
        })
        .with_context(|| {
            format!(
                "Install a Vulkan driver by hand: apt-get install {}",
                PACKAGES.join(" ")
            )
        })
}

/// What must stand before `apt-get`: nothing for root, sudo where it may ask or need not, else `None`.
fn privilege() -> Option<Vec<&'static str>> {
    if command::output(command::program("id").arg("-u")).is_ok_and(|id| id.trim() == "0") {
        return Some(Vec::new());
    }
    if command::answers("sudo", &["-n", "true"]) {
        return Some(vec!["sudo", "-n"]);
    }
    let may_ask = std::io::stdin().is_terminal() && command::answers("sudo", &["--version"]);
    may_ask.then(|| vec!["sudo"])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "{}").unwrap();
    }

    #[test]
    fn a_bare_machine_has_neither_driver_nor_loader() {
        let root = tempfile::tempdir().unwrap();
        assert!(!has_driver(root.path(), None));
        assert!(!has_loader(root.path()));
    }

    #[test]
    fn manifests_and_architecture_folders_are_found() {
        let root = tempfile::tempdir().unwrap();
        touch(&root.path().join("etc/vulkan/icd.d/README"));
        assert!(!has_driver(root.path(), None));
        touch(&root.path().join("etc/vulkan/icd.d/lvp_icd.x86_64.json"));
        assert!(has_driver(root.path(), None));
        touch(&root.path().join("usr/lib/x86_64-linux-gnu/libvulkan.so.1"));
        assert!(has_loader(root.path()));
    }

    #[test]
    fn the_environment_overrides_the_folders() {
        let root = tempfile::tempdir().unwrap();
        let manifest = root.path().join("usr/share/vulkan/icd.d/lvp.json");
        touch(&manifest);
        assert!(!has_driver(
            root.path(),
            Some(OsStr::new("/nowhere/lvp.json"))
        ));
        assert!(has_driver(root.path(), Some(manifest.as_os_str())));
    }
}
