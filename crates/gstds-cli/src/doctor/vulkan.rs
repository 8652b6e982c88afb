//! The Vulkan loader, drivers and validation layer of a system, and what installs them.
//!
//! `xtask` compiles this file too, so it needs nothing but the standard library.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use Need::{Amd, Driver, Intel, Nvidia, Validation};

/// What can be installed: the loader with Mesa's driver, which runs without a GPU too; a vendor's
/// own driver; the validation layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Need {
    Driver,
    Nvidia,
    Amd,
    Intel,
    Validation,
}

/// A file that only systems with this package manager have, its name, and its install command.
const MANAGERS: [(&str, &str, &str); 6] = [
    // First: it may have the others' tools too.
    ("etc/NIXOS", "nix", ""),
    ("usr/bin/apt-get", "apt", "sudo apt-get install "),
    ("usr/bin/dnf", "dnf", "sudo dnf install "),
    ("usr/bin/pacman", "pacman", "sudo pacman -S "),
    ("usr/bin/zypper", "zypper", "sudo zypper install "),
    ("sbin/apk", "apk", "sudo apk add "),
];

/// Packages by package manager, or what to do by operating system; "" is every other one. AMD's and
/// Intel's drivers come with Mesa's unless they have a row.
#[rustfmt::skip]
const PACKAGES: [(&str, Need, &str); 28] = [
    ("apt",     Driver,     "mesa-vulkan-drivers libvulkan1"),
    ("apt",     Nvidia,     "nvidia-driver (Ubuntu: sudo ubuntu-drivers install)"),
    ("apt",     Validation, "vulkan-validationlayers"),
    ("dnf",     Driver,     "mesa-vulkan-drivers vulkan-loader"),
    ("dnf",     Nvidia,     "akmod-nvidia, from RPM Fusion"),
    ("dnf",     Validation, "vulkan-validation-layers"),
    ("pacman",  Driver,     "vulkan-swrast vulkan-icd-loader"),
    ("pacman",  Nvidia,     "nvidia-utils"),
    ("pacman",  Amd,        "vulkan-radeon"),
    ("pacman",  Intel,      "vulkan-intel"),
    ("pacman",  Validation, "vulkan-validation-layers"),
    ("zypper",  Driver,     "libvulkan_lvp libvulkan1"),
    ("zypper",  Amd,        "libvulkan_radeon"),
    ("zypper",  Intel,      "libvulkan_intel"),
    ("zypper",  Validation, "vulkan-validationlayers"),
    ("apk",     Driver,     "mesa-vulkan-swrast vulkan-loader"),
    ("apk",     Amd,        "mesa-vulkan-ati"),
    ("apk",     Intel,      "mesa-vulkan-intel"),
    ("apk",     Validation, "vulkan-validation-layers"),
    ("nix",     Driver,     "set hardware.graphics.enable = true; in /etc/nixos/configuration.nix, \
                             then sudo nixos-rebuild switch"),
    ("nix",     Nvidia,     "set services.xserver.videoDrivers = [ \"nvidia\" ]; in \
                             /etc/nixos/configuration.nix, then sudo nixos-rebuild switch"),
    ("nix",     Validation, "export VK_LAYER_PATH=$(nix-build '<nixpkgs>' --no-out-link -A \
                             vulkan-validation-layers)/share/vulkan/explicit_layer.d"),
    ("macos",   Driver,     "softwareupdate --install --all; macOS brings its GPU drivers itself"),
    ("windows", Driver,     "install the driver of your GPU's vendor, or Windows Update's"),
    ("windows", Validation, "DISM /Online /Add-Capability \
                             /CapabilityName:Tools.Graphics.DirectX~~~~0.0.1.0"),
    ("",        Driver,     "install your GPU vendor's Vulkan driver or Mesa's, and the Vulkan \
                             loader: https://docs.mesa3d.org"),
    ("",        Nvidia,     "install NVIDIA's driver: https://www.nvidia.com/drivers"),
    ("",        Validation, "install Khronos' validation layer: \
                             https://vulkan.lunarg.com/sdk/home"),
];

/// Folders that hold `vulkan/icd.d` and `vulkan/explicit_layer.d`; the last is NixOS's.
const SHARES: [&str; 6] = [
    "etc",
    "etc/xdg",
    "usr/share",
    "usr/local/share",
    "usr/local/etc",
    "run/opengl-driver/share",
];

/// Khronos' validation layer.
pub(crate) const LAYER: &str = "VK_LAYER_KHRONOS_validation";

/// The row of a package manager, or of an operating system, for `need`.
pub(crate) fn packages(manager: &str, need: Need) -> &'static (&'static str, Need, &'static str) {
    let general = match need {
        Amd | Intel => Driver,
        other => other,
    };
    [(manager, need), (manager, general), ("", general)]
        .iter()
        .find_map(|key| PACKAGES.iter().find(|row| (row.0, row.1) == *key))
        .expect("every need has a row for systems without one of their own")
}

/// The value of an environment variable.
type Variables = Box<dyn Fn(&str) -> Option<OsString>>;

/// A system: its files below a root, and its environment.
pub(crate) struct System {
    pub(crate) root: PathBuf,
    pub(crate) os: &'static str,
    pub(crate) variables: Variables,
}

impl System {
    /// The one that this process runs on.
    pub(crate) fn here() -> Self {
        Self {
            root: "/".into(),
            os: std::env::consts::OS,
            variables: Box::new(|name| std::env::var_os(name)),
        }
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.root.join(below)
    }

    /// A variable that is set and not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<OsString> {
        (self.variables)(name).filter(|value| !value.is_empty())
    }

    /// The paths that these variables list.
    fn listed(&self, names: &[&str]) -> Vec<PathBuf> {
        let lists = names.iter().filter_map(|name| self.variable(name));
        let paths = lists.map(|list| std::env::split_paths(&list).collect::<Vec<_>>());
        paths.flatten().collect()
    }

    /// The name of the package manager; without one that of the operating system.
    pub(crate) fn manager(&self) -> &'static str {
        let is_here = |it: &&(&str, _, _)| self.os == "linux" && self.path(it.0).exists();
        MANAGERS.iter().find(is_here).map_or(self.os, |it| it.1)
    }

    /// The command that installs it, or what to do where there is none.
    pub(crate) fn install(&self, need: Need) -> String {
        let (manager, _, packages) = packages(self.manager(), need);
        let command = MANAGERS.iter().find(|it| it.1 == *manager);
        format!("{}{packages}", command.map_or("", |it| it.2))
    }

    /// Whether the Vulkan loader is where dynamic libraries are looked for.
    pub(crate) fn has_loader(&self) -> bool {
        const NAME: &str = "libvulkan.so.1";
        let cache = std::fs::read(self.path("etc/ld.so.cache")).unwrap_or_default();
        let usual = ["lib", "lib64", "usr/lib", "usr/lib64", "usr/local/lib"];
        let mut folders = usual.map(|folder| self.path(folder)).to_vec();
        // Debian has a folder for each architecture.
        let nested: Vec<_> = folders.iter().flat_map(|folder| entries(folder)).collect();
        let of_architecture = |it: &PathBuf| it.to_string_lossy().contains("-linux-");
        folders.extend(nested.into_iter().filter(of_architecture));
        folders.extend(self.listed(&["LD_LIBRARY_PATH"]));
        cache
            .windows(NAME.len())
            .any(|part| part == NAME.as_bytes())
            || folders.iter().any(|folder| folder.join(NAME).exists())
    }

    /// The variable that names the only drivers to be used, where one is set, and what it names.
    pub(crate) fn only_drivers(&self) -> Option<(&'static str, Vec<PathBuf>)> {
        // The loader prefers the newer name.
        let mut names = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"].into_iter();
        let name = names.find(|name| self.variable(name).is_some())?;
        Some((name, self.listed(&[name])))
    }

    /// The manifests of all drivers in the usual folders.
    pub(crate) fn drivers(&self) -> Vec<PathBuf> {
        self.manifests("icd.d", &["VK_ADD_DRIVER_FILES"])
    }

    /// Whether there is what validates: Vulkan's layer, or Direct3D's. Metal's is a part of it.
    pub(crate) fn has_validation_layer(&self) -> bool {
        match self.os {
            "linux" => {
                let named = ["VK_LAYER_PATH", "VK_ADD_LAYER_PATH"];
                let mut files = self.manifests("explicit_layer.d", &named).into_iter();
                files.any(|file| std::fs::read_to_string(file).is_ok_and(|it| it.contains(LAYER)))
            }
            "windows" => {
                let windows = self.variable("SystemRoot").map(PathBuf::from);
                let windows = windows.unwrap_or_else(|| self.path("Windows"));
                windows.join("System32/d3d12SDKLayers.dll").exists()
            }
            _ => true,
        }
    }

    /// Manifests in this folder of every place in which the loader looks, and in what the variables
    /// list.
    fn manifests(&self, folder: &str, variables: &[&str]) -> Vec<PathBuf> {
        let mut shares = SHARES.map(|share| self.path(share)).to_vec();
        shares.extend(self.listed(&["XDG_CONFIG_DIRS", "XDG_DATA_DIRS", "XDG_DATA_HOME"]));
        let home = self.variable("HOME").map(PathBuf::from);
        shares.extend(home.map(|home| home.join(".local/share")));
        let usual = shares.iter().map(|it| it.join("vulkan").join(folder));
        let places = usual.chain(self.listed(variables));
        places.flat_map(|place| manifests(&place)).collect()
    }
}

/// A manifest, or those in a folder.
pub(crate) fn manifests(place: &Path) -> Vec<PathBuf> {
    if place.is_file() {
        return vec![place.into()];
    }
    let mut files = entries(place);
    files.retain(|file| file.extension() == Some(OsStr::new("json")));
    files
}

/// What is in a folder, in order; nothing where it cannot be read.
pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    let list = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut entries: Vec<_> = list.map(|entry| entry.path()).collect();
    entries.sort();
    entries
}
