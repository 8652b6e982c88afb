//! `gstds report`, on run folders written here.

use std::fs;
use std::path::Path;

use gstds_train::method::MethodName;
use gstds_train::run::TrainConfig;
use serde_json::{Value, json};

use crate::program::{entries, run};

/// A run of one epoch below `root`, with this test accuracy at its end if it is to have one.
fn made_up(root: &Path, method: &str, seed: u64, accuracy: Option<f64>) {
    let folder = root.join(format!("{method}-{seed}"));
    fs::create_dir_all(&folder).unwrap();
    let mut config = TrainConfig::new(method.parse::<MethodName>().unwrap(), true);
    config.seed = seed;
    fs::write(folder.join("config.toml"), config.to_toml().unwrap()).unwrap();
    let Some(test_accuracy) = accuracy else {
        // A run begins with an empty one.
        fs::write(folder.join("metrics.jsonl"), "").unwrap();
        return;
    };
    let flops =
        json!({ "reference": 0, "selection": 0, "scoring": 0, "forward": 10, "backward": 20 });
    let epoch = json!({
        "kind": "epoch", "epoch": 1, "step": 3, "test_accuracy": test_accuracy, "keep_ratio": 0.25,
        "samples_seen": 400, "samples_kept": 100, "seconds": 2.0, "working_seconds": 1.0, "flops": flops,
    });
    fs::write(folder.join("metrics.jsonl"), format!("{epoch}\n")).unwrap();
    let summary = json!({
        "version": "0.1.0", "learner": "resnet8-w8", "parameters": 7, "adapter": "none",
        "driver": "none", "software_adapter": true, "test_accuracy": test_accuracy,
        "stopped_early": false, "steps": 3, "samples_seen": 400, "samples_kept": 100,
        "flops": flops, "reference": null,
        "seconds": {
            "data": 0.0, "reference": 0.0, "selection": 0.0, "training": 1.0, "waiting": 0.0,
            "evaluation": 0.5, "first_step": 0.1, "total": 2.0,
        },
    });
    fs::write(folder.join("summary.json"), summary.to_string()).unwrap();
}

#[test]
fn a_report_is_a_table_here_and_files_there() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path();
    for seed in 0..2 {
        made_up(&folder.join("runs/deep"), "random", seed, Some(0.5));
        made_up(&folder.join("runs"), "loss", seed, Some(0.75));
    }
    made_up(&folder.join("runs"), "full", 0, None);
    let reported = run(folder, "report runs");
    assert_eq!(reported.code, Some(0), "{}", reported.stderr);
    for words in ["loss", "75.00", "random", "50.00"] {
        assert!(reported.stdout.contains(words), "{}", reported.stdout);
    }
    for words in ["unfinished: runs/full-0, 0 of", "report/report.html"] {
        assert!(reported.stderr.contains(words), "{}", reported.stderr);
    }
    let report = folder.join("report");
    assert_eq!(
        entries(&report),
        ["curves.csv", "plots", "report.html", "runs.csv"]
    );
    assert!(
        fs::read_to_string(report.join("runs.csv"))
            .unwrap()
            .contains("random-1")
    );

    run(folder, "report runs").fails(1, "--force");
    let alone = run(folder, "report runs/loss-0 runs/deep --out one.html --json");
    assert_eq!(alone.code, Some(0), "{}", alone.stderr);
    let summary: Value = serde_json::from_str(&alone.stdout).unwrap();
    assert_eq!(
        (&summary["runs"], &summary["groups"]),
        (&json!(3), &json!(2))
    );
    assert_eq!(summary["comparison"]["baseline"], "random");
    assert!(
        fs::read_to_string(folder.join("one.html"))
            .unwrap()
            .contains("<svg")
    );
    run(folder, "report runs --out one.html").fails(1, "--force");
}

#[test]
fn places_without_runs_and_baselines_that_none_has_are_refused() {
    let root = tempfile::tempdir().unwrap();
    made_up(root.path(), "random", 0, Some(0.5));
    assert_eq!(run(root.path(), "report").code, Some(2));
    run(root.path(), "report nowhere").fails(1, "nowhere");
    run(root.path(), "report . --baseline jest").fails(1, "jest");
    run(root.path(), "report . --out random-0/config.toml").fails(2, "is a file and not a folder");
    assert_eq!(entries(root.path()), ["random-0"]);
}

#[test]
fn a_run_that_has_only_begun_is_reported_as_that() {
    let root = tempfile::tempdir().unwrap();
    made_up(root.path(), "random", 0, None);
    let reported = run(root.path(), "report random-0 --out begun.html");
    assert_eq!(reported.code, Some(0), "{}", reported.stderr);
    assert!(reported.stdout.contains("no run has finished"));
}
