//! One run, read from its folder.

use super::epoch_log::{EpochPoint, read_curve};
use crate::error::{Error, Result};
use gstds_train::flops::Flops;
use gstds_train::run::{ReferenceCost, RunFolder, Seconds, TrainConfig};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A run on disk, finished or not.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its folder.
    pub folder: PathBuf,
    /// Its configuration.
    pub config: TrainConfig,
    /// What was measured at the end of each epoch, in their order.
    pub curve: Vec<EpochPoint>,
    /// Its summary; none for an unfinished run.
    pub summary: Option<RunSummary>,
}

/// The contents of `summary.json`; [`Summary`](gstds_train::run::Summary) explains each field.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct RunSummary {
    /// Version of this crate.
    pub version: String,
    /// The learner, such as `resnet8-w16`.
    pub learner: String,
    /// Its trainable values.
    pub parameters: usize,
    /// Name of the GPU adapter.
    pub adapter: String,
    /// Its backend and driver.
    pub driver: String,
    /// Whether it is a software adapter.
    pub software_adapter: bool,
    /// Share of test images classified correctly at the end.
    pub test_accuracy: f64,
    /// Test accuracy of naming the most frequent class for every image; none in runs of versions
    /// that did not write it.
    #[serde(default)]
    pub chance: Option<f64>,
    /// Whether patience ended it.
    pub stopped_early: bool,
    /// Optimiser steps.
    pub steps: usize,
    /// Training images that passed through batches, with repetition.
    pub samples_seen: u64,
    /// Of those, how many were trained on.
    pub samples_kept: u64,
    /// Operations, counted from shapes.
    pub flops: Flops,
    /// Time.
    pub seconds: Seconds,
    /// Where the features came from.
    pub reference: Option<ReferenceCost>,
}

impl Run {
    /// Reads the run in `folder`. Costs a pass over its `metrics.jsonl`.
    ///
    /// # Errors
    /// [`Error::Train`](crate::Error::Train) without a valid `config.toml`,
    /// [`Error::RunFile`](crate::Error::RunFile) for invalid contents,
    /// [`Error::Data`](crate::Error::Data) for a file that cannot be read.
    pub fn read(folder: &Path) -> Result<Self> {
        let config = RunFolder::config(folder)?;
        Ok(Self {
            curve: read_curve(&folder.join("metrics.jsonl"))?,
            summary: summary(&folder.join("summary.json"))?,
            folder: folder.into(),
            config,
        })
    }

    /// Share of test images classified correctly after the last epoch that was evaluated.
    #[must_use]
    pub fn accuracy(&self) -> Option<f64> {
        self.curve.last().map(|point| point.test_accuracy)
    }

    /// Whether it is finished.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.summary.is_some()
    }
}

fn summary(path: &Path) -> Result<Option<RunSummary>> {
    if !path.exists() {
        return Ok(None);
    }
    let text = std::fs::read(path).map_err(gstds_data::Error::io("reading", path))?;
    let read = serde_json::from_slice(&text).map_err(|e| Error::RunFile {
        path: path.into(),
        reason: e.to_string(),
    })?;
    Ok(Some(read))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::fixtures::{FixtureRun, write};

    #[test]
    fn a_run_is_read_as_it_was_written() {
        let root = tempfile::tempdir().unwrap();
        let made = FixtureRun::new("random", 3, &[0.5, 0.625]);
        let folder = write(root.path(), &made);
        let run = Run::read(&folder).unwrap();
        assert_eq!((run.config.seed, run.folder), (3, folder));
        assert_eq!(run.curve.len(), 2);
        assert_eq!(run.curve[1].test_accuracy, 0.625);
        assert_eq!(run.curve[1].samples_kept, 2 * run.curve[0].samples_kept);
        assert_eq!(run.summary.unwrap().test_accuracy, 0.625);
    }

    #[test]
    fn a_run_that_goes_on_has_no_summary_and_what_is_no_run_is_named() {
        let root = tempfile::tempdir().unwrap();
        let folder = write(root.path(), &FixtureRun::new("random", 3, &[0.5]));
        std::fs::remove_file(folder.join("summary.json")).unwrap();
        let run = Run::read(&folder).unwrap();
        assert!(!run.is_finished() && run.accuracy() == Some(0.5));
        let error = Run::read(root.path()).unwrap_err();
        assert!(
            matches!(error, Error::Train(gstds_train::Error::NoRun { .. })),
            "{error}"
        );
        std::fs::write(folder.join("summary.json"), "{}").unwrap();
        let message = Run::read(&folder).unwrap_err().to_string();
        assert!(
            message.contains("summary.json") && message.contains("missing field"),
            "{message}"
        );
    }
}
