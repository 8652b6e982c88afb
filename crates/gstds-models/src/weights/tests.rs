//! Every kind of file, what is wrong with a file, and hostile ones.

mod fuzz;
mod pickles;

use super::*;
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
    let expected = [("a".to_owned(), vec![2, 3]), ("b".to_owned(), vec![4])];
    Weights::from_bytes("test.safetensors", bytes, "net", &expected)
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
        b"\x80\x02K\x01.",
        b"",
    ] {
        assert!(matches!(load(bytes), Err(Error::WeightsFile { .. })));
    }
}

#[test]
fn optional_tensors_come_together_or_not_at_all() {
    let expected = Expected {
        required: vec![("a".into(), vec![2])],
        optional: vec![
            ("fc.weight".into(), vec![ANY, 2]),
            ("fc.bias".into(), vec![ANY]),
        ],
    };
    let load = |tensors: &[(&str, Dtype, &[usize])]| {
        Weights::from_bytes("a file", &file(tensors), "net", expected.clone())
    };
    let a: (&str, Dtype, &[usize]) = ("a", Dtype::F32, &[2]);
    let without = load(&[a]).unwrap();
    assert!(without.find("fc.bias").is_none());
    let weight: (&str, Dtype, &[usize]) = ("fc.weight", Dtype::F64, &[5, 2]);
    let with = load(&[a, weight, ("fc.bias", Dtype::F32, &[5])]).unwrap();
    let (shape, values) = with.find("fc.weight").unwrap();
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
    let layout = crate::reference::ReferenceName::CifarResnet32.layout();
    let tensors: Vec<(&str, Dtype, &[usize])> = layout
        .required
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
fn what_is_no_regular_file_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let result = Weights::from_file(folder.path(), "net", &[]);
    assert!(refused(result).contains("no regular file"));
}
