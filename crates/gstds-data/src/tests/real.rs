//! The official data sets, where they are available: they may not be part of the project.

use super::{opened, pixels};
use crate::Split;
use gstds_testing::{present, shared};
use std::path::PathBuf;

fn counts(split: &Split, classes: usize) -> Vec<usize> {
    let mut counts = vec![0; classes];
    for &label in split.labels() {
        counts[usize::from(label)] += 1;
    }
    counts
}

fn data() -> PathBuf {
    std::env::var_os("GSTDS_DATA").map_or_else(|| "data".into(), PathBuf::from)
}

/// The embedded data set is the first images of each class of the whole one.
#[test]
fn fashion_mnist_holds_the_embedded_part() {
    let debian = PathBuf::from("/usr/share/datasets/fashion-mnist");
    let folder = if debian.exists() {
        Some(debian)
    } else {
        present(data().join("fashion-mnist"), "$GSTDS_DATA")
    };
    let Some(folder) = folder else { return };
    let whole = opened("fashion-mnist", &folder).dataset;
    let part = crate::embedded().unwrap();
    assert_eq!(counts(&whole.train, 10), [6000; 10]);
    assert_eq!(counts(&whole.test, 10), [1000; 10]);
    for (whole, part, each) in [
        (&whole.train, &part.train, 500),
        (&whole.test, &part.test, 100),
    ] {
        let mut seen = [0; 10];
        let mut first = |&row: &usize| {
            let count = &mut seen[usize::from(whole.labels()[row])];
            *count += 1;
            *count <= each
        };
        let rows: Vec<usize> = (0..whole.len()).filter(&mut first).collect();
        let mut images = Vec::new();
        whole.read(&rows, &mut images).unwrap();
        assert!(images == pixels(part), "other pixels");
    }
}

#[test]
fn cifar10_is_the_official_one() {
    let folder = data();
    let Some(_) = present(folder.join("cifar-10-batches-bin"), "$GSTDS_DATA") else {
        return;
    };
    let found = opened("cifar10", &folder);
    assert_eq!(found.warnings, Vec::<String>::new());
    let data = found.dataset;
    assert_eq!(counts(&data.train, 10), [5000; 10]);
    assert_eq!(counts(&data.test, 10), [1000; 10]);
    assert_eq!(data.classes[9], "truck");
    let mut sums = [0u64; 3];
    for pixel in pixels(&data.train).as_chunks::<3>().0 {
        for (sum, &value) in sums.iter_mut().zip(pixel) {
            *sum += u64::from(value);
        }
    }
    let means = sums.map(|sum| sum as f64 / (50_000.0 * 1024.0 * 255.0));
    for (mean, expected) in means.into_iter().zip([0.49139968, 0.48215841, 0.44653091]) {
        assert!((mean - expected).abs() < 5e-9, "{mean} {expected}");
    }
}

#[test]
fn flowers_are_the_official_ones() {
    let Some(folder) = shared("flowers102") else {
        return;
    };
    let data = opened("flowers", &folder).dataset;
    assert_eq!((data.train.len(), data.test.len()), (1020, 6149));
    assert_eq!(counts(&data.train, 102), [10; 102]);
    assert!(counts(&data.test, 102).iter().all(|&count| count >= 20));
    let valid = crate::formats::flowers::list("flowers-valid", &folder).unwrap();
    let all = crate::formats::flowers::list("flowers-trainval", &folder).unwrap();
    assert_eq!(
        (valid.test.files.len(), all.train.files.len()),
        (1020, 2040)
    );

    let csv = std::fs::read_to_string(folder.join("labels.csv")).unwrap();
    let rows: std::collections::HashMap<&str, (&str, &str)> = csv
        .lines()
        .skip(1)
        .map(|line| {
            let columns: Vec<&str> = line.split(',').collect();
            (columns[0], (columns[1], columns[2]))
        })
        .collect();
    let mut seen = 0;
    for (listed, split) in [(&all.train, ["train", "val"]), (&all.test, ["test"; 2])] {
        for (file, label) in listed.files.iter().zip(&listed.labels) {
            let (expected, part) = rows[file.file_name().unwrap().to_str().unwrap()];
            assert_eq!((label + 1).to_string(), expected, "{}", file.display());
            assert!(split.contains(&part), "{part}");
            seen += 1;
        }
    }
    assert_eq!(seen, 8189);
}

#[test]
fn parts_of_the_pets() {
    let Some(folder) = shared("pets") else {
        return;
    };
    let data = opened("pets", &folder.join("subset37")).dataset;
    assert_eq!((data.train.len(), data.test.len()), (735, 735));
    assert_eq!(data.classes.len(), 37);
    let both = counts(&data.train, 37)
        .into_iter()
        .zip(counts(&data.test, 37));
    for (train, test) in both {
        assert!((36..=40).contains(&(train + test)), "{train} {test}");
    }
    assert_eq!(
        (&*data.classes[0], &*data.classes[36]),
        ("Abyssinian", "yorkshire_terrier")
    );

    let data = opened("pets", &folder.join("subset7")).dataset;
    assert_eq!((data.train.len(), data.test.len()), (700, 698));
    assert_eq!(counts(&data.train, 7), [100; 7]);
    let classes = [
        "Abyssinian",
        "american_bulldog",
        "Bengal",
        "german_shorthaired",
    ];
    assert_eq!(data.classes[..4], classes);
}
