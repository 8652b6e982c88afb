//! The command that installs something, on the systems whose commands we know.

use std::path::Path;

use super::linux::Vendor;

/// How packages come to this system.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Install {
    Apt,
    Dnf,
    Pacman,
    Zypper,
    Apk,
    Nix,
    MacOs,
    Windows,
    Unknown,
}

impl Install {
    /// The way of an operating system whose files lie below `root`.
    pub(super) fn on(os: &str, root: &Path) -> Self {
        let managers = [
            // First: it may have the others' tools too.
            ("etc/NIXOS", Self::Nix),
            ("usr/bin/apt-get", Self::Apt),
            ("usr/bin/dnf", Self::Dnf),
            ("usr/bin/pacman", Self::Pacman),
            ("usr/bin/zypper", Self::Zypper),
            ("sbin/apk", Self::Apk),
        ];
        match os {
            "linux" => {
                let found = managers.iter().find(|(file, _)| root.join(file).exists());
                found.map_or(Self::Unknown, |&(_, manager)| manager)
            }
            "macos" => Self::MacOs,
            "windows" => Self::Windows,
            _ => Self::Unknown,
        }
    }

    /// The Vulkan loader, and Mesa's driver, which runs without a GPU too; drivers for all vendors
    /// but NVIDIA come with it where packages are not one a driver.
    pub(super) fn driver(self) -> String {
        match self {
            Self::Apt => "sudo apt-get install mesa-vulkan-drivers libvulkan1",
            Self::Dnf => "sudo dnf install mesa-vulkan-drivers vulkan-loader",
            Self::Pacman => "sudo pacman -S vulkan-swrast vulkan-icd-loader",
            Self::Zypper => "sudo zypper install libvulkan_lvp libvulkan1",
            Self::Apk => "sudo apk add mesa-vulkan-swrast vulkan-loader",
            Self::Nix => {
                "set hardware.graphics.enable = true; in /etc/nixos/configuration.nix, then sudo nixos-rebuild switch"
            }
            Self::MacOs => "softwareupdate --install --all; macOS brings its GPU drivers itself",
            Self::Windows => "install the driver of your GPU's vendor, or Windows Update's",
            Self::Unknown => {
                "install your GPU vendor's Vulkan driver or Mesa's, and the Vulkan loader: https://docs.mesa3d.org"
            }
        }
        .into()
    }

    /// A vendor's own Vulkan driver.
    pub(super) fn gpu_driver(self, vendor: Vendor) -> String {
        use Vendor::{Amd, Intel, Nvidia};
        match (self, vendor) {
            (Self::Apt, Nvidia) => {
                "sudo apt-get install nvidia-driver (Ubuntu: sudo ubuntu-drivers install)"
            }
            (Self::Dnf, Nvidia) => "sudo dnf install akmod-nvidia, from RPM Fusion",
            (Self::Pacman, Nvidia) => "sudo pacman -S nvidia-utils",
            (Self::Pacman, Amd) => "sudo pacman -S vulkan-radeon",
            (Self::Pacman, Intel) => "sudo pacman -S vulkan-intel",
            (Self::Zypper, Amd) => "sudo zypper install libvulkan_radeon",
            (Self::Zypper, Intel) => "sudo zypper install libvulkan_intel",
            (Self::Apk, Amd) => "sudo apk add mesa-vulkan-ati",
            (Self::Apk, Intel) => "sudo apk add mesa-vulkan-intel",
            (Self::Nix, Nvidia) => {
                "set services.xserver.videoDrivers = [ \"nvidia\" ]; in /etc/nixos/configuration.nix, then sudo nixos-rebuild switch"
            }
            (_, Nvidia) => "install NVIDIA's driver: https://www.nvidia.com/drivers",
            (_, Amd | Intel) => return self.driver(),
        }
        .into()
    }

    /// A device file: of the kernel's, or let into a container.
    pub(super) fn device_file(self, vendor: Vendor) -> String {
        let (module, flag) = match vendor {
            Vendor::Nvidia => ("nvidia", "--gpus all -e NVIDIA_DRIVER_CAPABILITIES=all"),
            Vendor::Amd => ("amdgpu", "--device /dev/dri"),
            Vendor::Intel => ("i915", "--device /dev/dri"),
        };
        format!("sudo modprobe {module}, or start the container with {flag}")
    }

    /// The right to open the GPU's device files.
    pub(super) fn access(self) -> String {
        match self {
            Self::Apk => "sudo addgroup $USER video, then log in again",
            Self::Nix => {
                "add \"render\" and \"video\" to this user's extraGroups in /etc/nixos/configuration.nix, then sudo nixos-rebuild switch and log in again"
            }
            _ => "sudo usermod -aG render,video $USER, then log in again",
        }
        .into()
    }

    /// What validates.
    pub(super) fn validation_layer(self) -> String {
        match self {
            Self::Apt => "sudo apt-get install vulkan-validationlayers",
            Self::Dnf => "sudo dnf install vulkan-validation-layers",
            Self::Pacman => "sudo pacman -S vulkan-validation-layers",
            Self::Zypper => "sudo zypper install vulkan-validationlayers",
            Self::Apk => "sudo apk add vulkan-validation-layers",
            Self::Nix => {
                "export VK_LAYER_PATH=$(nix-build '<nixpkgs>' --no-out-link -A vulkan-validation-layers)/share/vulkan/explicit_layer.d"
            }
            Self::Windows => {
                "DISM /Online /Add-Capability /CapabilityName:Tools.Graphics.DirectX~~~~0.0.1.0"
            }
            Self::MacOs | Self::Unknown => {
                "install Khronos' validation layer: https://vulkan.lunarg.com/sdk/home"
            }
        }
        .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(file: &str) -> Install {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
        Install::on("linux", root.path())
    }

    #[test]
    fn the_package_manager_that_is_there_is_named() {
        let cases = [
            (
                "usr/bin/apt-get",
                "sudo apt-get install mesa-vulkan-drivers",
            ),
            ("usr/bin/dnf", "sudo dnf install mesa-vulkan-drivers"),
            ("usr/bin/pacman", "sudo pacman -S vulkan-swrast"),
            ("usr/bin/zypper", "sudo zypper install libvulkan_lvp"),
            ("sbin/apk", "sudo apk add mesa-vulkan-swrast"),
            ("etc/NIXOS", "nixos-rebuild switch"),
            ("etc/motd", "https://docs.mesa3d.org"),
        ];
        for (file, command) in cases {
            assert!(on(file).driver().contains(command), "{file}");
        }
        assert!(
            on("usr/bin/pacman")
                .gpu_driver(Vendor::Amd)
                .ends_with("vulkan-radeon")
        );
        let mesa = on("usr/bin/dnf");
        assert_eq!(mesa.gpu_driver(Vendor::Intel), mesa.driver());
    }
}
