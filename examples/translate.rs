//! Writes every kernel to a folder for compilers other than naga to check, as WGSL and as the HLSL
//! that DX12 gets: `cargo xtask test` gives the first to Tint and the second to DXC.
//!
//! `NAME.wgsl` is a shader, `NAME.0.hlsl`, `NAME.1.hlsl` and so on are it with each set of values
//! for its constants, which `permutations.txt` has a line each for: the name, then NAME=VALUE.

#[path = "../tests/shaders/permutations.rs"]
mod permutations;

use permutations::{Permutation, hlsl, permutations, sources};
use std::{fs, path::PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1);
    let folder = PathBuf::from(folder.ok_or("usage: translate FOLDER")?);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    for (name, text) in sources() {
        fs::write(folder.join(format!("{name}.wgsl")), text)?;
    }
    let all = permutations();
    let mut lines = String::new();
    for shader in all.chunk_by(|a, b| a.shader == b.shader) {
        for (number, permutation) in shader.iter().enumerate() {
            let name = format!("{}.{number}.hlsl", permutation.shader);
            fs::write(folder.join(name), hlsl(permutation))?;
            lines += &line(permutation);
        }
    }
    fs::write(folder.join("permutations.txt"), lines)?;
    println!("{} shaders, {} permutations", sources().len(), all.len());
    Ok(())
}

fn line(permutation: &Permutation) -> String {
    let constants = permutation.constants.iter();
    let mut words: Vec<String> = constants.map(|(name, v)| format!(" {name}={v}")).collect();
    words.sort();
    format!("{}{}\n", permutation.shader, words.concat())
}
