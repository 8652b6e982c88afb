//! CIFAR-10's binary version: six files of records, one byte of label and 3,072 bytes of pixels.

use super::read;
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::split::{ImageShape, Split};
use rayon::prelude::*;
use std::path::Path;

pub(crate) const LAYOUT: &str = "the folder cifar-10-batches-bin or the one above it, with data_batch_1.bin to data_batch_5.bin and test_batch.bin: unpack the binary version from the CIFAR-10 page of the University of Toronto";

const FOLDER: &str = "cifar-10-batches-bin";
const TRAINING: [&str; 5] = [
    "data_batch_1.bin",
    "data_batch_2.bin",
    "data_batch_3.bin",
    "data_batch_4.bin",
    "data_batch_5.bin",
];
const TEST: &str = "test_batch.bin";
const NAMES: &str = "batches.meta.txt";
/// Used when there is no [`NAMES`].
const CLASSES: [&str; 10] = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
];
const SHAPE: ImageShape = ImageShape {
    height: 32,
    width: 32,
    channels: 3,
};
/// Pixels in a plane; an image is three planes in a row.
const PLANE: usize = 32 * 32;
const RECORD: usize = 1 + 3 * PLANE;
/// Records of an official batch. A part of the data set has fewer.
const RECORDS: usize = 10_000;

/// Images and labels of one or more batches.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Records {
    pub pixels: Vec<u8>,
    pub labels: Vec<u16>,
}

/// Reads all six files; warns about those that are shorter than the official ones.
pub(crate) fn read(folder: &Path) -> Result<(Dataset, Vec<String>)> {
    let home = [folder.to_path_buf(), folder.join(FOLDER)]
        .into_iter()
        .find(|home| home.join(TRAINING[0]).exists() || home.join(TEST).exists())
        .ok_or_else(|| Error::Layout {
            path: folder.into(),
            dataset: "cifar10".into(),
            reason: format!(
                "neither it nor {FOLDER} in it holds {}{}",
                TRAINING[0],
                python_version(folder)
            ),
            layout: LAYOUT,
        })?;
    let mut warnings = Vec::new();
    let mut split = |name, files: &[&str]| -> Result<Split> {
        let mut records = Records::default();
        for file in files {
            batch(&home.join(file), &mut records, &mut warnings)?;
        }
        Split::new(name, SHAPE, records.pixels, records.labels, CLASSES.len())
    };
    let (train, test) = (split("train", &TRAINING), split("test", &[TEST]));
    let names = home.join(NAMES);
    let dataset = Dataset {
        name: "cifar10".into(),
        classes: if names.exists() {
            class_names(&names, &read::text(&names)?)?
        } else {
            CLASSES.map(String::from).into()
        },
        train: train?,
        test: test?,
    };
    Ok((dataset, warnings))
}

fn python_version(folder: &Path) -> &'static str {
    let pickles = |home: &Path| home.join("data_batch_1").exists();
    if pickles(folder) || pickles(&folder.join("cifar-10-batches-py")) {
        " (it holds the Python version)"
    } else {
        ""
    }
}

fn batch(path: &Path, into: &mut Records, warnings: &mut Vec<String>) -> Result<()> {
    let bytes = read::bytes(path, (RECORDS * RECORD) as u64)?;
    let before = into.labels.len();
    records(path, &bytes, into)?;
    let count = into.labels.len() - before;
    if count < RECORDS {
        warnings.push(format!(
            "{} holds {count} images; the official file holds {RECORDS}",
            path.display()
        ));
    }
    Ok(())
}

/// Appends the records in `bytes`, their planes interleaved to RGB pixels.
pub(super) fn records(path: &Path, bytes: &[u8], into: &mut Records) -> Result<()> {
    let (records, rest) = bytes.as_chunks::<RECORD>();
    if records.is_empty() || !rest.is_empty() {
        let reason = format!(
            "it has {} bytes, which is not a multiple of a record's {RECORD}; {RECORDS} records, {} bytes, were expected: download it again",
            bytes.len(),
            RECORDS * RECORD
        );
        return Err(Error::file(path, reason));
    }
    if let Some(record) = records.iter().position(|record| record[0] >= 10) {
        let reason = format!(
            "record {record} has label {}, and labels go from 0 to 9",
            records[record][0]
        );
        return Err(Error::file(path, reason));
    }
    into.labels
        .extend(records.iter().map(|record| u16::from(record[0])));
    let before = into.pixels.len();
    into.pixels
        .resize(before + records.len() * SHAPE.bytes(), 0);
    into.pixels[before..]
        .par_chunks_exact_mut(SHAPE.bytes())
        .zip(records)
        .for_each(|(image, record)| {
            for (place, pixel) in image.as_chunks_mut::<3>().0.iter_mut().enumerate() {
                *pixel = [0, 1, 2].map(|channel| record[1 + channel * PLANE + place]);
            }
        });
    Ok(())
}

/// Ten names, one per line; empty lines are skipped.
pub(super) fn class_names(path: &Path, text: &str) -> Result<Vec<String>> {
    let names = text.lines().map(str::trim).filter(|name| !name.is_empty());
    let names: Vec<String> = names.map(String::from).collect();
    if names.len() != CLASSES.len() {
        let reason = format!(
            "it holds {} class names, and {} were expected, one per line; correct or remove it",
            names.len(),
            CLASSES.len()
        );
        return Err(Error::file(path, reason));
    }
    Ok(names)
}
