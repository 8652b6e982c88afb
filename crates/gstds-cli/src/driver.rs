//! The GPU driver underneath: how to install one here, and how to keep its remarks off our stderr.

use std::path::Path;

/// Silences what Vulkan drivers print about a machine without a desktop session.
///
/// Must be called before anything else: it changes the process's environment.
#[allow(unsafe_code)]
pub(crate) fn quieten() {
    let quiet = [
        // The window-system half of drivers complains without it; nothing here opens a window.
        ("XDG_RUNTIME_DIR", std::env::temp_dir().into_os_string()),
        // Older llvmpipe announces that it is for testing; `gstds devices` says "software" itself.
        ("MESA_VK_IGNORE_CONFORMANCE_WARNING", "true".into()),
    ];
    for (name, value) in quiet {
        if std::env::var_os(name).is_none_or(|value| value.is_empty()) {
            // SAFETY: called at the start of `main`, when no other thread reads the environment.
            unsafe { std::env::set_var(name, value) };
        }
    }
}

/// What to install on this system, as the rest of a sentence.
pub(crate) fn advice() -> String {
    if !cfg!(target_os = "linux") {
        return "update the graphics driver of this system".into();
    }
    let command = install_command(Path::new("/"));
    format!(
        "install your GPU vendor's Vulkan driver, or Mesa's, which runs without a GPU too: {command}"
    )
}

/// How Mesa's drivers are installed by the package manager found under `root`.
fn install_command(root: &Path) -> &'static str {
    let managers = [
        (
            "usr/bin/apt-get",
            "sudo apt-get install mesa-vulkan-drivers libvulkan1",
        ),
        (
            "usr/bin/dnf",
            "sudo dnf install mesa-vulkan-drivers vulkan-loader",
        ),
        (
            "usr/bin/pacman",
            "sudo pacman -S vulkan-swrast vulkan-icd-loader",
        ),
        (
            "usr/bin/zypper",
            "sudo zypper install libvulkan_lvp libvulkan1",
        ),
        ("sbin/apk", "sudo apk add mesa-vulkan-swrast vulkan-loader"),
    ];
    let found = managers.iter().find(|(tool, _)| root.join(tool).exists());
    found.map_or("see https://docs.mesa3d.org", |(_, command)| command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_manager_that_is_there_is_named() {
        let root = tempfile::tempdir().unwrap();
        assert!(install_command(root.path()).contains("mesa3d.org"));
        std::fs::create_dir_all(root.path().join("usr/bin")).unwrap();
        std::fs::write(root.path().join("usr/bin/pacman"), "").unwrap();
        assert!(install_command(root.path()).starts_with("sudo pacman -S vulkan-swrast"));
    }
}
