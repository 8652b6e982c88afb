//! Composes every shader from its file and the files it imports, and refuses to build one that
//! naga does not accept. The host code includes the composed text from `OUT_DIR`.

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
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let source = compose(folder, &file);
        validate(&name, &source);
        fs::write(out.join(format!("{name}.wgsl")), source).expect("OUT_DIR is writable");
        names.push(name);
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

/// Replaces each line `#import "path"` by the file's text; imports do not nest.
fn compose(folder: &Path, file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let mut composed = String::new();
    for line in text.lines() {
        let import = line
            .strip_prefix("#import \"")
            .and_then(|rest| rest.strip_suffix('"'));
        match import {
            Some(path) => {
                composed += &fs::read_to_string(folder.join(path))
                    .unwrap_or_else(|e| panic!("{}: import {path}: {e}", file.display()));
            }
            None => composed += line,
        }
        composed.push('\n');
    }
    composed
}

fn validate(name: &str, source: &str) {
    let module = naga::front::wgsl::parse_str(source)
        .unwrap_or_else(|e| panic!("{}", e.emit_to_string_with_path(source, name)));
    // WebGPU's own capabilities and no more: unpacking f16 pairs is part of them.
    let webgpu = naga::valid::Capabilities::SHADER_FLOAT16_IN_FLOAT32;
    naga::valid::Validator::new(naga::valid::ValidationFlags::all(), webgpu)
        .validate(&module)
        .unwrap_or_else(|e| panic!("{}", e.emit_to_string_with_path(source, name)));
}

/// `SHADERS: &[(name, text)]`, from which the translation tests go through every kernel.
fn list(names: &[String]) -> String {
    let rows: String = names
        .iter()
        .map(|n| format!("(\"{n}\", include_str!(concat!(env!(\"OUT_DIR\"), \"/{n}.wgsl\"))),\n"))
        .collect();
    format!("&[\n{rows}]\n")
}
