//! Composes every shader from its file and the files it imports, once for each permutation it
//! declares, and refuses to build one that naga does not accept. The host code includes the
//! composed text from `OUT_DIR`, with the bindings and override constants that it declares.
//!
//! A line `#import "path"` stands for a file, `#import "path" NAME=text NAME=text` for a file in
//! which each `$NAME` stands for its text; `#if NAME`, `#if !NAME`, `#else` and `#endif` choose
//! lines; a first line `#variants NAME NAME` says which names may be set, in every combination.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

fn main() {
    let folder = Path::new("shaders");
    println!("cargo::rerun-if-changed=shaders");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let mut shaders = Vec::new();
    for file in wgsl_files(folder) {
        let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
        for set in combinations(&variants(&file)) {
            let name = [std::slice::from_ref(&stem), &set].concat().join("+");
            let source = compose(folder, &file, &set);
            let module = validate(&name, &source);
            shaders.push(describe(&name, &stem, &set, &module));
            fs::write(out.join(format!("{name}.wgsl")), source).expect("OUT_DIR is writable");
        }
    }
    let list = format!("&[\n{}]\n", shaders.concat());
    fs::write(out.join("shaders.rs"), list).expect("OUT_DIR is writable");
}

fn wgsl_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("shaders/ is part of the crate")
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "wgsl"))
        .collect();
    files.sort();
    files
}

/// The names of a file's first line, where that is `#variants`.
fn variants(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let first = text.lines().next().unwrap_or_default();
    let names = first.strip_prefix("#variants ").unwrap_or_default();
    names.split_whitespace().map(String::from).collect()
}

/// Every subset of the names, each in the names' order.
fn combinations(names: &[String]) -> Vec<Vec<String>> {
    names.iter().fold(vec![Vec::new()], |sets, name| {
        let with = |set: &Vec<String>| [set.as_slice(), std::slice::from_ref(name)].concat();
        let added: Vec<_> = sets.iter().map(with).collect();
        [sets, added].concat()
    })
}

fn compose(folder: &Path, file: &Path, set: &[String]) -> String {
    let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let mut composed = String::new();
    // One entry for each `#if` that is open: whether its lines are taken.
    let mut taken: Vec<bool> = Vec::new();
    for line in text.lines() {
        if let Some(condition) = line.trim_start().strip_prefix("#if ") {
            let (name, wanted) = match condition.trim().strip_prefix('!') {
                Some(name) => (name, false),
                None => (condition.trim(), true),
            };
            taken.push(set.iter().any(|s| s == name) == wanted);
        } else if line.trim() == "#else" {
            let last = taken.last_mut().expect("#else follows #if");
            *last = !*last;
        } else if line.trim() == "#endif" {
            taken.pop().expect("#endif follows #if");
        } else if taken.iter().all(|t| *t) && !line.starts_with("#variants ") {
            composed += &match line.strip_prefix("#import ") {
                Some(import) => imported(folder, import, set),
                None => line.to_owned(),
            };
            composed.push('\n');
        }
    }
    assert!(taken.is_empty(), "{}: #if without #endif", file.display());
    composed
}

/// What stands after `#import`: a path in quotes, and the texts of the file's placeholders.
fn imported(folder: &Path, import: &str, set: &[String]) -> String {
    let mut words = import.split(' ');
    let path = words.next().unwrap_or_default().trim_matches('"');
    let text = compose(folder, &folder.join(path), set);
    words.fold(text, |text, word| {
        let (name, value) = word.split_once('=').expect("NAME=text follows a path");
        text.replace(&format!("${name}"), value)
    })
}

fn validate(name: &str, source: &str) -> naga::Module {
    let module = naga::front::wgsl::parse_str(source)
        .unwrap_or_else(|e| panic!("{}", e.emit_to_string_with_path(source, name)));
    // WebGPU's own capabilities (unpacking f16 pairs is part of them), and those that a
    // permutation names.
    let mut allowed = naga::valid::Capabilities::SHADER_FLOAT16_IN_FLOAT32;
    if name.split('+').any(|part| part == "subgroup") {
        allowed |= naga::valid::Capabilities::SUBGROUP;
    }
    naga::valid::Validator::new(naga::valid::ValidationFlags::all(), allowed)
        .validate(&module)
        .unwrap_or_else(|e| panic!("{}", e.emit_to_string_with_path(source, name)));
    module
}

/// A `Shader`, from which the host code makes pipelines and bind groups, and from whose text the
/// translation tests go through every kernel.
fn describe(name: &str, stem: &str, variants: &[String], module: &naga::Module) -> String {
    let mut bindings: Vec<(u32, String)> = Vec::new();
    let mut chunked = false;
    for (_, variable) in module.global_variables.iter() {
        let Some(binding) = &variable.binding else {
            continue;
        };
        if binding.group == 0 {
            let known = variable.name.as_deref().expect("bindings are named");
            let line = format!("(\"{known}\", Access::{}), ", access(variable.space));
            bindings.push((binding.binding, line));
        } else {
            chunked = true;
        }
    }
    bindings.sort();
    let numbers = bindings.iter().map(|(number, _)| *number);
    assert!(
        numbers.eq(0..bindings.len() as u32),
        "{name}: bindings are numbered from 0"
    );
    let bindings: String = bindings.into_iter().map(|(_, line)| line).collect();
    let constants = module.overrides.iter();
    let constants: Vec<_> = constants.filter_map(|(_, o)| o.name.as_deref()).collect();
    format!(
        "Shader {{ name: \"{name}\", stem: \"{stem}\", variants: &{variants:?}, \
         wgsl: include_str!(concat!(env!(\"OUT_DIR\"), \"/{name}.wgsl\")), \
         bindings: &[{bindings}], chunked: {chunked}, constants: &{constants:?} }},\n"
    )
}

fn access(space: naga::AddressSpace) -> &'static str {
    match space {
        naga::AddressSpace::Uniform => "Uniform",
        naga::AddressSpace::Storage { access } if access.contains(naga::StorageAccess::STORE) => {
            "Write"
        }
        naga::AddressSpace::Storage { .. } => "Read",
        other => panic!("no binding lies in {other:?}"),
    }
}
