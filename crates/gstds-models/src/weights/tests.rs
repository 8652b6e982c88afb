//! Every kind of file, faulty files and hostile ones.

mod fuzz;
mod pickles;

use super::*;
use crate::reference::check_weights;
use ::safetensors::{Dtype, tensor::TensorView};

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
    ::safetensors::serialize(views, None).unwrap()
}

fn load(bytes: &[u8]) -> Result<Weights> {
    let required = vec![("a".to_owned(), vec![2, 3]), ("b".to_owned(), vec![4])];
    fitting("test.safetensors", bytes, required)
}

/// The weights in a file that must have these tensors.
fn fitting(origin: &str, bytes: &[u8], required: Vec<NamedShape>) -> Result<Weights> {
    let layout = WeightLayout {
        required,
        optional: Vec::new(),
    };
    fitting_layout(origin, bytes, &layout)
}

fn fitting_layout(origin: &str, bytes: &[u8], layout: &WeightLayout) -> Result<Weights> {
    let weights = Weights::from_bytes(origin, bytes)?;
    check_weights(&weights, "net", layout)?;
    Ok(weights)
}

fn refused(result: Result<Weights>) -> String {
    result.err().unwrap().to_string()
}

#[test]
fn every_difference_is_listed_by_name() {
    let wrong = file(&[("a", Dtype::F16, &[3, 2]), ("c", Dtype::F32, &[1])]);
    let message = refused(load(&wrong));
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
    assert!(refused(load(&wrong)).contains("a: I64"));
}

#[test]
fn batch_counters_are_left_out() {
    let good = file(&[
        ("a", Dtype::F16, &[2, 3]),
        ("b", Dtype::BF16, &[4]),
        ("bn.num_batches_tracked", Dtype::I64, &[]),
    ]);
    assert_eq!(load(&good).unwrap().values("a").len(), 6);
}

#[test]
fn truncated_and_foreign_files_are_refused() {
    let good = file(&[("a", Dtype::F16, &[2, 3]), ("b", Dtype::F32, &[4])]);
    for bytes in [
        &good[..good.len() - 1],
        &good[..5],
        b"PK\x03\x04 not safetensors at all",
        b"\x80\x02K\x01.",
        b"",
    ] {
        assert!(matches!(load(bytes), Err(Error::WeightsFile { .. })));
    }
}

#[test]
fn optional_tensors_come_together_or_not_at_all() {
    let layout = WeightLayout {
        required: vec![("a".into(), vec![2])],
        optional: vec![
            ("fc.weight".into(), vec![ANY, 2]),
            ("fc.bias".into(), vec![ANY]),
        ],
    };
    let load =
        |tensors: &[(&str, Dtype, &[usize])]| fitting_layout("a file", &file(tensors), &layout);
    let a: (&str, Dtype, &[usize]) = ("a", Dtype::F32, &[2]);
    let without = load(&[a]).unwrap();
    assert!(without.shape("fc.bias").is_none());
    let weight: (&str, Dtype, &[usize]) = ("fc.weight", Dtype::F64, &[5, 2]);
    let with = load(&[a, weight, ("fc.bias", Dtype::F32, &[5])]).unwrap();
    let (shape, values) = (with.shape("fc.weight").unwrap(), with.values("fc.weight"));
    assert_eq!((shape, values.len()), ([5, 2].as_slice(), 10));
    assert!(refused(load(&[a, weight])).contains("1 missing (fc.bias)"));
    let message = refused(load(&[
        a,
        ("fc.weight", Dtype::F32, &[5]),
        ("fc.bias", Dtype::F32, &[5]),
    ]));
    assert!(
        message.contains("fc.weight: shape [5], expected [any, 2]"),
        "{message}"
    );
}

#[test]
fn a_file_of_a_known_model_is_recognised() {
    let name = crate::reference::ReferenceName::CifarResnet32;
    let plan = crate::resnet::ResNetPlan::new(&name.resnet().unwrap(), 3);
    let layout = plan.tensors();
    let tensors: Vec<(&str, Dtype, &[usize])> = layout
        .iter()
        .map(|(name, shape)| (name.as_str(), Dtype::F16, shape.as_slice()))
        .collect();
    let message = refused(load(&file(&tensors)));
    assert!(
        message.contains("it looks like cifar-resnet32"),
        "{message}"
    );
}

#[test]
fn only_regular_files_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let result = Weights::open(folder.path());
    assert!(refused(result).contains("not a regular file"));
}
