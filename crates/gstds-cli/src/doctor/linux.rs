//! Why Linux shows no GPU: loader, drivers, device files, and the GPUs on its bus.

use std::fs::OpenOptions;
use std::path::PathBuf;

use super::vulkan::{Need, entries, manifests};
use super::{Found, Missing, System};

/// A GPU vendor, with its drivers and device files.
struct Vendor {
    name: &'static str,
    /// Its number on the PCI bus.
    number: &'static str,
    /// How the names of its Vulkan drivers' manifests begin.
    manifests: [&'static str; 2],
    driver: Need,
    module: &'static str,
    /// What lets a container use it.
    flag: &'static str,
}

const VENDORS: [Vendor; 3] = [
    Vendor {
        name: "NVIDIA",
        number: "0x10de",
        manifests: ["nvidia", "nouveau"],
        driver: Need::Nvidia,
        module: "nvidia",
        flag: "--gpus all -e NVIDIA_DRIVER_CAPABILITIES=all",
    },
    Vendor {
        name: "AMD",
        number: "0x1002",
        manifests: ["radeon", "amd"],
        driver: Need::Amd,
        module: "amdgpu",
        flag: "--device /dev/dri",
    },
    Vendor {
        name: "Intel",
        number: "0x8086",
        manifests: ["intel"; 2],
        driver: Need::Intel,
        module: "i915",
        flag: "--device /dev/dri",
    },
];

/// What is missing where there is no adapter, or only a software one.
pub(super) fn missing(system: &System, found: Found) -> Vec<Missing> {
    let gpus = gpus(system);
    let mut missing = vec![];
    if found == Found::Nothing {
        missing.extend(loader(system));
        missing.extend(driver(system));
    }
    missing.extend(access(system));
    missing.extend(
        gpus.iter()
            .filter_map(|(vendor, address)| gpu(system, vendor, address)),
    );
    if missing.is_empty() {
        missing.push(if found == Found::Software && gpus.is_empty() {
            Missing::new(
                "a GPU",
                "none of NVIDIA, AMD or Intel is on this machine's PCI bus",
                "nothing to install; everything also runs on the software adapter, slower",
            )
        } else {
            Missing::new(
                "a driver that starts",
                "loader, drivers and device files are there, and no driver offers a GPU",
                "VK_LOADER_DEBUG=error,warn gstds devices shows the loader's messages",
            )
        });
    }
    missing
}

fn loader(system: &System) -> Option<Missing> {
    let why = "libvulkan.so.1 is in no library folder; all drivers are found through it";
    (!system.has_loader())
        .then(|| Missing::new("the Vulkan loader", why, system.install(Need::Driver)))
}

/// Drivers that the environment names, or any at all.
fn driver(system: &System) -> Option<Missing> {
    let Some((variable, files)) = system.only_drivers() else {
        let why = "no manifest of one is in any vulkan/icd.d; Mesa's runs without a GPU too";
        return system
            .drivers()
            .is_empty()
            .then(|| Missing::new("a Vulkan driver", why, system.install(Need::Driver)));
    };
    let names = files.iter().map(|file| file.display().to_string());
    files
        .iter()
        .all(|file| manifests(file).is_empty())
        .then(|| {
            Missing::new(
                names.collect::<Vec<_>>().join(", "),
                format!("{variable} names it as the only driver, and it does not exist"),
                format!(
                    "unset {variable}, or set it to the driver of your GPU's vendor or to Mesa's, \
                 which runs without a GPU too"
                ),
            )
        })
}

/// A device file that this user may not open.
fn access(system: &System) -> Option<Missing> {
    let mut nodes = entries(&system.path("dev/dri"));
    nodes.retain(|node| starts(node, "renderD"));
    nodes.extend(Some(system.path("dev/nvidiactl")).filter(|node| node.exists()));
    let fix = match system.manager() {
        "apk" => "sudo addgroup $USER video, then log in again",
        "nix" => {
            "add \"render\" and \"video\" to this user's extraGroups in \
             /etc/nixos/configuration.nix, then sudo nixos-rebuild switch and log in again"
        }
        _ => "sudo usermod -aG render,video $USER, then log in again",
    };
    nodes.iter().find_map(|node| {
        let opened = OpenOptions::new().read(true).write(true).open(node);
        let why = format!("this user cannot open it: {}", opened.err()?);
        Some(Missing::new(
            format!("access to {}", node.display()),
            why,
            fix,
        ))
    })
}

/// What the GPU at this address lacks to be found.
fn gpu(system: &System, vendor: &Vendor, address: &str) -> Option<Missing> {
    let name = format!("the {} GPU at {address}", vendor.name);
    let nodes = entries(&system.path(&format!("sys/bus/pci/devices/{address}/drm")));
    let mut nodes = nodes.iter().filter_map(|node| node.file_name());
    let nvidia = vendor.driver == Need::Nvidia && system.path("dev/nvidiactl").exists();
    if !nvidia && !nodes.any(|node| system.path("dev/dri").join(node).exists()) {
        return Some(Missing::new(
            format!("a device file of {name}"),
            "its kernel module is not loaded, or this container has no access to it",
            format!(
                "sudo modprobe {}, or start the container with {}",
                vendor.module, vendor.flag
            ),
        ));
    }
    let is_its = |file: &PathBuf| vendor.manifests.iter().any(|start| starts(file, start));
    let is_installed = system.drivers().iter().any(is_its);
    let what = format!("a Vulkan driver of {name}");
    match system.only_drivers() {
        Some((_, files)) if files.iter().any(is_its) => return None,
        Some((variable, _)) if is_installed => {
            let why = format!("{variable} names other drivers alone");
            return Some(Missing::new(what, why, format!("unset {variable}")));
        }
        None if is_installed => return None,
        _ => {}
    }
    let containers = [".dockerenv", "run/.containerenv"];
    let is_container = containers.iter().any(|file| system.path(file).exists());
    let fix = if is_container && vendor.driver == Need::Nvidia {
        format!("start the container with {}", vendor.flag)
    } else {
        system.install(vendor.driver)
    };
    Some(Missing::new(
        what,
        "no manifest of one is where the loader looks",
        fix,
    ))
}

/// Display controllers of the vendors whose drivers we know, and their addresses.
fn gpus(system: &System) -> Vec<(&'static Vendor, String)> {
    let gpu = |device: &PathBuf| {
        let read = |file| std::fs::read_to_string(device.join(file)).unwrap_or_default();
        let vendor = VENDORS
            .iter()
            .find(|it| read("vendor").trim() == it.number)?;
        let address = device.file_name()?.to_string_lossy().into_owned();
        // Classes 0300 to 03ff: VGA, 3D and other display controllers.
        read("class")
            .starts_with("0x03")
            .then_some((vendor, address))
    };
    let devices = entries(&system.path("sys/bus/pci/devices"));
    devices.iter().filter_map(gpu).collect()
}

fn starts(file: &std::path::Path, with: &str) -> bool {
    file.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with(with))
}
