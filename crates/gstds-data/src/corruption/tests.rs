//! Data sets with a corrupted training split.

use super::{CorruptedDataset, Corruption};
use crate::{Dataset, ImageShape, Split};
use std::collections::BTreeMap;

const SHAPE: ImageShape = ImageShape {
    height: 1,
    width: 2,
    channels: 1,
};

/// Images that differ in their pixels, the same number of each class.
fn dataset(classes: usize, each: usize) -> Dataset {
    let split = |name, images: usize| {
        let labels = (0..images).map(|image| (image % classes) as u16).collect();
        let bytes = |image: usize| (image as u16).to_le_bytes();
        Split::new(
            name,
            SHAPE,
            (0..images).flat_map(bytes).collect(),
            labels,
            classes,
        )
        .unwrap()
    };
    Dataset {
        name: "numbers".into(),
        classes: (0..classes).map(|class| class.to_string()).collect(),
        train: split("train", classes * each),
        test: split("test", 7),
    }
}

fn corrupted(
    dataset: &Dataset,
    seed: u64,
    change: impl FnOnce(&mut Corruption),
) -> crate::Result<CorruptedDataset> {
    let mut corruption = Corruption::default();
    change(&mut corruption);
    corruption.apply(dataset, seed)
}

fn pixels(split: &Split) -> Vec<u8> {
    let mut pixels = Vec::new();
    let rows: Vec<usize> = (0..split.len()).collect();
    split.read(&rows, &mut pixels).unwrap();
    pixels
}

fn by_class(labels: &[u16]) -> Vec<usize> {
    let mut counts = BTreeMap::new();
    for label in labels {
        *counts.entry(label).or_insert(0) += 1;
    }
    let mut counts: Vec<usize> = counts.into_values().collect();
    counts.sort_unstable();
    counts
}

#[test]
fn classes_shrink_exponentially_in_a_random_order() {
    let dataset = dataset(3, 100);
    let tail = |seed| corrupted(&dataset, seed, |c| c.imbalance = Some(0.04)).unwrap();
    let first = tail(1);
    // 1, sqrt(0.04) and 0.04 of 100.
    assert_eq!(by_class(first.dataset.train.labels()), [4, 20, 100]);
    assert!(first.rows().is_sorted() && first.distinct() == 124);
    assert_eq!(first.wrong_labels(), 0);
    let rarest = |tail: CorruptedDataset| {
        let labels = tail.dataset.train.labels().to_vec();
        (0..3).min_by_key(|class| labels.iter().filter(|label| *label == class).count())
    };
    let drawn: Vec<_> = (0..12).map(|seed| rarest(tail(seed))).collect();
    assert!(drawn.iter().any(|class| class != &drawn[0]), "{drawn:?}");
    // At least one image per class.
    let few = corrupted(&dataset, 1, |c| c.imbalance = Some(1e-9)).unwrap();
    assert_eq!(by_class(few.dataset.train.labels())[0], 1);
    let all = corrupted(&dataset, 1, |c| c.imbalance = Some(1.0)).unwrap();
    assert_eq!(all.dataset, dataset);
}

#[test]
fn a_fifth_of_the_images_stands_several_times_and_the_set_keeps_its_size() {
    let dataset = dataset(3, 60);
    let copied = corrupted(&dataset, 3, |c| c.duplicate = Some(5)).unwrap();
    assert_eq!((copied.rows().len(), copied.distinct()), (180, 100));
    let runs = copied.rows().chunk_by(|one, next| one == next);
    let times: Vec<usize> = runs.map(<[usize]>::len).collect();
    assert_eq!(times.iter().filter(|&&times| times == 5).count(), 20);
    assert_eq!(times.iter().filter(|&&times| times == 1).count(), 80);
    assert_eq!(copied.wrong_labels(), 0);
}

#[test]
fn a_share_of_the_labels_is_wrong_and_every_other_class_is_drawn() {
    let dataset = dataset(3, 100);
    let noisy = corrupted(&dataset, 5, |c| c.label_noise = Some(0.4.into())).unwrap();
    assert_eq!(noisy.wrong_labels(), 120);
    assert_eq!(noisy.rows(), Vec::from_iter(0..300));
    let labels = noisy.dataset.train.labels().iter();
    let steps = labels
        .zip(dataset.train.labels())
        .filter(|(now, then)| now != then);
    let up = steps.filter(|(now, then)| **now == (**then + 1) % 3);
    // A binomial count of 120 with even chances, five deviations wide.
    assert!((33..88).contains(&up.count()));
}

#[test]
fn kinds_combine_rows_keep_their_pixels_and_seeds_their_draw() {
    let dataset = dataset(4, 50);
    let all = |c: &mut Corruption| {
        c.imbalance = Some(0.25);
        c.duplicate = Some(3);
        c.label_noise = Some(0.1.into());
    };
    let first = corrupted(&dataset, 9, all).unwrap();
    let tail = corrupted(&dataset, 9, |c| c.imbalance = Some(0.25)).unwrap();
    let (rows, left) = (first.rows().len(), tail.rows());
    assert_eq!(rows, left.len());
    assert!(first.rows().iter().all(|row| left.contains(row)));
    assert!(first.distinct() < rows);
    assert_eq!(first.wrong_labels(), (rows as f64 * 0.1).round() as usize);
    // Pixels are the row numbers.
    let bytes = pixels(&first.dataset.train);
    let numbers = bytes.chunks_exact(2);
    let numbers = numbers.map(|two| usize::from(u16::from_le_bytes([two[0], two[1]])));
    assert_eq!(numbers.collect::<Vec<_>>(), first.rows());
    for (row, wrong) in first.wrong().iter().enumerate() {
        let given = dataset.train.labels()[first.rows()[row]];
        assert_eq!(first.dataset.train.labels()[row] != given, *wrong);
    }
    assert_eq!(first.dataset.test, dataset.test);

    let again = corrupted(&dataset, 9, all).unwrap();
    assert_eq!(again.dataset, first.dataset);
    assert_eq!(again.dataset.fingerprint(), first.dataset.fingerprint());
    let other = corrupted(&dataset, 10, all).unwrap();
    assert_ne!(other.dataset.fingerprint(), first.dataset.fingerprint());
    assert_ne!(dataset.fingerprint(), first.dataset.fingerprint());
    // Rows of rows are rows.
    let twice = Corruption::default().apply(&first.dataset, 1).unwrap();
    assert_eq!(pixels(&twice.dataset.train), bytes);
}

#[test]
fn values_that_no_data_set_can_be_under_are_named() {
    let dataset = dataset(1, 5);
    type Change = fn(&mut Corruption);
    let cases: [(Change, &str); 7] = [
        (|c| c.imbalance = Some(0.0), "imbalance is 0"),
        (|c| c.imbalance = Some(1.5), "imbalance is 1.5"),
        (|c| c.imbalance = Some(f64::NAN), "imbalance is NaN"),
        (|c| c.duplicate = Some(1), "duplicate is 1"),
        (|c| c.label_noise = Some(1.0.into()), "label_noise is 1"),
        (
            |c| c.label_noise = Some((-0.1).into()),
            "label_noise is -0.1",
        ),
        (
            |c| c.label_noise = Some(0.5.into()),
            "need at least 2 classes",
        ),
    ];
    for (change, part) in cases {
        let message = corrupted(&dataset, 0, change).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
    let one = corrupted(&dataset, 0, |c| c.imbalance = Some(0.1)).unwrap();
    assert_eq!(one.rows().len(), 5, "the only class is the most frequent");
}

#[test]
fn noise_in_pairs_gives_the_label_of_the_next_class() {
    let dataset = dataset(5, 40);
    let pairs = "0.25:pairs".parse().unwrap();
    let noisy = corrupted(&dataset, 5, |c| c.label_noise = Some(pairs)).unwrap();
    assert_eq!(noisy.wrong_labels(), 50);
    let (before, after) = (dataset.train.labels(), noisy.dataset.train.labels());
    for ((before, after), wrong) in before.iter().zip(after).zip(noisy.wrong()) {
        let expected = if *wrong { (before + 1) % 5 } else { *before };
        assert_eq!(*after, expected);
    }
}

#[test]
fn near_copies_are_the_rows_of_duplicates_with_other_pixels() {
    let dataset = dataset(3, 60);
    let near = |seed| corrupted(&dataset, seed, |c| c.near_copies = Some(5)).unwrap();
    let (copied, exact) = (
        near(3),
        corrupted(&dataset, 3, |c| c.duplicate = Some(5)).unwrap(),
    );
    assert!(copied.is_altered() && !exact.is_altered());
    assert_eq!(copied.rows(), exact.rows());
    assert_eq!(copied.dataset.train.labels(), exact.dataset.train.labels());
    let (altered, plain) = (pixels(&copied.dataset.train), pixels(&exact.dataset.train));
    let is_copy = |row: usize| row > 0 && copied.rows()[row] == copied.rows()[row - 1];
    let mut changed = 0;
    for (row, (now, then)) in altered.chunks(2).zip(plain.chunks(2)).enumerate() {
        assert!(is_copy(row) || now == then, "row {row} is no copy");
        changed += usize::from(now != then);
    }
    // Of 80 copies a few stay as they are by chance: images here are two dark pixels.
    assert!(changed > 40, "{changed}");
    assert_eq!(near(3).dataset.fingerprint(), copied.dataset.fingerprint());
    assert_ne!(near(4).dataset.fingerprint(), copied.dataset.fingerprint());
    let both = corrupted(&dataset, 3, |c| {
        c.near_copies = Some(5);
        c.duplicate = Some(2);
    });
    let message = both.unwrap_err().to_string();
    assert!(message.contains("near_copies is 5"), "{message}");
    let once = corrupted(&dataset, 3, |c| c.near_copies = Some(1)).unwrap_err();
    assert!(once.to_string().contains("at least 2"), "{once}");
}
