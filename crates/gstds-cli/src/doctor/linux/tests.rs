use super::*;

/// A system with these files and what they hold.
struct Machine(tempfile::TempDir);

impl Machine {
    fn new(files: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(root)
    }

    fn system(&self) -> System {
        System::at(self.0.path(), "linux")
    }

    fn path(&self, below: &str) -> String {
        self.0.path().join(below).display().to_string()
    }
}

const LOADER: (&str, &str) = ("usr/lib/x86_64-linux-gnu/libvulkan.so.1", "");
const LLVMPIPE: (&str, &str) = ("usr/share/vulkan/icd.d/lvp_icd.x86_64.json", "{}");
const APT: (&str, &str) = ("usr/bin/apt-get", "");
const H100: [(&str, &str); 2] = [
    ("sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de\n"),
    ("sys/bus/pci/devices/0000:01:00.0/class", "0x030200\n"),
];

#[track_caller]
fn only(missing: &[Missing], what: &str, why: &str, fix: &str) {
    assert_eq!(missing.len(), 1, "{missing:?}");
    let it = &missing[0];
    assert_eq!(it.what, what);
    assert!(it.why.contains(why), "{it:?}");
    assert!(it.fix.contains(fix), "{it:?}");
}

#[test]
fn a_bare_machine_lacks_loader_and_driver() {
    let machine = Machine::new(&[APT]);
    let missing = missing(&machine.system(), Found::Nothing);
    let whats: Vec<_> = missing.iter().map(|it| it.what.as_str()).collect();
    assert_eq!(whats, ["the Vulkan loader", "a Vulkan driver"]);
    for it in &missing {
        assert!(it.fix.starts_with("sudo apt-get install "), "{it:?}");
    }
}

#[test]
fn a_driver_that_the_environment_names_in_vain_is_named() {
    let machine = Machine::new(&[LOADER, LLVMPIPE]);
    let system = machine.system().with("VK_ICD_FILENAMES", "/none/lvp.json");
    let missing = super::missing(&system, Found::Nothing);
    only(
        &missing,
        "/none/lvp.json",
        "VK_ICD_FILENAMES",
        "unset VK_ICD_FILENAMES",
    );
}

#[test]
fn drivers_that_do_not_start_are_left_to_the_loader_to_explain() {
    let machine = Machine::new(&[LOADER, LLVMPIPE]);
    let missing = missing(&machine.system(), Found::Nothing);
    only(
        &missing,
        "a driver that starts",
        "no driver offers",
        "VK_LOADER_DEBUG",
    );
}

#[test]
fn a_machine_without_a_gpu_needs_nothing_installed() {
    let machine = Machine::new(&[
        LOADER,
        LLVMPIPE,
        ("sys/bus/pci/devices/0000:00:1f.0/vendor", "0x8086\n"),
        ("sys/bus/pci/devices/0000:00:1f.0/class", "0x060100\n"),
    ]);
    let missing = missing(&machine.system(), Found::Software);
    only(&missing, "a GPU", "PCI bus", "nothing to install");
}

#[test]
fn a_gpu_without_its_driver_gets_that_vendor_s() {
    let mut files = vec![LOADER, LLVMPIPE, APT, ("dev/nvidiactl", "")];
    files.extend(H100);
    let missing = missing(&Machine::new(&files).system(), Found::Software);
    let what = "a Vulkan driver of the NVIDIA GPU at 0000:01:00.0";
    only(
        &missing,
        what,
        "no manifest",
        "apt-get install nvidia-driver",
    );

    files.push((".dockerenv", ""));
    let missing = super::missing(&Machine::new(&files).system(), Found::Software);
    only(
        &missing,
        what,
        "no manifest",
        "NVIDIA_DRIVER_CAPABILITIES=all",
    );
}

#[test]
fn a_driver_that_the_environment_leaves_out_is_not_installed_again() {
    let nvidia = ("etc/vulkan/icd.d/nvidia_icd.json", "{}");
    let mut files = vec![LOADER, LLVMPIPE, nvidia, ("dev/nvidiactl", "")];
    files.extend(H100);
    let machine = Machine::new(&files);
    let listed = |file: &str| {
        let system = machine.system().with("VK_DRIVER_FILES", machine.path(file));
        super::missing(&system, Found::Software)
    };
    let what = "a Vulkan driver of the NVIDIA GPU at 0000:01:00.0";
    only(
        &listed(LLVMPIPE.0),
        what,
        "other drivers alone",
        "unset VK_DRIVER_FILES",
    );
    let what = "a driver that starts";
    only(
        &listed(nvidia.0),
        what,
        "no driver offers",
        "VK_LOADER_DEBUG",
    );
}

#[test]
fn a_gpu_without_a_device_file_is_told_from_one_without_a_driver() {
    let mut files = vec![LOADER, LLVMPIPE, (".dockerenv", "")];
    files.extend(H100);
    let missing = missing(&Machine::new(&files).system(), Found::Software);
    let what = "a device file of the NVIDIA GPU at 0000:01:00.0";
    only(&missing, what, "container", "--gpus all");
}

#[test]
fn a_device_file_that_does_not_open_is_named() {
    // A folder in its place opens for nobody, not even for root.
    let machine = Machine::new(&[
        LOADER,
        LLVMPIPE,
        APT,
        ("dev/dri/renderD128/x", ""),
        ("usr/share/vulkan/icd.d/radeon_icd.x86_64.json", "{}"),
        ("sys/bus/pci/devices/0000:03:00.0/vendor", "0x1002\n"),
        ("sys/bus/pci/devices/0000:03:00.0/class", "0x030000\n"),
        (
            "sys/bus/pci/devices/0000:03:00.0/drm/renderD128/dev",
            "226:128\n",
        ),
    ]);
    let missing = missing(&machine.system(), Found::Software);
    let what = format!("access to {}", machine.path("dev/dri/renderD128"));
    only(
        &missing,
        &what,
        "this user cannot open it",
        "usermod -aG render,video",
    );
}
