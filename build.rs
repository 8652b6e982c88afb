//! Composes every shader from its file and the files it imports, once for each permutation it
//! declares, and refuses to build one that naga does not accept. The host code includes the
//! composed text from `OUT_DIR`.
//!
//! A line `#import "path"` stands for a file; `#if NAME`, `#if !NAME`, `#else` and `#endif` choose
//! lines; a first line `#variants NAME NAME` says which names may be set, in every combination.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

fn main() {
    let folder = Path::new("shaders");
    println!("cargo::rerun-if-changed=shaders");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let mut names = Vec::new();
    for file in wgsl_files(folder) {
        let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
        for set in combinations(&variants(&file)) {
            let name = [std::slice::from_ref(&stem), &set].concat().join("+");
            let source = compose(folder, &file, &set);
            validate(&name, &source);
            fs::write(out.join(format!("{name}.wgsl")), source).expect("OUT_DIR is writable");
            names.push(name);
        }
    }
    fs::write(out.join("all.rs"), list(&names)).expect("OUT_DIR is writable");
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
            composed += &match imported(line) {
                Some(path) => compose(folder, &folder.join(path), set),
                None => line.to_owned(),
            };
            composed.push('\n');
        }
    }
    assert!(taken.is_empty(), "{}: #if without #endif", file.display());
    composed
}

fn imported(line: &str) -> Option<&str> {
    line.strip_prefix("#import \"")?.strip_suffix('"')
}

fn validate(name: &str, source: &str) {
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
}

/// `SHADERS: &[(name, text)]`, in which the host code finds permutations and from which the
/// translation tests go through every kernel.
fn list(names: &[String]) -> String {
    let rows: String = names
        .iter()
        .map(|n| format!("(\"{n}\", include_str!(concat!(env!(\"OUT_DIR\"), \"/{n}.wgsl\"))),\n"))
        .collect();
    format!("&[\n{rows}]\n")
}
