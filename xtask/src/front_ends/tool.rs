//! A compiler from a package registry, pinned by version and checksum and kept in the target folder.

use std::env::consts::{ARCH, OS};
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{assets, command};

/// A file of an archive, and the program that loads it.
pub(super) struct Tool {
    pub name: &'static str,
    /// What runs the script that loads the file.
    interpreter: &'static str,
    archive: &'static str,
    url: &'static str,
    sha256: &'static str,
    /// The file in the archive.
    member: &'static str,
}

impl Tool {
    /// Dawn's addon for Node.js, from npm's `webgpu`; its null back end needs no GPU.
    pub fn tint() -> Option<Self> {
        Some(Self {
            name: "Tint",
            interpreter: "node",
            archive: "webgpu-0.6.2.tgz",
            url: "https://registry.npmjs.org/webgpu/-/webgpu-0.6.2.tgz",
            sha256: "77a6be6513b9f7c2e94425620ce603efb38cdc5d0393e1b31a1b0c8479330ffd",
            member: match (OS, ARCH) {
                ("linux", "x86_64") => "package/dist/linux-x64/dawn.node",
                ("linux", "aarch64") => "package/dist/linux-arm64/dawn.node",
                ("macos", _) => "package/dist/darwin-universal/dawn.node",
                _ => return None,
            },
        })
    }

    /// The library for Linux in the source archive of PyPI's `compushady`.
    pub fn dxc() -> Option<Self> {
        Some(Self {
            name: "DXC",
            interpreter: "python3",
            archive: "compushady-0.17.5.tar.gz",
            url: concat!(
                "https://files.pythonhosted.org/packages/da/2f/",
                "e84188f13e07c444fa8593e6980b9db85c0aea3fde699f509d11bd7ca6c7/",
                "compushady-0.17.5.tar.gz"
            ),
            sha256: "5052caf9e955d8e7a48e22f536e82b44b72e83af46e824a9e99157c7809de691",
            member: match (OS, ARCH) {
                ("linux", "x86_64") => {
                    "compushady-0.17.5/compushady/backends/libdxcompiler_x86_64.so.3.7"
                }
                ("linux", "aarch64") => {
                    "compushady-0.17.5/compushady/backends/libdxcompiler_aarch64.so.3.7"
                }
                _ => return None,
            },
        })
    }

    /// Whether its file and its interpreter are there.
    pub fn is_installed(&self) -> bool {
        self.file().is_file() && command::answers(self.interpreter, &["--version"])
    }

    /// Downloads it where it is not there yet.
    pub fn install(&self) -> Result<()> {
        let file = self.file();
        if file.is_file() {
            return Ok(());
        }
        println!("Downloading {}: {}", self.name, self.url);
        let folder = folder();
        fs::create_dir_all(&folder)?;
        let archive = folder.join(self.archive);
        let curl = [
            "--fail",
            "--silent",
            "--show-error",
            "--location",
            "--output",
        ];
        command::run(
            command::program("curl")
                .args(curl)
                .arg(&archive)
                .arg(self.url),
        )
        .context("curl is needed")?;
        assets::check(self.archive, &fs::read(&archive)?, self.sha256)?;
        // Complete under its name, or not there.
        let partial = file.with_extension("part");
        let mut tar = command::program("tar");
        tar.args(["--extract", "--gzip", "--to-stdout", "--file"]);
        tar.arg(&archive).arg(self.member);
        command::run(tar.stdout(File::create(&partial)?))?;
        fs::rename(&partial, &file)?;
        fs::remove_file(&archive)?;
        Ok(())
    }

    /// A script beside this file, started with the file as its first argument.
    pub fn command(&self, script: &str) -> Command {
        let scripts = command::root().join("xtask/src/front_ends");
        let mut command = command::program(self.interpreter);
        command.arg(scripts.join(script)).arg(self.file());
        command
    }

    fn file(&self) -> PathBuf {
        let name = self.member.rsplit('/').next().unwrap_or(self.member);
        folder().join(format!("{}-{name}", self.archive))
    }
}

fn folder() -> PathBuf {
    command::root().join("target/front-ends")
}
