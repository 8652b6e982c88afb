//! Synthetic runs for tests.

use super::{epoch_log::EpochPoint, group::Group, run::Run};
use gstds_train::method::MethodName;
use gstds_train::run::TrainConfig;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Images of an epoch.
const IMAGES: u64 = 400;

/// A run by the test accuracies of its epochs.
pub(crate) struct FixtureRun {
    pub config: TrainConfig,
    pub accuracies: Vec<f64>,
}

impl FixtureRun {
    pub(crate) fn new(method: &str, seed: u64, accuracies: &[f64]) -> Self {
        let method: MethodName = method.parse().unwrap();
        let mut config = TrainConfig::new(method, true);
        config.seed = seed;
        Self {
            config,
            accuracies: accuracies.to_vec(),
        }
    }

    /// The run as it would be read.
    pub(crate) fn run(&self) -> Run {
        let root = tempfile::tempdir().unwrap();
        Run::read(&write(root.path(), self)).unwrap()
    }

    fn points(&self) -> Vec<EpochPoint> {
        let kept = self.config.method.keeps(IMAGES as usize, 0.25) as u64;
        let epochs = self.accuracies.iter().zip(1u32..);
        let point = |(&test_accuracy, epoch): (&f64, u32)| EpochPoint {
            epoch: epoch as usize,
            step: 10 * epoch as usize,
            test_accuracy,
            keep_ratio: 0.25,
            samples_seen: IMAGES * u64::from(epoch),
            samples_kept: kept * u64::from(epoch),
            flops: (1000 * kept * u64::from(epoch)) as f64,
            reference_flops: 0.0,
            seconds: 0.5 * f64::from(epoch),
        };
        epochs.map(point).collect()
    }
}

/// A group whose seeds, from 0, have these accuracies.
pub(crate) fn group(method: &str, accuracies: &[&[f64]]) -> Group {
    let runs = accuracies.iter().zip(0..);
    Group {
        label: method.into(),
        runs: runs
            .map(|(accuracies, seed)| FixtureRun::new(method, seed, accuracies).run())
            .collect(),
        repeated: 0,
    }
}

/// Writes a finished run below `root`.
pub(crate) fn write(root: &Path, made: &FixtureRun) -> PathBuf {
    let name = format!("{}-{}", made.config.method, made.config.seed);
    let folder = root.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let points = made.points();
    let lines = points.iter().map(|point| format!("{}\n", line(point)));
    let metrics: String = lines.collect();
    std::fs::write(folder.join("metrics.jsonl"), metrics).unwrap();
    std::fs::write(folder.join("config.toml"), made.config.to_toml().unwrap()).unwrap();
    let summary = summary(made, points.last().unwrap());
    std::fs::write(folder.join("summary.json"), summary.to_string()).unwrap();
    folder
}

fn line(point: &EpochPoint) -> Value {
    json!({
        "kind": "epoch",
        "epoch": point.epoch,
        "step": point.step,
        "test_accuracy": point.test_accuracy,
        "keep_ratio": point.keep_ratio,
        "samples_seen": point.samples_seen,
        "samples_kept": point.samples_kept,
        "seconds": point.seconds + 1.0,
        "working_seconds": point.seconds,
        "flops": flops(point),
    })
}

fn flops(point: &EpochPoint) -> Value {
    let all = point.flops as u64;
    json!({ "reference": 0, "selection": 0, "scoring": 0, "forward": all / 4, "backward": all - all / 4 })
}

fn summary(made: &FixtureRun, last: &EpochPoint) -> Value {
    json!({
        "version": "0.1.0",
        "learner": made.config.learner.name(),
        "parameters": 77,
        "adapter": "none",
        "driver": "synthetic",
        "software_adapter": true,
        "test_accuracy": last.test_accuracy,
        "stopped_early": false,
        "steps": last.step,
        "samples_seen": last.samples_seen,
        "samples_kept": last.samples_kept,
        "flops": flops(last),
        "seconds": {
            "data": 0.0, "reference": 0.0, "selection": 0.0, "training": last.seconds,
            "waiting": 0.0, "evaluation": 0.5, "first_step": 0.1, "total": last.seconds + 1.0,
        },
        "reference": null,
    })
}
