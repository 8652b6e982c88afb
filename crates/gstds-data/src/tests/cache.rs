//! Crops kept on disk: the same as fresh ones, and made again when anything is amiss.

use super::samples::{self, write};
use super::{holds, pixels, source};
use crate::{Corruption, OpenedDataset, open};
use std::path::{Path, PathBuf};

fn cached(folder: &Path, cache: &Path) -> OpenedDataset {
    open(&source("pets", folder), Some(cache), &mut |_, _| {}).unwrap()
}

fn files(cache: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(cache).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn a_warm_cache_gives_the_same_and_decodes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("some/cache");
    samples::pets(folder.path());
    let mut calls = Vec::new();
    let pets = source("pets", folder.path());
    let cold = open(&pets, Some(&cache), &mut |done, total| {
        calls.push((done, total));
    })
    .unwrap();
    assert_eq!((cold.decoded, calls), (9, vec![(6, 9), (9, 9)]));
    let warm = open(&pets, Some(&cache), &mut |_, _| panic!("nothing to do")).unwrap();
    assert_eq!(warm.decoded, 0);
    assert_eq!(warm.dataset, cold.dataset);
    let none = open(&pets, None, &mut |_, _| {}).unwrap().dataset;
    for (one, two) in [
        (&none.train, &warm.dataset.train),
        (&none.test, &warm.dataset.test),
    ] {
        assert_eq!(pixels(one), pixels(two));
    }
    let warnings = [cold.warnings, warm.warnings].concat();
    assert_eq!((warnings, files(&cache).len()), (Vec::new(), 2));
}

/// A split in a file and the same split in memory have the same fingerprint.
#[test]
fn the_fingerprint_in_the_file_is_that_of_the_pixels() {
    let folder = tempfile::tempdir().unwrap();
    samples::pets(folder.path());
    let split = cached(folder.path(), folder.path()).dataset.train;
    let labels = split.labels().to_vec();
    let copy = crate::Split::new("train", split.shape(), pixels(&split), labels, 3).unwrap();
    assert_eq!(copy.pixel_fingerprint(), split.pixel_fingerprint());
    assert_eq!(copy, split);
    let (mut some, mut again) = (Vec::new(), Vec::new());
    split.read(&[4, 0, 1, 5], &mut some).unwrap();
    copy.read(&[4, 0, 1, 5], &mut again).unwrap();
    assert_eq!((some.len(), &some), (4 * 192, &again));
}

#[test]
fn whatever_byte_is_damaged_the_file_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    samples::pets(folder.path());
    let sound = cached(folder.path(), &cache).dataset;
    let files = files(&cache);
    let [test, train] = &files[..] else {
        panic!("{files:?}")
    };
    let bytes = std::fs::read(train).unwrap();
    let last = bytes.len() - 1;
    let mut wrong: Vec<Vec<u8>> = [
        0,
        15,
        16,
        24,
        32,
        40,
        104,
        168,
        231,
        232,
        700,
        last - 1,
        last,
    ]
    .into_iter()
    .map(|at| {
        let mut wrong = bytes.clone();
        wrong[at] ^= 1;
        wrong
    })
    .collect();
    wrong.extend([vec![], bytes[..231].to_vec(), bytes[..last].to_vec()]);
    wrong.push([&bytes[..], &[0]].concat());
    // Whole and sound, but another split's.
    wrong.push(std::fs::read(test).unwrap());
    for (case, wrong) in wrong.into_iter().enumerate() {
        write(train, wrong);
        let again = cached(folder.path(), &cache);
        assert_eq!((again.decoded, &again.dataset), (6, &sound), "case {case}");
        assert_eq!(again.warnings.len(), 1, "case {case}");
        let path = train.display().to_string();
        holds(&again.warnings[0], &[&path, "decoded again"]);
        assert_eq!(std::fs::read(train).unwrap(), bytes, "case {case}");
    }
}

#[test]
fn a_changed_image_or_side_has_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    samples::pets(folder.path());
    cached(folder.path(), &cache);
    let image = folder.path().join("images/Bengal_2.jpg");
    write(&image, samples::jpeg(99));
    let changed = std::fs::File::options().write(true).open(&image).unwrap();
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(9);
    changed.set_modified(later).unwrap();
    assert_eq!(cached(folder.path(), &cache).decoded, 3);
    let mut larger = source("pets", folder.path());
    larger.side = 9;
    let larger = open(&larger, Some(&cache), &mut |_, _| {}).unwrap();
    assert_eq!((larger.decoded, files(&cache).len()), (9, 5));
}

/// As copies and archives that preserve times leave it.
#[cfg(unix)]
#[test]
fn another_image_of_the_same_length_and_time_is_decoded_again() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    samples::pets(folder.path());
    cached(folder.path(), &cache);
    let image = folder.path().join("images/Bengal_2.jpg");
    let time = image.metadata().unwrap().modified().unwrap();
    let same = std::fs::read(&image).unwrap();
    write(&image, same);
    let file = std::fs::File::options().write(true).open(&image).unwrap();
    file.set_modified(time).unwrap();
    assert_eq!(cached(folder.path(), &cache).decoded, 3);
}

#[test]
fn the_first_images_of_a_file_are_read_where_they_lie() {
    let folder = tempfile::tempdir().unwrap();
    samples::pets(folder.path());
    let whole = open(&source("pets", folder.path()), None, &mut |_, _| {}).unwrap();
    let mut few = source("pets", folder.path());
    few.per_class = Some(1);
    let few = open(&few, None, &mut |_, _| {}).unwrap().dataset;
    assert_eq!(few.test, whole.dataset.test);
    let (train, all) = (few.train, whole.dataset.train);
    assert_eq!(train.labels(), [0, 1, 2]);
    let first = |label| all.labels().iter().position(|&it| it == label).unwrap();
    let mut expected = Vec::new();
    all.read(&[0, 1, 2].map(first), &mut expected).unwrap();
    assert_eq!(pixels(&train), expected);
    assert_ne!(train.pixel_fingerprint(), all.pixel_fingerprint());
    let fewer = train.first_of_each_class(1).unwrap();
    assert_eq!(pixels(&fewer), expected);
}

#[test]
fn rows_of_a_corrupted_split_are_read_from_the_file() {
    let folder = tempfile::tempdir().unwrap();
    samples::class_folders(folder.path(), &["cat", "dog"], 12);
    let whole = open(&source("folder", folder.path()), None, &mut |_, _| {});
    let whole = whole.unwrap().dataset;
    let corruption = Corruption {
        imbalance: Some(0.5),
        duplicate: Some(3),
        ..Corruption::default()
    };
    let under = corruption.apply(&whole, 2).unwrap();
    let rows = under.rows();
    assert!(rows.len() < whole.train.len() && under.distinct() < rows.len());
    let mut expected = Vec::new();
    whole.train.read(rows, &mut expected).unwrap();
    assert_eq!(pixels(&under.dataset.train), expected);
    let other = corruption.apply(&whole, 3).unwrap();
    assert_ne!(other.dataset.fingerprint(), under.dataset.fingerprint());
    assert_eq!(under.dataset.test, whole.test);
}

#[test]
fn a_class_whose_images_are_all_bad_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    samples::class_folders(folder.path(), &["cat", "dog"], 5);
    for image in std::fs::read_dir(folder.path().join("dog")).unwrap() {
        write(&image.unwrap().path(), "no picture");
    }
    let mut folders = source("folder", folder.path());
    folders.skip_bad = true;
    let found = open(&folders, None, &mut |_, _| {}).unwrap();
    assert_eq!(found.skipped.len(), 5);
    assert!(found.skipped.iter().any(|image| image.split == "test"));
    holds(
        &found.warnings.join("; "),
        &["no image of dog is left in the train split"],
    );
}

#[test]
fn a_cache_that_cannot_be_written_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    samples::pets(folder.path());
    let file = folder.path().join("file");
    write(&file, "");
    let found = cached(folder.path(), &file.join("cache"));
    assert_eq!((found.decoded, found.warnings.len()), (9, 2));
    holds(
        &found.warnings[0],
        &["file/cache", "decoded again next time"],
    );
    assert_eq!(pixels(&found.dataset.train).len(), 6 * 192);
}

#[test]
fn corrupt_images_are_named_or_skipped_cold_and_warm() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    samples::pets(folder.path());
    let image = |name: &str| folder.path().join(format!("images/{name}.jpg"));
    let whole = samples::jpeg(5);
    write(&image("Bengal_0"), &whole[..whole.len() - 9]);
    write(&image("Bengal_2"), "GIF89a");
    let mut pets = source("pets", folder.path());
    // The crops of sound images are kept, so asking again costs nothing.
    for expected in [9, 0] {
        let mut total = 0;
        let mut count = |_, all| total = all;
        let message = open(&pets, Some(&cache), &mut count)
            .unwrap_err()
            .to_string();
        holds(
            &message,
            &["2 of 9 images", "images/Bengal_0.jpg (truncated"],
        );
        holds(&message, &["images/Bengal_2.jpg (", "skip_bad"]);
        assert_eq!(total, expected);
    }
    pets.skip_bad = true;
    let found = open(&pets, Some(&cache), &mut |_, _| {}).unwrap();
    assert_eq!(found.dataset.train.labels(), [0, 0, 1, 2, 2]);
    assert_eq!(found.dataset.test.labels(), [0, 2]);
    let paths: Vec<&Path> = found.skipped.iter().map(|image| &*image.path).collect();
    let expected = ["images/Bengal_0.jpg", "images/Bengal_2.jpg"].map(Path::new);
    assert_eq!((paths, found.decoded), (expected.to_vec(), 0));
    assert_eq!(pixels(&found.dataset.test).len(), 2 * 192);

    for name in ["american_bulldog_2", "yorkshire_terrier_2"] {
        write(&image(name), "");
    }
    let message = open(&pets, Some(&cache), &mut |_, _| {})
        .unwrap_err()
        .to_string();
    holds(&message, &["none of the 3 images of the test split"]);
}
