//! Why Linux shows no GPU: loader, drivers, device files, and the GPUs on its bus.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use super::system::{entries, manifests};
use super::{Found, Missing, System};

/// Who made a GPU.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Vendor {
    Nvidia,
    Amd,
    Intel,
}

impl Vendor {
    const ALL: [Self; 3] = [Self::Nvidia, Self::Amd, Self::Intel];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nvidia => "NVIDIA",
            Self::Amd => "AMD",
            Self::Intel => "Intel",
        }
    }

    /// Its number on the PCI bus.
    fn number(self) -> &'static str {
        match self {
            Self::Nvidia => "0x10de",
            Self::Amd => "0x1002",
            Self::Intel => "0x8086",
        }
    }

    /// How the names of its Vulkan drivers' manifests begin.
    fn manifests(self) -> &'static [&'static str] {
        match self {
            Self::Nvidia => &["nvidia", "nouveau"],
            Self::Amd => &["radeon", "amd"],
            Self::Intel => &["intel"],
        }
    }
}

/// What is missing where there is no adapter at all, or none but software.
pub(super) fn missing(system: &System, found: Found) -> Vec<Missing> {
    let mut missing = vec![];
    if found == Found::Nothing {
        missing.extend(loader(system));
        missing.extend(driver(system));
    }
    let gpus = gpus(system);
    let before = missing.len();
    missing.extend(access(system));
    missing.extend(gpus.iter().filter_map(|gpu| gpu.missing(system)));
    if missing.len() > before || (found == Found::Nothing && before > 0) {
        return missing;
    }
    missing.push(match (found, gpus.first()) {
        (Found::Software, None) => Missing::new(
            "a GPU",
            "none of NVIDIA, AMD or Intel is on this machine's PCI bus, so the CPU plays one",
            "nothing to install; what runs on a GPU runs here too, only slower",
        ),
        _ => Missing::new(
            "a driver that starts",
            "loader, drivers and device files are there, and no driver offers a GPU",
            "VK_LOADER_DEBUG=error,warn gstds devices shows what the loader says",
        ),
    });
    missing
}

fn loader(system: &System) -> Option<Missing> {
    let why = "libvulkan.so.1 is in no library folder; all drivers are found through it";
    (!system.has_loader())
        .then(|| Missing::new("the Vulkan loader", why, system.install().driver()))
}

/// Drivers that the environment names, or any at all.
fn driver(system: &System) -> Option<Missing> {
    if let Some((variable, files)) = system.listed_drivers() {
        if files.iter().any(|file| !manifests(file).is_empty()) {
            return None;
        }
        let names: Vec<_> = files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        return Some(Missing::new(
            names.join(", "),
            format!("{variable} names it as the only driver, and it is not there"),
            format!(
                "unset {variable}, or let it name the driver of your GPU's vendor or Mesa's, which runs without a GPU too"
            ),
        ));
    }
    system.driver_manifests().is_empty().then(|| {
        Missing::new(
            "a Vulkan driver",
            "no manifest of one is in any vulkan/icd.d; Mesa's runs without a GPU too",
            system.install().driver(),
        )
    })
}

/// A device file that this user may not open.
fn access(system: &System) -> Option<Missing> {
    let nodes = entries(&system.path("dev/dri"));
    let nodes = nodes.into_iter().filter(|node| {
        let name = node.file_name().unwrap_or_default();
        name.to_string_lossy().starts_with("renderD")
    });
    let nvidia = system.path("dev/nvidiactl");
    let mut nodes = nodes.chain(nvidia.exists().then_some(nvidia));
    nodes.find_map(|node| {
        let error = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&node)
            .err()?;
        Some(Missing::new(
            format!("access to {}", node.display()),
            format!("this user cannot open it: {error}"),
            system.install().access(),
        ))
    })
}

/// A GPU on the PCI bus.
struct Gpu {
    vendor: Vendor,
    address: String,
}

impl Gpu {
    /// What it lacks to be found.
    fn missing(&self, system: &System) -> Option<Missing> {
        let name = format!("the {} GPU at {}", self.vendor.name(), self.address);
        if !self.has_device_file(system) {
            return Some(Missing::new(
                format!("a device file of {name}"),
                "its kernel module is not loaded, or this is a container that was not given it",
                system.install().device_file(self.vendor),
            ));
        }
        let what = format!("a Vulkan driver of {name}");
        let is_there = self.is_driven_by(&system.driver_manifests());
        match system.listed_drivers() {
            Some((_, files)) if self.is_driven_by(&files) => return None,
            Some((variable, _)) if is_there => {
                let why = format!("{variable} names other drivers alone");
                return Some(Missing::new(what, why, format!("unset {variable}")));
            }
            None if is_there => return None,
            _ => {}
        }
        let fix = match (self.vendor, system.is_container()) {
            (Vendor::Nvidia, true) => {
                "start the container with --gpus all -e NVIDIA_DRIVER_CAPABILITIES=all".into()
            }
            (vendor, _) => system.install().gpu_driver(vendor),
        };
        Some(Missing::new(
            what,
            "no manifest of one is where the loader looks",
            fix,
        ))
    }

    /// Whether one of these manifests is of its vendor's.
    fn is_driven_by(&self, manifests: &[PathBuf]) -> bool {
        manifests.iter().any(|file| {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let mut starts = self.vendor.manifests().iter();
            starts.any(|start| name.starts_with(start))
        })
    }

    fn has_device_file(&self, system: &System) -> bool {
        let drm = system.path(&format!("sys/bus/pci/devices/{}/drm", self.address));
        let nodes = entries(&drm).into_iter().any(|node| {
            let node = node.file_name().unwrap_or_default().to_owned();
            system.path("dev/dri").join(node).exists()
        });
        nodes || (self.vendor == Vendor::Nvidia && system.path("dev/nvidiactl").exists())
    }
}

/// Display controllers of the vendors whose drivers we know.
fn gpus(system: &System) -> Vec<Gpu> {
    let devices = entries(&system.path("sys/bus/pci/devices"));
    let read = |device: &Path, file: &str| {
        let text = std::fs::read_to_string(device.join(file)).unwrap_or_default();
        text.trim().to_owned()
    };
    let gpu = |device: &PathBuf| {
        let number = read(device, "vendor");
        let vendor = Vendor::ALL.into_iter().find(|it| it.number() == number)?;
        // Classes 0300 to 03ff: VGA, 3D and other display controllers.
        let is_display = read(device, "class").starts_with("0x03");
        let address = device.file_name()?.to_string_lossy().into_owned();
        is_display.then_some(Gpu { vendor, address })
    };
    devices.iter().filter_map(gpu).collect()
}

#[cfg(test)]
mod tests;
