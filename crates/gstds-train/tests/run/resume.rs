//! Runs that are stopped and go on, against one that never was.

use crate::tiny::{bank, config, dataset, device};
use gstds_train::{
    Error, Result,
    method::MethodName,
    run::{Clip, Optimiser, Progress, Summary, TrainConfig, train_with},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Stops a run after some more steps, and hears what it notes.
#[derive(Default)]
struct Stop {
    /// Counts down with each question; the first is asked before any step.
    after: Option<usize>,
    notes: Vec<String>,
}

impl Progress for Stop {
    fn note(&mut self, text: &str) {
        self.notes.push(text.into());
    }

    fn stop(&mut self) -> bool {
        match &mut self.after {
            None => false,
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
        }
    }
}

fn session(config: &TrainConfig, after: Option<usize>) -> (Result<Summary>, Vec<String>) {
    let mut stop = Stop {
        after,
        ..Stop::default()
    };
    let result = train_with(device(), config, &dataset(), Some(bank()), &mut stop);
    (result, stop.notes)
}

/// What two runs must share: metrics without their seconds, kept rows.
fn trace(folder: &Path) -> (Vec<Value>, BTreeMap<PathBuf, String>) {
    let text = fs::read_to_string(folder.join("metrics.jsonl")).unwrap();
    let lines = text.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        line.as_object_mut().unwrap().remove("seconds");
        line
    });
    let kept = fs::read_dir(folder.join("kept")).into_iter().flatten();
    let kept = kept.map(|entry| {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        (PathBuf::from(path.file_name().unwrap()), text)
    });
    (lines.collect(), kept.collect())
}

/// Six steps of AdamW with warm-up and clipping.
fn adamw(method: MethodName) -> TrainConfig {
    let mut config = config(method);
    config.optimiser = Optimiser::adamw();
    config.optimiser.warmup = 2;
    config.optimiser.clip = Clip::Norm(0.5);
    config
}

/// Stops at these questions, session by session, each time after the step given; a run that never
/// stops must have come to the same.
fn assert_goes_on(mut config: TrainConfig, pauses: &[usize], steps: &[usize]) {
    let root = tempfile::tempdir().unwrap();
    config.checkpoint_minutes = 0.0;
    config.out = Some(root.path().join("whole"));
    let whole = session(&config, None).0.unwrap();
    config.out = Some(root.path().join("parts"));
    for &pause in pauses {
        let error = session(&config, Some(pause)).0.unwrap_err();
        assert!(matches!(error, Error::Interrupted { .. }), "{error}");
        config.resume = true;
    }
    let parts = session(&config, None).0.unwrap();
    assert_eq!(parts.epoch_accuracies, whole.epoch_accuracies);
    assert_eq!(
        (
            parts.flops,
            parts.steps,
            parts.samples_seen,
            parts.samples_kept
        ),
        (
            whole.flops,
            whole.steps,
            whole.samples_seen,
            whole.samples_kept
        )
    );
    assert_eq!(parts.resumed, steps);
    assert_eq!(whole.resumed, [0; 0]);
    let (found, expected) = ["parts", "whole"]
        .map(|name| trace(&root.path().join(name)))
        .into();
    assert_eq!(found, expected);
}

#[test]
fn a_run_stopped_anywhere_ends_like_one_that_never_was() {
    // Before the first step, within an epoch, and in the next.
    assert_goes_on(adamw(MethodName::Gstds), &[0, 1, 1, 2], &[1, 2, 4]);
    let mut sgd = config(MethodName::Random);
    sgd.augment = "flip,crop:1".parse().unwrap();
    sgd.images = gstds_train::images::Residence::Stream;
    sgd.optimiser.clip = Clip::Value(0.5);
    // Within an epoch and between two.
    assert_goes_on(sgd, &[2, 1, 2], &[2, 3, 5]);
}
