//! Converts PyTorch weights of EfficientNet-Lite0 to the safetensors file in `assets/`.
//!
//! `cargo xtask assets` calls it: `make_weights FILE.pth FILE.safetensors`. Tensors of two or more
//! extents become f16; biases and batch norm statistics stay f32; batch counters are dropped.

use burn::store::pytorch::PytorchReader;
use half::f16;
use safetensors::{Dtype, tensor::TensorView};
use std::io::Write;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [from, to] = paths.as_slice() else {
        return Err("give the .pth file to read and the .safetensors file to write".into());
    };
    let mut tensors = Vec::new();
    for (name, tensor) in PytorchReader::new(from)?.into_tensors() {
        if name.ends_with(".num_batches_tracked") {
            continue;
        }
        let bytes = tensor.read()?;
        let shape = tensor.shape().to_vec();
        tensors.push(match shape.len() {
            0 | 1 => (name, Dtype::F32, shape, bytes),
            _ => (name, Dtype::F16, shape, halves(&bytes)),
        });
    }
    let views = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| {
            Ok((name, TensorView::new(*dtype, shape.clone(), bytes)?))
        })
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
    let folder = to.parent().ok_or("the file to write has no folder")?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&safetensors::serialize(views, None)?)?;
    file.persist(to)?;
    Ok(())
}

fn halves(bytes: &[u8]) -> Vec<u8> {
    let floats = bytes.as_chunks::<4>().0.iter();
    floats
        .flat_map(|b| f16::from_f32(f32::from_ne_bytes(*b)).to_le_bytes())
        .collect()
}
