//! Converts PyTorch weights of EfficientNet-Lite0 to the safetensors file in `assets/`.
//!
//! `cargo xtask assets` calls it: `make_weights FILE.pth FILE.safetensors`. Tensors of two or more
//! extents become f16; biases and batch norm statistics stay f32; batch counters are dropped.

use gstds_models::weights::Weights;
use half::f16;
use safetensors::{Dtype, tensor::TensorView};
use std::io::Write;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [from, to] = paths.as_slice() else {
        return Err("give the .pth file to read and the .safetensors file to write".into());
    };
    let weights = Weights::open(from)?;
    let tensors = weights.tensors().map(|(name, shape, values)| {
        let (dtype, bytes): (_, Vec<u8>) = match shape.len() {
            0 | 1 => (
                Dtype::F32,
                values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            ),
            _ => {
                let halves = values.iter().map(|value| f16::from_f32(*value));
                (Dtype::F16, halves.flat_map(f16::to_le_bytes).collect())
            }
        };
        (name, dtype, shape.to_vec(), bytes)
    });
    let tensors: Vec<_> = tensors.collect();
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
