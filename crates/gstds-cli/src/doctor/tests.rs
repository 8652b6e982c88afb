use std::collections::HashMap;

use super::vulkan::packages;
use super::*;

/// A system with these files, `path=text`, and these variables; `ROOT` in a value is its root.
fn system(
    root: &tempfile::TempDir,
    os: &'static str,
    files: &[&str],
    set: &[(&str, &str)],
) -> System {
    for file in files {
        let (path, text) = file.split_once('=').unwrap_or((file, "{}"));
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let root = root.path().to_str().unwrap();
    let set = set
        .iter()
        .map(|(name, value)| (name.to_string(), value.replace("ROOT", root)));
    let set: HashMap<_, _> = set.collect();
    System {
        root: root.into(),
        os,
        variables: Box::new(move |name| set.get(name).map(Into::into)),
    }
}

const LOADER: &str = "usr/lib/x86_64-linux-gnu/libvulkan.so.1";
const LLVMPIPE: &str = "usr/share/vulkan/icd.d/lvp_icd.x86_64.json";
const APT: &str = "usr/bin/apt-get";
const NVIDIA: &str = "etc/vulkan/icd.d/nvidia_icd.json";
const H100: [&str; 2] = [
    "sys/bus/pci/devices/0000:01:00.0/vendor=0x10de\n",
    "sys/bus/pci/devices/0000:01:00.0/class=0x030200\n",
];

/// Files, a variable, the adapters found, and of each thing missing: what, parts of why and fix.
type Case<'a> = (&'a [&'a str], (&'a str, &'a str), Found, &'a [[&'a str; 3]]);

/// What is missing with these files, the variable set, and a software adapter or none found.
#[rustfmt::skip]
#[test]
fn linux_lacks_what_its_files_show() {
    use Found::{Nothing, Software};
    let no = ("", "");
    let driver = "a Vulkan driver of the NVIDIA GPU at 0000:01:00.0";
    let node = "a device file of the NVIDIA GPU at 0000:01:00.0";
    let h100 = &[LOADER, LLVMPIPE, APT, H100[0], H100[1], "dev/nvidiactl"][..];
    let contained = &[h100, &[".dockerenv"]].concat()[..];
    let driven = &[h100, &[NVIDIA]].concat()[..];
    let listed = |value| ("VK_DRIVER_FILES", value);
    let mesa = "sudo apt-get install mesa-vulkan-drivers libvulkan1";
    let cases: [Case<'_>; 11] = [
        // A bare machine.
        (&[APT], no, Nothing,
         &[["the Vulkan loader", "", mesa], ["a Vulkan driver", "", mesa]]),
        // A driver that the environment names and that does not exist.
        (&[LOADER, LLVMPIPE], ("VK_ICD_FILENAMES", "/none/a.json:b.json"), Nothing,
         &[["/none/a.json, b.json", "VK_ICD_FILENAMES", "unset VK_ICD_FILENAMES"]]),
        // Drivers that do not start.
        (&[LOADER, LLVMPIPE], no, Nothing,
         &[["a driver that starts", "no driver offers", "VK_LOADER_DEBUG"]]),
        // A machine without a GPU: the device is not a display controller.
        (&[LOADER, LLVMPIPE, "sys/bus/pci/devices/0000:00:1f.0/vendor=0x8086\n",
           "sys/bus/pci/devices/0000:00:1f.0/class=0x060100\n"], no, Software,
         &[["a GPU", "PCI bus", "nothing to install"]]),
        // A GPU without its vendor's driver, in a container too.
        (h100, no, Software, &[[driver, "no manifest", "apt-get install nvidia-driver"]]),
        (contained, no, Software, &[[driver, "no manifest", "NVIDIA_DRIVER_CAPABILITIES=all"]]),
        // A driver that the environment leaves out, and one that it names.
        (driven, listed("ROOT/usr/share/vulkan/icd.d/lvp_icd.x86_64.json"), Software,
         &[[driver, "other drivers alone", "unset VK_DRIVER_FILES"]]),
        (driven, listed("ROOT/etc/vulkan/icd.d/nvidia_icd.json"), Software,
         &[["a driver that starts", "no driver offers", "VK_LOADER_DEBUG"]]),
        // A GPU without a device file.
        (&[LOADER, LLVMPIPE, ".dockerenv", H100[0], H100[1]], no, Software,
         &[[node, "container", "--gpus all"]]),
        // A device file that does not open: a folder in its place cannot be opened, even by root.
        (&[LOADER, LLVMPIPE, APT, "dev/dri/renderD128/x",
           "usr/share/vulkan/icd.d/radeon_icd.x86_64.json",
           "sys/bus/pci/devices/0000:03:00.0/vendor=0x1002\n",
           "sys/bus/pci/devices/0000:03:00.0/class=0x030000\n",
           "sys/bus/pci/devices/0000:03:00.0/drm/renderD128/dev=226:128\n"], no, Software,
         &[["ROOT/dev/dri/renderD128", "this user cannot open it", "usermod -aG render,video"]]),
        // The newer of two lists of drivers counts; an empty one does not.
        (&[LOADER], ("VK_DRIVER_FILES", "c.json"), Nothing,
         &[["c.json", "VK_DRIVER_FILES", "unset VK_DRIVER_FILES"]]),
    ];
    for (files, set, found, expected) in cases {
        let root = tempfile::tempdir().unwrap();
        let older = ("VK_ICD_FILENAMES", "older.json");
        // Where the newer variable is not set, it is empty.
        let other = if set.0 == "VK_DRIVER_FILES" { older } else { ("VK_DRIVER_FILES", "") };
        let set = [other, set];
        let missing = missing(&system(&root, "linux", files, &set), found, NATIVE);
        assert_eq!(missing.len(), expected.len(), "{missing:?}");
        for (it, [what, why, fix]) in missing.iter().zip(expected) {
            let what = what.replace("ROOT", root.path().to_str().unwrap());
            assert!(it.what.trim_start_matches("access to ") == what, "{it:?}");
            assert!(it.why.contains(why) && it.fix.contains(fix), "{it:?}");
        }
    }
}

#[test]
fn the_package_manager_that_is_there_is_named() {
    let cases = [
        (APT, "sudo apt-get install mesa-vulkan-drivers"),
        ("usr/bin/dnf", "sudo dnf install mesa-vulkan-drivers"),
        ("usr/bin/pacman", "sudo pacman -S vulkan-swrast"),
        ("usr/bin/zypper", "sudo zypper install libvulkan_lvp"),
        ("sbin/apk", "sudo apk add mesa-vulkan-swrast"),
        ("etc/NIXOS", "nixos-rebuild switch"),
        ("etc/motd", "https://docs.mesa3d.org"),
    ];
    for (file, command) in cases {
        let root = tempfile::tempdir().unwrap();
        let system = system(&root, "linux", &[file], &[]);
        let fix = system.install(Need::Driver);
        assert!(fix.contains(command), "{file}: {fix}");
        let nvidia = system.install(Need::Nvidia);
        assert_eq!(
            nvidia.contains("https"),
            nvidia.starts_with("install"),
            "{nvidia}"
        );
    }
    assert_eq!(packages("pacman", Need::Amd).2, "vulkan-radeon");
    assert_eq!(packages("dnf", Need::Intel), packages("dnf", Need::Driver));
}

#[test]
fn other_systems_and_backends_get_advice() {
    let root = tempfile::tempdir().unwrap();
    let fix = |os, backends| {
        missing(&system(&root, os, &[], &[]), Found::Nothing, backends)
            .remove(0)
            .fix
    };
    assert!(fix("macos", NATIVE).contains("softwareupdate"));
    assert!(fix("windows", NATIVE).contains("driver"));
    assert!(fix("freebsd", NATIVE).contains("driver"));
    assert!(fix("linux", wgpu::Backends::METAL).contains("--backend vulkan"));
}

#[test]
fn a_validation_layer_is_missed_only_where_it_was_asked_for() {
    let root = tempfile::tempdir().unwrap();
    let missed = |files: &[&str], value| {
        let system = system(&root, "linux", files, &[("WGPU_VALIDATION", value)]);
        missing(&system, Found::Gpu, NATIVE)
    };
    let asked = missed(&[], "1");
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].what, "the validation layer");
    assert!(asked[0].why.contains("WGPU_VALIDATION"));
    assert_eq!([missed(&[], "0"), missed(&[], "")], [[], []]);
    let layer =
        r#"usr/share/vulkan/explicit_layer.d/L.json={"name": "VK_LAYER_KHRONOS_validation"}"#;
    assert_eq!(missed(&[layer], "1"), []);
}

#[test]
fn loader_and_drivers_are_found_wherever_they_may_lie() {
    let bare = tempfile::tempdir().unwrap();
    assert!(!system(&bare, "linux", &[], &[]).has_loader());
    let cache = "etc/ld.so.cache=glibc-ld.so.cache\0libvulkan.so.1\0/opt/lib/libvulkan.so.1\0";
    for file in [
        LOADER,
        "usr/lib64/libvulkan.so.1",
        "lib/libvulkan.so.1",
        cache,
    ] {
        let root = tempfile::tempdir().unwrap();
        assert!(system(&root, "linux", &[file], &[]).has_loader(), "{file}");
    }
    let set = [
        ("LD_LIBRARY_PATH", "/none:ROOT/opt"),
        ("XDG_DATA_DIRS", "ROOT/share"),
    ];
    let manifest = "share/vulkan/icd.d/lvp.json";
    let files = ["opt/libvulkan.so.1", manifest, "share/vulkan/icd.d/README"];
    assert_eq!(
        system(&bare, "linux", &files, &[]).drivers(),
        [""; 0].map(std::path::PathBuf::from)
    );
    let system = system(&bare, "linux", &files, &set);
    assert!(system.has_loader());
    assert_eq!(system.drivers(), [bare.path().join(manifest)]);
}
