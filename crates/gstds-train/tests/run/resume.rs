//! Runs that are stopped and resumed, against uninterrupted ones.

use crate::images::alone;
use crate::tiny::{bank, config, dataset, device};
use gstds_train::{
    Error, Result,
    images::Residence,
    method::MethodName,
    run::{Clip, Optimiser, RunFolder, RunProgress, Summary, TrainConfig, train_with},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Stops a run after some more steps, and records its notes.
#[derive(Default)]
struct Stop {
    /// Counts down with each question; the first is asked before any step.
    after: Option<usize>,
    notes: Vec<String>,
}

impl gstds_data::Progress for Stop {
    fn warn(&mut self, text: &str) {
        self.notes.push(text.into());
    }
}

impl RunProgress for Stop {
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
        for time in ["seconds", "working_seconds"] {
            line.as_object_mut().unwrap().remove(time);
        }
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

/// A run without a stop, and the folder beside it for the same run in parts.
fn whole(config: &mut TrainConfig, root: &Path) -> Summary {
    config.checkpoint_minutes = 0.0;
    config.out = Some(root.join("whole"));
    let summary = session(config, None).0.unwrap();
    assert_eq!(summary.resumed, [0; 0]);
    config.out = Some(root.join("parts"));
    summary
}

/// Stops the run at the `after`th question.
fn pause(config: &mut TrainConfig, after: usize) {
    let error = session(config, Some(after)).0.unwrap_err();
    assert!(matches!(error, Error::Interrupted { .. }), "{error}");
    config.resume = true;
}

/// Finishes the interrupted run, checks that its results are the same, and returns its notes.
#[track_caller]
fn assert_ends(config: &TrainConfig, whole: &Summary, resumed: &[usize]) -> Vec<String> {
    let (parts, notes) = session(config, None);
    let parts = parts.unwrap();
    assert_eq!(parts.resumed, resumed);
    assert_eq!(parts.epoch_accuracies, whole.epoch_accuracies);
    let counts = |run: &Summary| (run.flops, run.steps, run.samples_seen, run.samples_kept);
    assert_eq!(counts(&parts), counts(whole));
    let folder = config.out.as_ref().unwrap();
    assert_eq!(trace(folder), trace(&folder.with_file_name("whole")));
    assert_worked(folder, &parts);
    notes
}

/// Checks that the epochs' times continue over all sessions and add up to the run's.
#[track_caller]
fn assert_worked(folder: &Path, run: &Summary) {
    let text = fs::read_to_string(folder.join("metrics.jsonl")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let worked: Vec<f64> = lines
        .filter_map(|line: Value| line["working_seconds"].as_f64())
        .collect();
    assert_eq!(worked.len(), run.epoch_accuracies.len());
    assert!(worked.is_sorted(), "{worked:?}");
    let last = worked[worked.len() - 1];
    assert!((last - run.seconds.working()).abs() < 1e-9, "{worked:?}");
}

#[test]
fn a_run_stopped_anywhere_ends_like_one_that_never_was() {
    let root = tempfile::tempdir().unwrap();
    let mut config = adamw(MethodName::Gstds);
    let expected = whole(&mut config, root.path());
    // Before the first step, within an epoch, and in the next.
    for after in [0, 1, 3] {
        pause(&mut config, after);
    }
    assert_ends(&config, &expected, &[1, 4]);
    let error = session(&config, None).0.unwrap_err();
    assert!(matches!(error, Error::RunFinished { .. }), "{error}");
}

#[test]
fn methods_that_go_by_losses_and_streams_go_on_like_runs_that_never_stopped() {
    let _alone = alone();
    let mut jest = config(MethodName::Jest);
    jest.reweight = true;
    jest.residence = Residence::Stream;
    jest.augment = "flip,crop:1".parse().unwrap();
    jest.schedule = "constant:0.5+interrupt:3".parse().unwrap();
    let stratified = config(MethodName::StratifiedLearnability);
    // Within the second epoch, and within the first.
    for (mut config, stop) in [(jest, 4), (stratified, 1)] {
        let root = tempfile::tempdir().unwrap();
        config.max_steps = Some(stop + 1);
        let expected = whole(&mut config, root.path());
        pause(&mut config, stop);
        assert_ends(&config, &expected, &[stop]);
    }
}

#[test]
fn a_damaged_checkpoint_costs_the_steps_since_the_one_before() {
    let root = tempfile::tempdir().unwrap();
    let mut config = config(MethodName::Random);
    config.augment = "flip,crop:1".parse().unwrap();
    config.optimiser.clip = Clip::Value(0.5);
    let expected = whole(&mut config, root.path());
    // Within an epoch and at its end.
    for after in [2, 1] {
        pause(&mut config, after);
    }
    let newest = root
        .path()
        .join("parts/checkpoints/step-000000003.safetensors");
    let mut bytes = fs::read(&newest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&newest, bytes).unwrap();
    let notes = assert_ends(&config, &expected, &[2]);
    let noted = notes.iter().find(|note| note.contains("step-000000003"));
    assert!(
        noted.is_some_and(|note| note.contains("checksum")),
        "{notes:?}"
    );
    assert!(newest.with_extension("damaged").is_file());
}

#[test]
fn a_run_whose_checkpoints_are_gone_keeps_its_records() {
    let root = tempfile::tempdir().unwrap();
    let mut config = config(MethodName::Random);
    config.out = Some(root.path().join("run"));
    pause(&mut config, 1);
    let folder = root.path().join("run");
    for file in fs::read_dir(folder.join("checkpoints")).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    let metrics = folder.join("metrics.jsonl");
    let records = "{\"kind\":\"epoch\"}\n".repeat(2);
    fs::write(&metrics, &records).unwrap();
    config.resume = true;
    let message = session(&config, None).0.unwrap_err().to_string();
    assert!(message.contains("put the checkpoints back"), "{message}");
    assert_eq!(fs::read_to_string(&metrics).unwrap(), records);
}

#[test]
fn what_would_be_another_run_is_refused_and_changes_nothing() {
    let root = tempfile::tempdir().unwrap();
    let mut config = config(MethodName::Random);
    config.out = Some(root.path().join("run"));
    config.resume = true;
    let error = session(&config, None).0.unwrap_err();
    assert!(matches!(error, Error::NoRun { .. }), "{error}");
    config.resume = false;
    pause(&mut config, 1);
    let before = trace_of_checkpoints(root.path());
    let mut other = config.clone();
    other.epochs = 5;
    let message = session(&other, None).0.unwrap_err().to_string();
    assert!(message.contains("epochs is 5, not 2"), "{message}");
    let mut images = dataset();
    images.classes[0] = "another".into();
    let error = train_with(device(), &config, &images, None, &mut Stop::default()).unwrap_err();
    assert!(error.to_string().contains("data set"), "{error}");
    let held = RunFolder::reopen(&root.path().join("run")).unwrap();
    let error = session(&config, None).0.unwrap_err();
    assert!(matches!(error, Error::RunInUse { .. }), "{error}");
    drop(held);
    assert_eq!(trace_of_checkpoints(root.path()), before);
}

fn trace_of_checkpoints(root: &Path) -> (Vec<u8>, Vec<u8>) {
    let read = |name: &str| fs::read(root.join("run").join(name)).unwrap();
    (
        read("metrics.jsonl"),
        read("checkpoints/step-000000001.safetensors"),
    )
}

#[test]
fn a_run_out_of_patience_ends_and_says_so() {
    let root = tempfile::tempdir().unwrap();
    let mut config = config(MethodName::Random);
    config.epochs = 6;
    // Too little to change any answer.
    config.optimiser.learning_rate = 1e-30;
    config.optimiser.weight_decay = 0.0;
    config.patience = Some(1);
    config.max_steps = Some(17);
    config.out = Some(root.path().join("run"));
    let summary = session(&config, None).0.unwrap();
    let accuracies = &summary.epoch_accuracies;
    assert!(accuracies.len() < 6 && summary.stopped_early);
    assert_eq!(summary.steps, 3 * accuracies.len());
    let [.., before, last] = accuracies[..] else {
        panic!("{accuracies:?}");
    };
    assert!(last <= before);
}

/// What these methods learned from earlier steps, or drew beyond an epoch, is part of the checkpoint.
#[test]
fn methods_that_carry_something_from_step_to_step_keep_the_same_rows() {
    for method in [
        MethodName::Guided,
        MethodName::SmallBatch,
        MethodName::InfoBatch,
    ] {
        let root = tempfile::tempdir().unwrap();
        let mut config = adamw(method);
        config.epochs = 7;
        config.schedule = "constant:0.5".parse().unwrap();
        let expected = whole(&mut config, root.path());
        // Within the first pass over the data, and within the third and its epoch.
        for after in [2, 12] {
            pause(&mut config, after);
        }
        assert_ends(&config, &expected, &[2, 14]);
    }
}
