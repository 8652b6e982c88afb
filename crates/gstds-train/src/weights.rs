//! Weights files: read once, checked by name and shape before a network is built from them.

use crate::error::{Error, Result, WeightProblems};
use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::collections::BTreeMap;
use std::path::Path;

/// The tensors of a weights file as f32 on the host.
pub(crate) struct Weights {
    /// SHA-256 of the file, in hex.
    pub(crate) sha256: String,
    tensors: BTreeMap<String, Vec<f32>>,
}

impl Weights {
    /// Reads the safetensors file `path` and checks it as [`Weights::from_bytes`] does.
    pub(crate) fn from_file(
        path: &Path,
        model: &'static str,
        expected: &[(String, Vec<usize>)],
    ) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|source| Error::Io {
            action: "reading the weights",
            path: path.into(),
            source,
        })?;
        Self::from_bytes(&path.display().to_string(), &bytes, model, expected)
    }

    /// Parses a safetensors file that must hold exactly the tensors `expected`, each f32, f16 or
    /// bf16. PyTorch's batch counters (`*.num_batches_tracked`) are passed over.
    pub(crate) fn from_bytes(
        origin: &str,
        bytes: &[u8],
        model: &'static str,
        expected: &[(String, Vec<usize>)],
    ) -> Result<Self> {
        let file = SafeTensors::deserialize(bytes).map_err(|e| Error::WeightsFile {
            origin: origin.into(),
            reason: e.to_string(),
        })?;
        let problems = compare(&file, expected);
        if !problems.is_empty() {
            return Err(Error::WeightsMismatch {
                origin: origin.into(),
                model,
                problems,
            });
        }
        let tensors = file
            .iter()
            .filter_map(|(name, view)| Some((name.to_owned(), to_f32(&view)?)))
            .collect();
        Ok(Self {
            sha256: crate::hash::sha256(bytes),
            tensors,
        })
    }

    /// The values of a tensor that the check made sure of.
    pub(crate) fn get(&self, name: &str) -> &[f32] {
        &self.tensors[name]
    }
}

fn compare(file: &SafeTensors<'_>, expected: &[(String, Vec<usize>)]) -> WeightProblems {
    let mut problems = WeightProblems::default();
    let found: BTreeMap<&str, TensorView<'_>> = file
        .iter()
        .filter(|(name, _)| !name.ends_with(".num_batches_tracked"))
        .collect();
    for (name, shape) in expected {
        match found.get(name.as_str()) {
            None => problems.missing.push(name.clone()),
            Some(view) if view.shape() != shape => problems.different.push(format!(
                "{name}: shape {:?}, expected {shape:?}",
                view.shape()
            )),
            Some(view) if !readable(view.dtype()) => problems.different.push(format!(
                "{name}: {:?}, expected F32, F16 or BF16",
                view.dtype()
            )),
            Some(_) => {}
        }
    }
    let wanted: std::collections::BTreeSet<&str> =
        expected.iter().map(|(name, _)| name.as_str()).collect();
    problems.unexpected = found
        .keys()
        .filter(|name| !wanted.contains(*name))
        .map(ToString::to_string)
        .collect();
    problems
}

fn readable(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16)
}

fn to_f32(view: &TensorView<'_>) -> Option<Vec<f32>> {
    let pairs = || view.data().as_chunks::<2>().0.iter();
    match view.dtype() {
        Dtype::F32 => Some(
            view.data()
                .as_chunks::<4>()
                .0
                .iter()
                .map(|b| f32::from_le_bytes(*b))
                .collect(),
        ),
        Dtype::F16 => Some(pairs().map(|b| f16::from_le_bytes(*b).to_f32()).collect()),
        Dtype::BF16 => Some(pairs().map(|b| bf16::from_le_bytes(*b).to_f32()).collect()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(tensors: &[(&str, Dtype, &[usize])]) -> Vec<u8> {
        let bytes: Vec<Vec<u8>> = tensors
            .iter()
            .map(|(_, dtype, shape)| vec![0; shape.iter().product::<usize>() * dtype.bitsize() / 8])
            .collect();
        let views = tensors
            .iter()
            .zip(&bytes)
            .map(|((name, dtype, shape), data)| {
                (
                    *name,
                    TensorView::new(*dtype, shape.to_vec(), data).unwrap(),
                )
            });
        safetensors::serialize(views, None).unwrap()
    }

    fn load(bytes: &[u8]) -> Result<Weights> {
        let expected = [("a".to_owned(), vec![2, 3]), ("b".to_owned(), vec![4])];
        Weights::from_bytes("test.safetensors", bytes, "net", &expected)
    }

    #[test]
    fn every_difference_is_listed_by_name() {
        let wrong = file(&[("a", Dtype::F16, &[3, 2]), ("c", Dtype::F32, &[1])]);
        let message = load(&wrong).err().unwrap().to_string();
        for part in [
            "test.safetensors",
            "net",
            "1 missing (b)",
            "1 unexpected (c)",
            "a: shape [3, 2], expected [2, 3]",
        ] {
            assert!(message.contains(part), "{part} not in: {message}");
        }
    }

    #[test]
    fn an_element_type_that_holds_no_weights_is_named() {
        let wrong = file(&[("a", Dtype::I64, &[2, 3]), ("b", Dtype::F32, &[4])]);
        assert!(load(&wrong).err().unwrap().to_string().contains("a: I64"));
    }

    #[test]
    fn batch_counters_are_passed_over() {
        let good = file(&[
            ("a", Dtype::F16, &[2, 3]),
            ("b", Dtype::BF16, &[4]),
            ("bn.num_batches_tracked", Dtype::I64, &[]),
        ]);
        assert_eq!(load(&good).unwrap().get("a").len(), 6);
    }

    #[test]
    fn truncated_and_foreign_files_are_refused() {
        let good = file(&[("a", Dtype::F16, &[2, 3]), ("b", Dtype::F32, &[4])]);
        for bytes in [
            &good[..good.len() - 1],
            &good[..5],
            b"PK\x03\x04 not safetensors at all",
        ] {
            assert!(matches!(load(bytes), Err(Error::WeightsFile { .. })));
        }
    }
}
