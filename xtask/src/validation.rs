//! Tests under Khronos' validation layer, which must announce itself and then be silent.

use std::process::Command;

use anyhow::{Result, bail};

use crate::command::{self, KERNEL, REST};
use crate::left_out::leave_out;
use crate::system::{LAYER, System};
use crate::wheel;

/// Tests of the kernel crate that together take every path, each with its kernels' variations;
/// unit tests, which run the kernels of the ranking, are added. The others exceed the layer's
/// limits on purpose, have nothing for it to check, or are [`SYNCHRONISED`].
const LAYERED: [&str; 12] = [
    "fixtures",
    "degenerate",
    "contract",
    "low_rank",
    "neighbours",
    "fused",
    "graph_batch",
    "sparse",
    "spectrum",
    "storage",
    "large",
    "subgroup",
];

/// Tests that together take every path, and the steps that a software adapter takes only if asked.
const SYNCHRONISED: [&str; 6] = [
    "fixtures",
    "graph_batch",
    "spectrum",
    "sparse",
    "low_rank",
    "delayed",
];

/// Of these, the ones that end in minutes where every shader is instrumented.
const INSTRUMENTED: [&str; 5] = ["fixtures", "graph_batch", "spectrum", "sparse", "low_rank"];

/// Settings of the layer.
const SETTINGS: &str = "vk_layer_settings.txt";
/// The same, with its checks of synchronisation.
const SYNCHRONISATION: &str = "vk_layer_synchronisation.txt";
/// The same, with shaders instrumented to report accesses outside their buffers.
const GPU_ASSISTED: &str = "vk_layer_gpu_assisted.txt";

/// All tests of the kernel crate and of its benchmarks, those in [`LAYERED`] under the layer where
/// it is installed.
pub(crate) fn kernel_tests() -> Result<()> {
    let test = || command::cargo(["test"].into_iter().chain(KERNEL));
    if !System::here().has_validation_layer() {
        without_layer("kernels are tested without it (Debian: vulkan-validationlayers)")?;
        return command::run(&mut test());
    }
    let mut layered = test();
    layered.arg("--lib").args(each_test(&LAYERED));
    under_the_layer(layered, LAYERED.len() + 1, SETTINGS)?;
    let tests = LAYERED.join(", ");
    println!("{LAYER} reports nothing for the unit tests, {tests}");
    let others = others()?;
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    let mut rest = test();
    rest.arg("--examples").args(each_test(&others));
    command::run(&mut rest)?;
    command::run(test().arg("--doc"))
}

/// Says what follows from the layer not being installed.
fn without_layer(then: &str) -> Result<()> {
    leave_out(
        "validation",
        &format!("{LAYER} is not installed, so {then}"),
    )
}

/// Hazards between dispatches, copies and read-backs, in tests that take every path.
pub(crate) fn synchronisation() -> Result<()> {
    with_more_checks(&SYNCHRONISED, SYNCHRONISATION)
}

/// Accesses outside buffers, as the shaders themselves see them.
pub(crate) fn gpu_assisted() -> Result<()> {
    with_more_checks(&INSTRUMENTED, GPU_ASSISTED)
}

fn with_more_checks(tests: &[&str], settings: &str) -> Result<()> {
    if !System::here().has_validation_layer() {
        return without_layer("this check is left out");
    }
    let mut test = command::cargo(["test"].into_iter().chain(KERNEL));
    test.args(each_test(tests));
    under_the_layer(test, tests.len(), settings)
}

/// The images' kernel under the layer, where that is installed.
pub(crate) fn images() -> Result<()> {
    if !System::here().has_validation_layer() {
        return without_layer("this check is left out");
    }
    // The same packages as in the tests before, or Burn is compiled once more.
    let mut images = command::cargo(["test"].into_iter().chain(REST));
    images.args(["--lib", "images::"]);
    wheel::lend_python(&mut images)?;
    under_the_layer(images, 1, SETTINGS)
}

fn each_test<'a>(names: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    names.iter().flat_map(|name| ["--test", *name])
}

/// The test programs of both crates that are not [`LAYERED`].
fn others() -> Result<Vec<String>> {
    let mut names = Vec::new();
    let [kernels, benches] = ["tests", "benches/tests"].map(|folder| command::root().join(folder));
    for entry in std::fs::read_dir(kernels)?.chain(std::fs::read_dir(benches)?) {
        let path = entry?.path();
        let name = path.file_stem().and_then(|stem| stem.to_str());
        let is_program = path.extension().is_some_and(|extension| extension == "rs");
        names.extend(
            name.filter(|name| is_program && !LAYERED.contains(name))
                .map(str::to_owned),
        );
    }
    names.sort();
    Ok(names)
}

/// Runs `programs` test programs under the layer, with settings from the folder of this crate.
fn under_the_layer(mut test: Command, programs: usize, settings: &str) -> Result<()> {
    let settings = command::root().join("xtask").join(settings);
    test.args(["--", "--nocapture"])
        .env("VK_INSTANCE_LAYERS", LAYER)
        .env("VK_LAYER_SETTINGS_PATH", settings);
    check_layer_output(&command::output(&mut test)?, programs)
}

/// Checks the layer's output for `programs` programs: it was active, and did not complain.
fn check_layer_output(output: &str, programs: usize) -> Result<()> {
    let active = output.matches("Khronos Validation Layer Active").count();
    if active < programs {
        bail!("the validation layer announced itself {active} times in {programs} programs");
    }
    let complaint = |line: &&str| line.contains("VUID-") || line.contains("Validation Error");
    let complaints = output.lines().filter(complaint);
    let complaints: Vec<_> = complaints.filter(|line| !is_of_naga(line)).collect();
    match complaints.first() {
        None => Ok(()),
        Some(first) => bail!(
            "{} complaints of the validation layer, the first: {first}",
            complaints.len()
        ),
    }
}

/// naga gives arrays in workgroup memory a stride, which newer layers refuse:
/// <https://github.com/gfx-rs/wgpu/issues/7696>.
fn is_of_naga(line: &str) -> bool {
    line.contains("VUID-StandaloneSpirv-None-10684")
        && line.matches("VUID-").count() == line.matches("VUID-StandaloneSpirv-None-10684").count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layer_must_be_heard_in_every_program_and_not_complain() {
        let active = "x(INFO / SPEC): msgNum: 1 | Khronos Validation Layer Active:\n";
        let two = active.repeat(2);
        assert!(check_layer_output(&two, 2).is_ok());
        assert!(check_layer_output(active, 2).is_err());
        for line in [
            "VUID-vkCmdDispatch-None-02697(ERROR / SPEC): msgNum: 2",
            "Validation Error: [ SYNC-HAZARD-WRITE_AFTER_READ ]",
        ] {
            let message = check_layer_output(&format!("{two}{line}\n"), 2)
                .unwrap_err()
                .to_string();
            assert!(message.ends_with(line), "{message}");
        }
        let of_naga = "Validation Error: [ VUID-StandaloneSpirv-None-10684 ] | MessageID = 0x1";
        assert!(check_layer_output(&format!("{two}{of_naga}\n"), 2).is_ok());
        assert!(
            check_layer_output(
                &format!("{two}{of_naga}, VUID-vkCmdDispatch-None-02697\n"),
                2
            )
            .is_err()
        );
    }

    #[test]
    fn every_test_program_runs_with_the_layer_or_without() {
        let others = others().unwrap();
        assert!(others.contains(&"no_host_wait".to_owned()));
        assert!(others.contains(&"bench".to_owned()));
        for layered in LAYERED {
            let path = command::root().join(format!("tests/{layered}.rs"));
            assert!(path.exists(), "{layered}");
            assert!(!others.contains(&layered.to_owned()));
        }
    }
}
