//! The kernels under SwiftShader, a second Vulkan implementation that runs on the CPU: subgroups of
//! four lanes where Mesa has eight, its own compiler and its own rounding. Chromium brings it.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::command;
use crate::left_out::leave_out;

/// Folders that Chromium's packages install it to.
const FOLDERS: [&str; 3] = [
    "/usr/lib/chromium",
    "/usr/lib64/chromium-browser",
    "/usr/lib/chromium-browser",
];
const MANIFEST: &str = "vk_swiftshader_icd.json";

/// Tests of the kernel crate that together take every path.
const TESTS: [&str; 7] = [
    "fixtures",
    "graph_batch",
    "spectrum",
    "sparse",
    "low_rank_kernels",
    "neighbours",
    "faults",
];

/// The driver's manifest, where it is installed.
fn manifest(folders: &[impl AsRef<Path>]) -> Option<PathBuf> {
    let manifests = folders.iter().map(|folder| folder.as_ref().join(MANIFEST));
    manifests.into_iter().find(|path| path.is_file())
}

/// Runs the tests with this driver alone.
pub(crate) fn kernel_tests() -> Result<()> {
    let Some(manifest) = manifest(&FOLDERS) else {
        return leave_out(
            "swiftshader",
            "SwiftShader is not installed, so its check is left out (Debian: chromium)",
        );
    };
    tests_on(&manifest, None, &[])
}

/// Runs the tests, and more of them, with the driver of a manifest alone, its libraries in a folder
/// of their own if they are in one.
pub(crate) fn tests_on(manifest: &Path, libraries: Option<&Path>, more: &[&str]) -> Result<()> {
    // Built with the benchmarks, as the tests before.
    let mut tests = command::cargo(["test", "--release"]);
    tests.args(["--package", "gstds", "--package", "gstds-bench"]);
    let names = TESTS.iter().chain(more);
    tests.args(names.flat_map(|name| ["--test", *name]));
    // The second name is that of older loaders.
    for variable in ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"] {
        tests.env(variable, manifest);
    }
    if let Some(folder) = libraries {
        tests.env("LD_LIBRARY_PATH", folder);
    }
    command::run(&mut tests)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_is_found_where_it_is() {
        let folder = command::root().join("target/swiftshader-test");
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join(MANIFEST);
        let _ = std::fs::remove_file(&file);
        let none = command::root().join("target/no-such-folder");
        assert_eq!(manifest(&[&none, &folder]), None);
        std::fs::write(&file, "{}").unwrap();
        assert_eq!(manifest(&[&none, &folder]), Some(file));
    }

    #[test]
    fn the_tests_are_there() {
        for name in TESTS {
            let file = command::root().join(format!("tests/{name}.rs"));
            assert!(file.is_file(), "{}", file.display());
        }
    }
}
