//! What a system shows of its GPUs, their drivers and the Vulkan loader, read from its files.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::install::Install;

/// Environment variables that change where loader, drivers and layers are looked for.
const VARIABLES: [&str; 13] = [
    "HOME",
    "LD_LIBRARY_PATH",
    "SystemRoot",
    "VK_ADD_DRIVER_FILES",
    "VK_ADD_LAYER_PATH",
    "VK_DRIVER_FILES",
    "VK_ICD_FILENAMES",
    "VK_INSTANCE_LAYERS",
    "VK_LAYER_PATH",
    "WGPU_VALIDATION",
    "XDG_CONFIG_DIRS",
    "XDG_DATA_DIRS",
    "XDG_DATA_HOME",
];

/// Folders that hold `vulkan/icd.d` and `vulkan/explicit_layer.d`; the one before the last is
/// NixOS's.
const SHARES: [&str; 6] = [
    "etc",
    "etc/xdg",
    "usr/share",
    "usr/local/share",
    "run/opengl-driver/share",
    "usr/local/etc",
];

const LAYER: &str = "VK_LAYER_KHRONOS_validation";

/// A system: its files below a root, and its environment.
pub(crate) struct System {
    root: PathBuf,
    pub(crate) os: &'static str,
    variables: HashMap<&'static str, OsString>,
}

impl System {
    /// The one that this process runs on.
    pub(crate) fn here() -> Self {
        let given = |name: &'static str| Some((name, std::env::var_os(name)?));
        Self {
            variables: VARIABLES.into_iter().filter_map(given).collect(),
            ..Self::at(Path::new("/"), std::env::consts::OS)
        }
    }

    /// One whose files lie below `root`, with an empty environment.
    pub(crate) fn at(root: &Path, os: &'static str) -> Self {
        Self {
            root: root.into(),
            os,
            variables: HashMap::new(),
        }
    }

    #[cfg(test)]
    pub(crate) fn with(mut self, variable: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.insert(variable, value.into());
        self
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.root.join(below)
    }

    /// How something is installed here.
    pub(crate) fn install(&self) -> Install {
        Install::on(self.os, &self.root)
    }

    /// The variable that names the only drivers to be used, where one is set, and what it names.
    pub(crate) fn listed_drivers(&self) -> Option<(&'static str, Vec<PathBuf>)> {
        // The loader prefers the newer name.
        let mut names = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"].into_iter();
        names.find_map(|name| Some((name, split(self.variable(name)?))))
    }

    /// The manifests of all Vulkan drivers in the usual folders.
    pub(crate) fn driver_manifests(&self) -> Vec<PathBuf> {
        let added = self.variable("VK_ADD_DRIVER_FILES").map(split);
        let added = added.unwrap_or_default().into_iter();
        let folders = self.shares().into_iter().map(|share| share.join("icd.d"));
        let found = folders.chain(added).flat_map(|place| manifests(&place));
        found.collect()
    }

    /// Whether the Vulkan loader is where dynamic libraries are looked for.
    pub(crate) fn has_loader(&self) -> bool {
        const NAME: &str = "libvulkan.so.1";
        let cache = std::fs::read(self.path("etc/ld.so.cache")).unwrap_or_default();
        let cached = cache
            .windows(NAME.len())
            .any(|part| part == NAME.as_bytes());
        let given = self.variable("LD_LIBRARY_PATH").map(split);
        let usual = ["lib", "lib64", "usr/lib", "usr/lib64", "usr/local/lib"];
        let usual = usual.iter().flat_map(|folder| {
            let folder = self.path(folder);
            // Debian has a folder for each architecture.
            let nested = entries(&folder);
            let nested = nested
                .into_iter()
                .filter(|it| it.to_string_lossy().contains("-linux-"));
            nested.chain([folder]).collect::<Vec<_>>()
        });
        let mut folders = given.unwrap_or_default().into_iter().chain(usual);
        cached || folders.any(|folder| folder.join(NAME).exists())
    }

    /// What asks for validation, where something does.
    pub(crate) fn asks_for_validation(&self) -> Option<&'static str> {
        // As wgpu reads it.
        if self
            .variable("WGPU_VALIDATION")
            .is_some_and(|value| value != "0")
        {
            return Some("WGPU_VALIDATION");
        }
        let layers = self.variable("VK_INSTANCE_LAYERS")?;
        let asked = layers.to_string_lossy().contains(LAYER);
        asked.then_some("VK_INSTANCE_LAYERS")
    }

    /// Whether there is what validates: Vulkan's layer, or Direct3D's. Metal's is a part of it.
    pub(crate) fn has_validation_layer(&self) -> bool {
        match self.os {
            "linux" => {
                let named = ["VK_LAYER_PATH", "VK_ADD_LAYER_PATH"];
                let named = named.iter().filter_map(|name| self.variable(name));
                let shares = self.shares().into_iter();
                let usual = shares.map(|share| share.join("explicit_layer.d"));
                let mut files = usual
                    .chain(named.flat_map(split))
                    .flat_map(|it| manifests(&it));
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

    /// Whether this is the inside of a container.
    pub(crate) fn is_container(&self) -> bool {
        [".dockerenv", "run/.containerenv"]
            .iter()
            .any(|file| self.path(file).exists())
    }

    /// The `vulkan` folders in which the loader looks.
    fn shares(&self) -> Vec<PathBuf> {
        let usual = SHARES.iter().map(|share| self.path(share));
        let named = ["XDG_CONFIG_DIRS", "XDG_DATA_DIRS", "XDG_DATA_HOME"];
        let named = named
            .iter()
            .filter_map(|name| self.variable(name))
            .flat_map(split);
        let own = self
            .variable("HOME")
            .map(|home| Path::new(home).join(".local/share"));
        let all = usual.chain(named).chain(own);
        all.map(|share| share.join("vulkan")).collect()
    }

    /// A variable that is set and not empty.
    fn variable(&self, name: &str) -> Option<&OsStr> {
        let value = self.variables.get(name).map(OsString::as_os_str);
        value.filter(|value| !value.is_empty())
    }
}

fn split(list: &OsStr) -> Vec<PathBuf> {
    std::env::split_paths(list).collect()
}

/// A manifest, or those in a folder.
pub(super) fn manifests(place: &Path) -> Vec<PathBuf> {
    if place.is_file() {
        return vec![place.into()];
    }
    let mut files = entries(place);
    files.retain(|file| file.extension() == Some(OsStr::new("json")));
    files
}

/// What is in a folder, in order; nothing where it cannot be read.
pub(super) fn entries(folder: &Path) -> Vec<PathBuf> {
    let list = std::fs::read_dir(folder);
    let list = list.into_iter().flatten().flatten();
    let mut entries: Vec<_> = list.map(|entry| entry.path()).collect();
    entries.sort();
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loader_is_found_wherever_it_may_lie() {
        let bare = tempfile::tempdir().unwrap();
        let system = || System::at(bare.path(), "linux");
        assert!(!system().has_loader());
        for place in ["usr/lib/x86_64-linux-gnu", "usr/lib64", "lib"] {
            let root = tempfile::tempdir().unwrap();
            std::fs::create_dir_all(root.path().join(place)).unwrap();
            std::fs::write(root.path().join(place).join("libvulkan.so.1"), "").unwrap();
            assert!(System::at(root.path(), "linux").has_loader(), "{place}");
            let path = root.path().join(place);
            assert!(system().with("LD_LIBRARY_PATH", path).has_loader());
        }
        std::fs::create_dir(bare.path().join("etc")).unwrap();
        let cache = b"glibc-ld.so.cache\0libvulkan.so.1\0/opt/lib/libvulkan.so.1\0";
        std::fs::write(bare.path().join("etc/ld.so.cache"), cache).unwrap();
        assert!(system().has_loader());
    }

    #[test]
    fn the_newer_of_two_lists_of_drivers_counts() {
        let root = tempfile::tempdir().unwrap();
        let older = System::at(root.path(), "linux").with("VK_ICD_FILENAMES", "a.json:b.json");
        let two = vec![PathBuf::from("a.json"), "b.json".into()];
        assert_eq!(older.listed_drivers(), Some(("VK_ICD_FILENAMES", two)));
        let both = older.with("VK_DRIVER_FILES", "c.json");
        let one = vec![PathBuf::from("c.json")];
        assert_eq!(both.listed_drivers(), Some(("VK_DRIVER_FILES", one)));
        assert_eq!(
            both.with("VK_DRIVER_FILES", "").listed_drivers().unwrap().0,
            "VK_ICD_FILENAMES"
        );
    }

    #[test]
    fn drivers_are_found_in_the_folders_of_the_environment_too() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("opt/vulkan/icd.d");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("README"), "").unwrap();
        std::fs::write(folder.join("lvp.json"), "{}").unwrap();
        let system = System::at(root.path(), "linux");
        assert!(system.driver_manifests().is_empty());
        let system = system.with("XDG_DATA_DIRS", root.path().join("opt"));
        assert_eq!(system.driver_manifests(), [folder.join("lvp.json")]);
    }
}
