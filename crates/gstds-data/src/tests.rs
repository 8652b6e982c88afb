//! Whole data sets from disk: generated ones in the official layouts, and real ones where present.

mod binary_sets;
mod cache;
mod fingerprint;
mod fuzzing;
mod image_sets;
mod real;
pub(super) mod samples;

pub(super) use fuzzing::*;

use super::{Dataset, DatasetConfig, OpenedDataset, Split, open};
use std::path::Path;

fn source(dataset: &str, folder: &Path) -> DatasetConfig {
    DatasetConfig {
        dataset: dataset.into(),
        folder: Some(folder.into()),
        side: 8,
        skip_bad: false,
        ..DatasetConfig::default()
    }
}

fn opened(dataset: &str, folder: &Path) -> OpenedDataset {
    open(&source(dataset, folder), None, &mut |_, _| {}).unwrap()
}

fn dataset(name: &str, folder: &Path) -> Dataset {
    opened(name, folder).dataset
}

/// The error message for a data set that must be refused.
fn refused(name: &str, folder: &Path) -> String {
    open(&source(name, folder), None, &mut |_, _| {})
        .unwrap_err()
        .to_string()
}

fn pixels(split: &Split) -> Vec<u8> {
    let mut pixels = Vec::new();
    split
        .read(&Vec::from_iter(0..split.len()), &mut pixels)
        .unwrap();
    pixels
}

fn holds(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

fn temporary() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}
