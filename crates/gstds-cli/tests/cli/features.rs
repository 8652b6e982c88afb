//! `gstds features`: images in, a matrix out.

use std::fs;
use std::path::Path;

use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

use crate::pictures;
use crate::program::{ProgramRun, entries, run, run_cached};

fn features(folder: &Path, flags: &str) -> ProgramRun {
    run_cached(folder, &format!("features --reference-side 32 {flags}"))
}

fn pictures() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    pictures::folder(&folder.path().join("pictures"), &["a", "b"], 4);
    folder
}

#[test]
fn a_folder_becomes_a_matrix_that_select_reads() {
    let folder = pictures();
    let flags = "--images pictures --output f.npy --write-list f.txt --json";
    let first = features(folder.path(), flags);
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    let summary: Value = serde_json::from_str(&first.stdout).unwrap();
    assert_eq!(
        (summary["images"].as_u64(), summary["features"].as_u64()),
        (Some(8), Some(1280))
    );
    assert_eq!(summary["source"], "computed");
    let bytes = fs::read(folder.path().join("f.npy")).unwrap();
    let header = String::from_utf8_lossy(&bytes[..128]);
    assert!(
        header.contains("'<f2'") && header.contains("(8, 1280)"),
        "{header}"
    );
    assert_eq!(bytes.len(), 128 + 8 * 1280 * 2);
    let list = fs::read_to_string(folder.path().join("f.txt")).unwrap();
    assert_eq!(list.lines().count(), 8);
    assert!(
        list.starts_with("a/000.png\n") && list.ends_with("b/003.png\n"),
        "{list}"
    );

    let again = features(folder.path(), "--images pictures --output g.npy --json");
    let summary: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(summary["source"], "cached");
    assert_eq!(fs::read(folder.path().join("g.npy")).unwrap(), bytes);

    // The list that was written, and the files by their names, are the same images.
    let listed = features(
        folder.path(),
        "--images pictures --list f.txt --output h.npy",
    );
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    assert_eq!(fs::read(folder.path().join("h.npy")).unwrap(), bytes);
    let named: Vec<String> = list
        .lines()
        .map(|line| format!("pictures/{line}"))
        .collect();
    let flags = format!("--images {} --output i.npy", named.join(" "));
    assert_eq!(features(folder.path(), &flags).code, Some(0));
    assert_eq!(fs::read(folder.path().join("i.npy")).unwrap(), bytes);
    let flags = "--images pictures --list f.txt --output j.npy --write-list f.txt --force";
    features(folder.path(), flags).fails(2, "f.txt is one of the inputs");
    let image = "pictures/a/000.png";
    let flags = format!("--images pictures --output j.npy --write-list {image} --force");
    features(folder.path(), &flags).fails(2, "000.png is one of the inputs");
    assert_eq!(
        fs::read_to_string(folder.path().join("f.txt")).unwrap(),
        list
    );
    // Where the list cannot be written, no features are either.
    fs::create_dir(folder.path().join("l.txt")).unwrap();
    let flags = "--images pictures --output j.npy --write-list l.txt --force";
    assert_eq!(features(folder.path(), flags).code, Some(1));
    assert!(!folder.path().join("j.npy").exists());

    let select = run(
        folder.path(),
        "select --features f.npy --count 3 --output k.csv",
    );
    assert_eq!(select.code, Some(0), "{}", select.stderr);
    let table = fs::read_to_string(folder.path().join("k.csv")).unwrap();
    assert_eq!(table.lines().count(), 9);
}

#[test]
fn safetensors_hold_labels_where_there_are_any() {
    let folder = tempfile::tempdir().unwrap();
    pictures::cifar10(&folder.path().join("data"), 4);
    let flags = "--dataset cifar10 --data data --split test --bank f32 --output f.safetensors";
    let run = features(folder.path(), flags);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let bytes = fs::read(folder.path().join("f.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let features = file.tensor("features").unwrap();
    assert_eq!(
        (features.dtype(), features.shape()),
        (Dtype::F32, &[4, 1280][..])
    );
    let labels = file.tensor("labels").unwrap();
    assert_eq!((labels.dtype(), labels.shape()), (Dtype::I64, &[4][..]));
    let labels: Vec<u8> = labels.data().chunks(8).map(|label| label[0]).collect();
    assert_eq!(labels, [0, 1, 0, 1]);
}

#[test]
fn a_corrupt_image_is_named_and_left_out_where_asked() {
    let folder = pictures();
    fs::write(
        folder.path().join("pictures/a/bad.jpg"),
        b"\xff\xd8 no picture",
    )
    .unwrap();
    let flags = "--images pictures --output f.npy --no-cache";
    features(folder.path(), flags).fails(1, "bad.jpg");
    let run = features(folder.path(), &format!("{flags} --skip-bad --json"));
    let summary: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        (summary["images"].as_u64(), summary["left_out"].as_u64()),
        (Some(8), Some(1))
    );
    assert!(run.stderr.contains("bad.jpg"), "{}", run.stderr);
    assert_eq!(entries(folder.path()), ["f.npy", "pictures"]);
}

#[test]
fn flags_that_cannot_be_meant_are_usage_errors() {
    let folder = pictures();
    let cases = [
        ("--output f.npy", 2, "required arguments"),
        (
            "--images pictures --output f.csv",
            2,
            ".npy or .safetensors",
        ),
        (
            "--images pictures --reference resnet50 --output f.npy",
            2,
            "--weights FILE",
        ),
        (
            "--images pictures --output f.npy --write-list f.npy",
            2,
            "--write-list and --output",
        ),
        (
            "--images pictures --output f.npy --list f.txt",
            2,
            "--write-list writes them",
        ),
        (
            "--images pictures pictures/a --output f.npy",
            2,
            "is a folder; give only that",
        ),
        ("--images nowhere --output f.npy", 1, "nowhere"),
        ("--images pictures --output nowhere/f.npy", 1, "nowhere"),
    ];
    for (flags, code, sentence) in cases {
        features(folder.path(), flags).fails(code, sentence);
        assert_eq!(entries(folder.path()), ["pictures"], "{flags}");
    }
    fs::write(folder.path().join("f.npy"), "mine").unwrap();
    features(folder.path(), "--images pictures --output f.npy").fails(1, "--force");
    assert_eq!(fs::read(folder.path().join("f.npy")).unwrap(), b"mine");
}
