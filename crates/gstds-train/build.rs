//! Refuses to build a shader that naga does not accept.

use std::{fs, path::Path};

fn main() {
    println!("cargo::rerun-if-changed=shaders");
    let files = fs::read_dir("shaders").expect("shaders/ is part of the crate");
    for file in files {
        let path = file.expect("shaders/ can be listed").path();
        if path.extension().is_some_and(|e| e == "wgsl") {
            validate(&path);
        }
    }
}

fn validate(path: &Path) {
    let name = path.display().to_string();
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{name}: {e}"));
    let module = naga::front::wgsl::parse_str(&text)
        .unwrap_or_else(|e| panic!("{}", e.emit_to_string_with_path(&text, &name)));
    // WebGPU's own capabilities and no others.
    let allowed = naga::valid::Capabilities::empty();
    naga::valid::Validator::new(naga::valid::ValidationFlags::all(), allowed)
        .validate(&module)
        .unwrap_or_else(|e| panic!("{}", e.emit_to_string_with_path(&text, &name)));
}
