//! `gstds train` on data sets as users have them on disk, from a cold start and a warm one.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::pictures;
use crate::program::{ProgramRun, entries, run_cached};

/// Two steps of a tiny network, on features of a small side.
const TINY: &str = "train --method gstds --keep 0.5 --batch 16 --epochs 1 --max-steps 2 \
    --learner resnet8-w2 --image-side 8 --decode-side 16 --reference-side 32 --json";

fn train(folder: &Path, flags: &str) -> ProgramRun {
    run_cached(folder, &format!("{TINY} {flags}"))
}

#[track_caller]
fn summary(run: &ProgramRun) -> Value {
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    serde_json::from_str(&run.stdout).unwrap()
}

type Make = fn(&Path);

#[test]
fn every_data_set_trains_cold_and_warm_to_the_same_accuracy() {
    let sets: [(&str, Make, u64); 3] = [
        ("cifar10", |root| pictures::cifar10(root, 8), 32),
        ("pets", |root| pictures::pets(root, 16), 32),
        (
            "folder",
            |root| pictures::folder(root, &["cats", "dogs"], 20),
            32,
        ),
    ];
    for (name, make, seen) in sets {
        let folder = tempfile::tempdir().unwrap();
        make(&folder.path().join("data"));
        let flags = |out: &str| format!("--dataset {name} --data data --out {out}");
        let cold = summary(&train(folder.path(), &flags("cold")));
        assert_eq!(cold["samples_seen"], seen, "{name}");
        assert_eq!(cold["dataset"], name);
        assert_eq!(cold["reference"]["source"], "computed", "{name}");
        let warm = summary(&train(folder.path(), &flags("warm")));
        assert_eq!(warm["reference"]["source"], "cached", "{name}");
        assert_eq!(warm["test_accuracy"], cold["test_accuracy"], "{name}");
        let read =
            |out: &str| fs::read_to_string(folder.path().join(out).join("kept/epoch-001.json"));
        assert_eq!(read("cold").unwrap(), read("warm").unwrap(), "{name}");
    }
}

#[test]
fn without_a_cache_nothing_is_left_and_nothing_is_read() {
    let folder = tempfile::tempdir().unwrap();
    pictures::folder(&folder.path().join("data"), &["a", "b"], 20);
    let flags = "--dataset folder --data data --no-cache";
    for out in ["one", "two"] {
        let run = train(folder.path(), &format!("{flags} --out {out}"));
        assert_eq!(summary(&run)["reference"]["source"], "computed");
    }
    assert_eq!(entries(folder.path()), ["data", "one", "two"]);
}

#[test]
fn a_corrupt_image_is_named_and_left_out_where_asked() {
    let folder = tempfile::tempdir().unwrap();
    pictures::folder(&folder.path().join("data"), &["a", "b"], 20);
    let bad = folder.path().join("data/b/007.png");
    let bytes = fs::read(&bad).unwrap();
    fs::write(&bad, &bytes[..bytes.len() / 2]).unwrap();
    let flags = "--dataset folder --data data";
    let refused = train(folder.path(), &format!("{flags} --out run"));
    refused.fails(1, "007.png");
    assert!(refused.stderr.contains("--skip-bad"), "{}", refused.stderr);
    assert!(!folder.path().join("run").exists());
    let run = train(folder.path(), &format!("{flags} --skip-bad --out run"));
    let summary = summary(&run);
    let left_out = summary["left_out"].as_array().unwrap();
    assert_eq!(left_out.len(), 1);
    assert_eq!(left_out[0]["path"], "b/007.png");
    assert!(run.stderr.contains("007.png"), "{}", run.stderr);
}

#[test]
fn what_is_missing_is_said_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    let cases = [
        ("--dataset cifar10", 2, "--data DIR"),
        ("--dataset cifar10 --data empty", 1, "data_batch_1.bin"),
        ("--dataset pets --data empty", 1, "trainval.txt"),
        ("--dataset flowers --data empty", 1, "setid.mat"),
        ("--dataset folder --data nowhere", 1, "nowhere"),
        ("--reference resnet18", 2, "--weights FILE"),
        ("--reference resnet18 --weights none.pth", 1, "none.pth"),
        (
            "--reference resnet18 --weights empty",
            1,
            "not a regular file",
        ),
        ("--init none.pth", 2, "--init FILE"),
        ("--augment spin", 2, "spin"),
        (
            "--learning-rate 0 --dataset pets --data empty",
            2,
            "learning_rate 0",
        ),
    ];
    for (flags, code, sentence) in cases {
        let run = train(folder.path(), &format!("{flags} --out run"));
        run.fails(code, sentence);
        assert_eq!(entries(folder.path()), ["empty"], "{flags}");
    }
}

#[test]
fn warnings_are_heard_where_nobody_watches() {
    let folder = tempfile::tempdir().unwrap();
    pictures::cifar10(&folder.path().join("data"), 8);
    let run = train(folder.path(), "--dataset cifar10 --data data --out run");
    summary(&run);
    assert!(run.stderr.contains("data_batch_3.bin"), "{}", run.stderr);
}
