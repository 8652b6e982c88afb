//! A run's epochs, read from `metrics.jsonl`.

use crate::error::{Error, Result};
use gstds_train::flops::Flops;
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

/// A run at the end of an epoch; all counts are totals so far.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct EpochPoint {
    /// From 1.
    pub epoch: usize,
    /// Optimiser steps.
    pub step: usize,
    /// Share of test images classified correctly.
    pub test_accuracy: f64,
    /// Keep ratio of the epoch's schedule.
    pub keep_ratio: f64,
    /// Training images that passed through batches.
    pub samples_seen: u64,
    /// Of those, how many were trained on.
    pub samples_kept: u64,
    /// Operations, counted from shapes: reference, scoring, selection, forward and backward.
    pub flops: f64,
    /// Of those, the reference's.
    pub reference_flops: f64,
    /// Wall-clock seconds of reference, selection and training; neither data nor test images.
    pub seconds: f64,
}

/// The keys of an epoch's line that a point is made of.
#[derive(Deserialize)]
struct EpochLine {
    epoch: usize,
    step: usize,
    test_accuracy: f64,
    keep_ratio: f64,
    samples_seen: u64,
    samples_kept: u64,
    flops: Flops,
    working_seconds: f64,
}

#[derive(Deserialize)]
struct Kind {
    kind: String,
}

/// The epochs in a run's `metrics.jsonl`; none where the file is not there yet. A last line without
/// its end is one that is being written, and is passed over.
///
/// # Errors
/// [`Error::RunFile`] for an invalid line, by its number, [`Error::Data`] for a file
/// that cannot be read.
pub fn read_curve(path: &Path) -> Result<Vec<EpochPoint>> {
    let failed = || gstds_data::Error::io("reading", path);
    let mut file = match File::open(path) {
        Ok(file) => BufReader::new(file),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(failed()(e).into()),
    };
    let mut curve = Vec::new();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        file.read_until(b'\n', &mut line).map_err(failed())?;
        if line.last() != Some(&b'\n') {
            break;
        }
        let read = point(&line).map_err(|reason| Error::RunFile {
            path: path.into(),
            reason: format!("line {number}: {reason}"),
        })?;
        curve.extend(read);
    }
    Ok(curve)
}

/// Working seconds of a run at most: 30,000 years.
const LONGEST: f64 = 1e12;

fn point(line: &[u8]) -> Result<Option<EpochPoint>, String> {
    let strange = |e: serde_json::Error| e.to_string();
    if serde_json::from_slice::<Kind>(line).map_err(strange)?.kind != "epoch" {
        return Ok(None);
    }
    let line: EpochLine = serde_json::from_slice(line).map_err(strange)?;
    // A chart's axis takes them as they are.
    for (key, value, most) in [
        ("test_accuracy", line.test_accuracy, 1.0),
        ("keep_ratio", line.keep_ratio, 1.0),
        ("working_seconds", line.working_seconds, LONGEST),
    ] {
        if !(0.0..=most).contains(&value) {
            return Err(format!("{key} is {value:e}, and runs have 0 to {most:e}"));
        }
    }
    Ok(Some(EpochPoint {
        epoch: line.epoch,
        step: line.step,
        test_accuracy: line.test_accuracy,
        keep_ratio: line.keep_ratio,
        samples_seen: line.samples_seen,
        samples_kept: line.samples_kept,
        flops: line.flops.total() as f64,
        reference_flops: line.flops.reference as f64,
        seconds: line.working_seconds,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_no_run_has_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let read = |accuracy: &str, ratio: &str, seconds: &str, flops: &str| {
            let line = format!(
                r#"{{"kind":"epoch","epoch":1,"step":2,"test_accuracy":{accuracy},"keep_ratio":{ratio},"samples_seen":3,"samples_kept":4,"working_seconds":{seconds},"flops":{{"reference":0,"selection":{flops},"scoring":0,"forward":{flops},"backward":1}}}}"#
            );
            std::fs::write(&path, line + "\n").unwrap();
            read_curve(&path)
        };
        let most = u64::MAX.to_string();
        assert_eq!(
            read("1", "0.25", "9.5", &most).unwrap()[0].flops,
            u64::MAX as f64
        );
        for (line, key) in [
            (read("-0.5", "1", "1", "1"), "test_accuracy is -5e-1"),
            (read("1", "1.5", "1", "1"), "keep_ratio is 1.5e0"),
            (read("1", "1", "1e308", "1"), "working_seconds is 1e308"),
            (read("1", "1", "-1e308", "1"), "working_seconds is -1e308"),
        ] {
            let message = line.unwrap_err().to_string();
            assert!(
                message.contains(key) && message.contains("line 1"),
                "{message}"
            );
        }
    }

    #[test]
    fn a_half_written_line_is_passed_over_and_a_strange_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        assert_eq!(read_curve(&path).unwrap(), []);
        std::fs::write(&path, "{\"kind\":\"step\",\"loss\":1}\n{\"kind\":\"epo").unwrap();
        assert_eq!(read_curve(&path).unwrap(), []);
        for strange in ["{\"kind\":\"epoch\"}\n", "no\n", "\n", "\u{0}\n"] {
            std::fs::write(&path, format!("{{\"kind\":\"step\"}}\n{strange}")).unwrap();
            let message = read_curve(&path).unwrap_err().to_string();
            assert!(
                message.contains("metrics.jsonl") && message.contains("line 2"),
                "{message}"
            );
        }
    }
}
