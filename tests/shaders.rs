//! Every kernel, for every value of its override constants, translates to the languages of
//! Vulkan, Metal and DX12, without capabilities beyond WebGPU's.

#[path = "shaders/permutations.rs"]
mod permutations;

use naga::back;
use permutations::{SHADERS, permutations};
use std::{io::Write, process::Command};

#[test]
fn there_are_kernels_to_translate() {
    assert!(SHADERS.len() >= 12, "{}", SHADERS.len());
    assert!(permutations().len() >= 40);
}

#[test]
fn spirv() {
    let validates = Command::new("spirv-val").arg("--version").output().is_ok();
    if !validates {
        let required = std::env::var("GSTDS_REQUIRE_TOOLS").unwrap_or_default();
        assert!(!required.contains("spirv-val"), "spirv-val is missing");
        eprintln!("spirv-val is not installed (Debian: spirv-tools): translated, not validated");
    }
    let mut last = Vec::new();
    for permutation in permutations() {
        let options = back::spv::Options {
            lang_version: (1, 3),
            ..Default::default()
        };
        let words = back::spv::write_vec(&permutation.module, &permutation.info, &options, None)
            .unwrap_or_else(|e| panic!("{}: {e}", permutation.name()));
        if validates {
            assert_valid(&permutation.name(), &words);
        }
        last = words;
    }
    // Without its end a module is refused in either form.
    last.pop();
    assert!(!validates || complaint(&last).is_some());
    assert!(!validates || complaint(&with_workgroup_layout(&last)).is_some());
}

/// Validates, but for one rule: naga gives arrays in workgroup memory a stride, which newer versions
/// of spirv-val refuse (VUID-StandaloneSpirv-None-10684, <https://github.com/gfx-rs/wgpu/issues/7696>).
fn assert_valid(name: &str, words: &[u32]) {
    let Some(said) = complaint(words) else {
        return;
    };
    let of_naga = said.contains("[VUID-StandaloneSpirv-None-10684]") && said.contains("Workgroup");
    assert!(of_naga, "{name}: {said}");
    // spirv-val stops at the first complaint: the other rules hold where an extension permits this.
    assert_eq!(complaint(&with_workgroup_layout(words)), None, "{name}");
}

/// What spirv-val says of a module that it refuses.
fn complaint(words: &[u32]) -> Option<String> {
    let mut child = Command::new("spirv-val")
        .args(["--target-env", "vulkan1.1", "-"])
        .stdin(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    child.stdin.take().unwrap().write_all(&bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    (!output.status.success()).then(|| said.into_owned())
}

/// The module as one that declares `SPV_KHR_workgroup_memory_explicit_layout`.
fn with_workgroup_layout(words: &[u32]) -> Vec<u32> {
    const HEADER: usize = 5;
    const CAPABILITY: u32 = 2 << 16 | 17;
    const WORKGROUP_MEMORY_EXPLICIT_LAYOUT: u32 = 4428;
    let capabilities = words[HEADER..].chunks(2).take_while(|c| c[0] == CAPABILITY);
    let (before, after) = words.split_at(HEADER + 2 * capabilities.count());
    let name = b"SPV_KHR_workgroup_memory_explicit_layout\0\0\0\0";
    let name = name
        .chunks(4)
        .map(|c| u32::from_le_bytes(c.try_into().unwrap()));
    let extension = (1 + name.len() as u32) << 16 | 10;
    [
        before,
        &[CAPABILITY, WORKGROUP_MEMORY_EXPLICIT_LAYOUT, extension],
    ]
    .concat()
    .into_iter()
    .chain(name)
    .chain(after.iter().copied())
    .collect()
}

#[test]
fn metal() {
    for permutation in permutations() {
        let options = back::msl::Options {
            lang_version: (2, 3),
            fake_missing_bindings: true,
            ..Default::default()
        };
        let pipeline = back::msl::PipelineOptions::default();
        let (text, _) =
            back::msl::write_string(&permutation.module, &permutation.info, &options, &pipeline)
                .unwrap_or_else(|e| panic!("{}: {e}", permutation.name()));
        assert!(text.contains("kernel void"), "{}", permutation.name());
    }
}

#[test]
fn hlsl() {
    for permutation in permutations() {
        let text = permutations::hlsl(&permutation);
        assert!(text.contains("numthreads"), "{}", permutation.name());
    }
}
