//! Every kernel with every value of its override constants, for the tests and for other compilers
//! (`examples/translate.rs`).

use naga::{back, valid};
use std::fs;

/// As build.rs lists them; the kernels' hosts use the rest.
#[allow(
    dead_code,
    reason = "the list is the kernels', whose hosts use all of it"
)]
pub struct Shader {
    pub name: &'static str,
    stem: &'static str,
    variants: &'static [&'static str],
    wgsl: &'static str,
    bindings: &'static [(&'static str, Access)],
    chunked: bool,
    constants: &'static [&'static str],
}

pub enum Access {
    Uniform,
    Read,
    Write,
}

pub const SHADERS: &[Shader] = include!(concat!(env!("OUT_DIR"), "/shaders.rs"));

/// Values that the hosts give to override constants; all combinations are tried where they are few.
const CONSTANTS: &[(&str, &[f64])] = &[
    ("symmetric", &[0.0, 1.0]),
    ("affinity_kind", &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
    ("rounding", &[4e-6, 1e-3]),
    ("decay", &[0.0, 10.0]),
    ("neighbours", &[1.0, 15.0, 64.0]),
    ("spectral", &[0.0, 1.0]),
    ("floor_similarity", &[-1e30, 0.0]),
    ("last", &[0.0, 1.0]),
    ("in_place", &[0.0, 1.0]),
    ("marked", &[0.0, 1.0]),
    ("given", &[0.0, 1.0]),
    ("indefinite", &[0.0, 1.0]),
    ("steps", &[1.0, 32.0, 256.0]),
    ("key_kind", &[0.0, 1.0, 2.0, 3.0]),
    ("rank_kind", &[0.0, 1.0, 2.0, 3.0]),
    ("ascending", &[0.0, 1.0]),
    ("shift", &[0.0, 8.0, 16.0, 24.0]),
    ("element_kind", &[0.0, 1.0, 2.0]),
    ("weighting", &[0.0, 1.0, 2.0]),
    ("pass_number", &[0.0, 1.0, 2.0]),
    ("first", &[0.0, 1.0]),
    ("centred", &[0.0, 1.0]),
    ("raw", &[0.0, 1.0]),
    ("list_length", &[1.0, 64.0]),
    ("place", &[0.0, 1.0]),
    ("vectors", &[1.0, 3.0, 32.0]),
    ("sixteens", &[1.0, 256.0]),
    ("by_gain", &[0.0, 1.0]),
    ("probing", &[0.0, 1.0]),
    ("opening", &[0.0, 1.0]),
    ("runs", &[1.0, 256.0]),
    ("teams", &[2.0, 4.0, 8.0]),
];

/// A shader with values for its constants.
pub struct Permutation {
    /// The shader's name.
    pub shader: String,
    pub constants: back::PipelineConstants,
    pub module: naga::Module,
    pub info: valid::ModuleInfo,
}

impl Permutation {
    pub fn name(&self) -> String {
        format!("{} {:?}", self.shader, self.constants)
    }
}

/// Names and texts of this crate's shaders, and of those of the benchmarks and of training where
/// their folders are there.
pub fn sources() -> Vec<(String, String)> {
    let own = SHADERS
        .iter()
        .map(|shader| (shader.name.to_string(), shader.wgsl.to_string()));
    let folders = [
        concat!(env!("CARGO_MANIFEST_DIR"), "/benches/shaders"),
        concat!(env!("CARGO_MANIFEST_DIR"), "/crates/gstds-train/shaders"),
    ];
    let files = folders.map(|folder| fs::read_dir(folder).into_iter().flatten());
    let beside = files.into_iter().flatten().map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        (name.to_string(), fs::read_to_string(&path).unwrap())
    });
    own.chain(beside).collect()
}

pub fn permutations() -> Vec<Permutation> {
    let mut all = Vec::new();
    for (shader, source) in sources() {
        let module = naga::front::wgsl::parse_str(&source).unwrap();
        let info = validator(&shader).validate(&module).unwrap();
        for constants in combinations(&module) {
            let (module, info) =
                back::pipeline_constants::process_overrides(&module, &info, None, &constants)
                    .unwrap_or_else(|e| panic!("{shader} {constants:?}: {e}"));
            all.push(Permutation {
                shader: shader.clone(),
                module: module.into_owned(),
                info: info.into_owned(),
                constants,
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

/// HLSL as DX12 takes it.
pub fn hlsl(permutation: &Permutation) -> String {
    let options = back::hlsl::Options {
        shader_model: back::hlsl::ShaderModel::V6_0,
        ..Default::default()
    };
    let pipeline = back::hlsl::PipelineOptions::default();
    let mut text = String::new();
    let mut writer = back::hlsl::Writer::new(&mut text, &options, &pipeline);
    writer
        .write(&permutation.module, &permutation.info, None)
        .unwrap_or_else(|e| panic!("{}: {e}", permutation.name()));
    text
}

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
