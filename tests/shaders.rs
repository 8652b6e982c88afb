//! Every kernel, for every value of its override constants, translates to the languages of
//! Vulkan, Metal and DX12, without capabilities beyond WebGPU's.

mod support;

use naga::{back, valid};
use std::{fs, io::Write, process::Command};

/// As build.rs lists them; the kernels' hosts use the rest.
#[allow(
    dead_code,
    reason = "the list is the kernels', whose hosts use all of it"
)]
struct Shader {
    name: &'static str,
    stem: &'static str,
    variants: &'static [&'static str],
    wgsl: &'static str,
    bindings: &'static [(&'static str, Access)],
    chunked: bool,
    constants: &'static [&'static str],
}

enum Access {
    Uniform,
    Read,
    Write,
}

const SHADERS: &[Shader] = include!(concat!(env!("OUT_DIR"), "/shaders.rs"));

/// Values that the hosts give to override constants; all combinations are tried where they are few.
const CONSTANTS: &[(&str, &[f64])] = &[
    ("symmetric", &[0.0, 1.0]),
    ("affinity_kind", &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]),
    ("rounding", &[4e-6, 1e-3]),
    ("decay", &[0.0, 10.0]),
    ("neighbours", &[1.0, 15.0, 64.0]),
    ("spectral", &[0.0, 1.0]),
    ("floor_similarity", &[-1e30, 0.0]),
    ("last", &[0.0, 1.0]),
    ("in_place", &[0.0, 1.0]),
    ("indefinite", &[0.0, 1.0]),
    ("steps", &[1.0, 32.0, 256.0]),
    ("key_kind", &[0.0, 1.0, 2.0, 3.0]),
    ("rank_kind", &[0.0, 1.0, 2.0, 3.0]),
    ("ascending", &[0.0, 1.0]),
    ("shift", &[0.0, 8.0, 16.0, 24.0]),
    ("element_kind", &[0.0, 1.0, 2.0]),
    ("weighting", &[0.0, 1.0, 2.0]),
    ("first", &[0.0, 1.0]),
    ("centred", &[0.0, 1.0]),
    ("place", &[0.0, 1.0]),
    ("vectors", &[1.0, 3.0, 8.0]),
    ("sixteens", &[1.0, 256.0]),
];

struct Permutation {
    name: String,
    module: naga::Module,
    info: valid::ModuleInfo,
}

/// This crate's shaders, and those of the benchmarks and of training where their folders are there.
fn sources() -> Vec<(String, String)> {
    let own = SHADERS
        .iter()
        .map(|shader| (shader.name.to_string(), shader.wgsl.to_string()));
    let folders = ["benches/shaders", "crates/gstds-train/shaders"];
    let files = folders.map(|folder| {
        fs::read_dir(support::root().join(folder))
            .into_iter()
            .flatten()
    });
    let beside = files.into_iter().flatten().map(|entry| {
        let path = entry.unwrap().path();
        (
            path.display().to_string(),
            fs::read_to_string(&path).unwrap(),
        )
    });
    own.chain(beside).collect()
}

fn permutations() -> Vec<Permutation> {
    let mut all = Vec::new();
    for (name, source) in sources() {
        let module = naga::front::wgsl::parse_str(&source).unwrap();
        let info = validator(&name).validate(&module).unwrap();
        for constants in combinations(&module) {
            let (module, info) =
                back::pipeline_constants::process_overrides(&module, &info, None, &constants)
                    .unwrap_or_else(|e| panic!("{name} {constants:?}: {e}"));
            let name = format!("{name} {constants:?}");
            all.push(Permutation {
                name,
                module: module.into_owned(),
                info: info.into_owned(),
            });
        }
    }
    all
}

/// WebGPU's capabilities, and those that a permutation is named for.
fn validator(name: &str) -> valid::Validator {
    let mut allowed = valid::Capabilities::SHADER_FLOAT16_IN_FLOAT32;
    if name.split('+').any(|part| part == "subgroup") {
        allowed |= valid::Capabilities::SUBGROUP;
    }
    valid::Validator::new(valid::ValidationFlags::all(), allowed)
}

/// Up to this many combinations of a shader's constants are tried.
const FEW: usize = 64;

/// All combinations of the module's constants; where they are many, every value of each constant
/// beside the first and beside the last values of the others.
fn combinations(module: &naga::Module) -> Vec<back::PipelineConstants> {
    let constants: Vec<_> = module.overrides.iter().map(|(_, o)| values(o)).collect();
    if constants.iter().map(|(_, v)| v.len()).product::<usize>() <= FEW {
        return product(&constants);
    }
    let at = |place: fn(&[f64]) -> f64| -> back::PipelineConstants {
        let chosen = constants.iter().map(|(name, v)| (name.clone(), place(v)));
        chosen.collect()
    };
    let mut found = Vec::new();
    for base in [at(|v| v[0]), at(|v| v[v.len() - 1])] {
        for (name, values) in &constants {
            for value in *values {
                let mut with = base.clone();
                with.insert(name.clone(), *value);
                found.push(with);
            }
        }
    }
    found
}

fn values(constant: &naga::Override) -> (String, &'static [f64]) {
    let name = constant.name.clone().expect("overrides are named");
    let known = CONSTANTS.iter().find(|(n, _)| *n == name);
    let (_, values) = known.unwrap_or_else(|| panic!("no values known for override {name}"));
    (name, values)
}

fn product(constants: &[(String, &'static [f64])]) -> Vec<back::PipelineConstants> {
    let mut found: Vec<back::PipelineConstants> = vec![Default::default()];
    for (name, values) in constants {
        found = found
            .iter()
            .flat_map(|so_far| {
                values.iter().map(|value| {
                    let mut with = so_far.clone();
                    with.insert(name.clone(), *value);
                    with
                })
            })
            .collect();
    }
    found
}

#[test]
fn there_are_kernels_to_translate() {
    assert!(SHADERS.len() >= 12, "{}", SHADERS.len());
    assert!(permutations().len() >= 40);
}

#[test]
fn spirv() {
    let validates = Command::new("spirv-val").arg("--version").output().is_ok();
    if !validates {
        eprintln!("spirv-val is not installed (Debian: spirv-tools): translated, not validated");
    }
    for permutation in permutations() {
        let options = back::spv::Options {
            lang_version: (1, 3),
            ..Default::default()
        };
        let words = back::spv::write_vec(&permutation.module, &permutation.info, &options, None)
            .unwrap_or_else(|e| panic!("{}: {e}", permutation.name));
        if validates {
            assert_valid(&permutation.name, &words);
        }
    }
}

fn assert_valid(name: &str, words: &[u32]) {
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
    assert!(output.status.success(), "{name}: {said}");
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
                .unwrap_or_else(|e| panic!("{}: {e}", permutation.name));
        assert!(text.contains("kernel void"), "{}", permutation.name);
    }
}

#[test]
fn hlsl() {
    for permutation in permutations() {
        let options = back::hlsl::Options {
            shader_model: back::hlsl::ShaderModel::V6_0,
            ..Default::default()
        };
        let pipeline = back::hlsl::PipelineOptions::default();
        let mut text = String::new();
        let mut writer = back::hlsl::Writer::new(&mut text, &options, &pipeline);
        writer
            .write(&permutation.module, &permutation.info, None)
            .unwrap_or_else(|e| panic!("{}: {e}", permutation.name));
        assert!(text.contains("numthreads"), "{}", permutation.name);
    }
}
