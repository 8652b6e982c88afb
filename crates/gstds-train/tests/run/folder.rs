//! The files that a run leaves.

use crate::tiny::{TRAIN, config, run};
use gstds_train::{Error, method::MethodName, run::TrainConfig};
use serde_json::Value;
use std::{collections::HashSet, fs, path::Path};

fn lines(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("metrics.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn the_folder_holds_configuration_metrics_kept_rows_and_summary() {
    let root = tempfile::tempdir().unwrap();
    let mut config = config(MethodName::Gstds);
    config.out = Some(root.path().join("run"));
    let (summary, _) = run(&config).unwrap();
    let folder = config.out.clone().unwrap();

    let mut reloaded = TrainConfig::read(&folder.join("config.toml")).unwrap();
    reloaded.out = config.out.clone();
    assert_eq!(reloaded, config);

    let lines = lines(&folder);
    let of = |kind: &str| {
        lines
            .iter()
            .filter(|l| l["kind"] == kind)
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(of("step").len(), 6);
    let steps: Vec<_> = of("step")
        .iter()
        .map(|line| line["step"].as_u64().unwrap())
        .collect();
    assert_eq!(steps, [1, 2, 3, 4, 5, 6]);
    for line in of("step") {
        assert!(line["loss"].as_f64().unwrap() > 0.0, "{line}");
        assert!(
            (0.0..=1.0).contains(&line["accuracy"].as_f64().unwrap()),
            "{line}"
        );
        assert!(
            line["selection"]["lambda2"].as_f64().unwrap() > 0.0,
            "{line}"
        );
    }
    assert_eq!(of("epoch").len(), 2);
    let epochs = of("epoch");
    assert_eq!(epochs[1]["samples_kept"], 2 * (8 + 8 + 4));
    // Counted from shapes, so that half of the run is half of the operations.
    let training = |epoch: usize, part: &str| epochs[epoch]["flops"][part].as_u64().unwrap();
    for part in ["selection", "forward", "backward"] {
        assert_eq!(2 * training(0, part), training(1, part), "{part}");
    }
    assert_eq!(
        epochs[1]["flops"],
        serde_json::to_value(summary.flops).unwrap()
    );
    let worked = |epoch: usize| epochs[epoch]["working_seconds"].as_f64().unwrap();
    assert!(0.0 < worked(0) && worked(0) < worked(1));
    assert!((worked(1) - summary.seconds.working()).abs() < 1e-9);

    let kept = fs::read_to_string(folder.join("kept/epoch-001.json")).unwrap();
    let kept: Vec<Vec<usize>> = serde_json::from_str(&kept).unwrap();
    assert_eq!(kept.iter().map(Vec::len).collect::<Vec<_>>(), [8, 8, 4]);
    let different: HashSet<usize> = kept.into_iter().flatten().collect();
    assert_eq!(different.len(), 20, "an epoch sees each image once");
    assert!(different.iter().all(|row| *row < TRAIN));

    let text = fs::read_to_string(folder.join("summary.json")).unwrap();
    let stored: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        stored["test_accuracy"].as_f64().unwrap(),
        summary.test_accuracy
    );
    assert_eq!(stored["method"], "gstds");
    for key in ["reference", "selection", "training", "waiting"] {
        assert!(stored["seconds"][key].as_f64().is_some(), "{key}");
    }
    assert!(!stored["adapter"].as_str().unwrap().is_empty());
    let names: HashSet<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    // `checkpoints`, and the four above.
    assert_eq!(names.len(), 5, "no temporary file is left: {names:?}");
}

#[test]
fn a_folder_that_exists_is_refused_and_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let mut config = config(MethodName::Random);
    config.out = Some(root.path().to_path_buf());
    let error = run(&config).unwrap_err();
    assert!(matches!(error, Error::RunExists { .. }), "{error}");
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
}

#[test]
fn bad_values_are_refused_before_a_folder_is_made() {
    let root = tempfile::tempdir().unwrap();
    let mut config = config(MethodName::Gstds);
    config.out = Some(root.path().join("run"));
    config.image_side = 5000;
    let error = run(&config).unwrap_err();
    assert!(matches!(error, Error::Config { .. }), "{error}");
    config.image_side = 4;
    config.selection.steps = Some(0);
    let error = run(&config).unwrap_err();
    assert!(matches!(error, Error::Gpu(_)), "{error}");
    assert!(!root.path().join("run").exists());
}
