//! Runs on corrupted training data.

use crate::tiny::{BATCH, TRAIN, bank, config, dataset, device, run};
use burn::tensor::{Int, Tensor, TensorData};
use gstds_data::{CorruptedDataset, Dataset};
use gstds_train::{
    Error,
    method::MethodName,
    run::{CorruptionCounts, RunProgress, Silent, Summary, TrainConfig, corrupted, train_with},
};
use serde_json::Value;
use std::{collections::HashSet, fs, path::Path};

/// Two epochs with everything at once.
fn corrupted_config(method: MethodName) -> TrainConfig {
    let mut config = config(method);
    config.seed = 3;
    config.data.imbalance = Some(0.6);
    config.data.duplicate = Some(4);
    config.data.label_noise = Some(0.25.into());
    config
}

fn under(config: &TrainConfig) -> CorruptedDataset {
    corrupted(config, &dataset()).unwrap().unwrap()
}

/// The bank of the rows that a corrupted run trains on.
fn gathered(rows: &[usize]) -> Tensor<2> {
    let numbers: Vec<i32> = rows.iter().map(|&row| row as i32).collect();
    let numbers = TensorData::new(numbers, [rows.len()]);
    bank().select(0, Tensor::<1, Int>::from_data(numbers, &device().burn))
}

fn train(config: &TrainConfig, dataset: &Dataset, bank: Tensor<2>) -> Summary {
    train_with(device(), config, dataset, Some(bank), &mut Silent).unwrap()
}

fn kept(folder: &Path) -> Vec<Vec<usize>> {
    let epochs = [1, 2].map(|epoch| {
        let text = fs::read_to_string(folder.join(format!("kept/epoch-00{epoch}.json"))).unwrap();
        serde_json::from_str::<Vec<Vec<usize>>>(&text).unwrap()
    });
    epochs.concat()
}

/// The counts from a folder's kept rows.
fn recounted(folder: &Path, under: &CorruptedDataset) -> CorruptionCounts {
    let mut counts = CorruptionCounts::default();
    for step in kept(folder) {
        let wrong = step.iter().filter(|&&row| under.wrong()[row]).count();
        let images: HashSet<usize> = step.iter().map(|&row| under.rows()[row]).collect();
        counts.wrong_labels += wrong as u64;
        counts.copies += (step.len() - images.len()) as u64;
    }
    counts
}

#[test]
fn a_run_under_conditions_is_a_clean_one_on_their_rows_and_says_what_they_came_to() {
    let root = tempfile::tempdir().unwrap();
    // Uses features, reference losses and the learner's losses.
    let mut config = corrupted_config(MethodName::StratifiedLearnability);
    config.out = Some(root.path().join("under"));
    let summary = train(&config, &dataset(), bank());
    let under = under(&config);
    // 40 images of one class and 24 of the other are 64 rows, and so are 40 with 8 of them 4 times.
    let told = summary.conditions.as_ref().unwrap();
    assert_eq!((told.rows, under.rows().len()), (64, 64));
    assert_eq!((told.distinct_images, under.distinct()), (40, 40));
    assert_eq!(told.wrong_labels, 16);
    assert_eq!(summary.samples_seen, 2 * 64);

    let mut clean = config.clone();
    clean.data = TrainConfig::new(config.method, true).data;
    clean.out = Some(root.path().join("clean"));
    let by_hand = train(&clean, &under.dataset, gathered(under.rows()));
    assert!(by_hand.conditions.is_none());
    assert_eq!(by_hand.epoch_accuracies, summary.epoch_accuracies);
    assert_eq!(by_hand.reference, summary.reference);
    let [hers, his] = ["under", "clean"].map(|name| kept(&root.path().join(name)));
    assert_eq!(hers, his);

    let counts = recounted(&root.path().join("under"), &under);
    assert_eq!(told.back_propagated, Some(counts));
    assert!(counts.wrong_labels > 0, "{counts:?}");
    let stored = fs::read_to_string(root.path().join("under/summary.json")).unwrap();
    let stored: Value = serde_json::from_str(&stored).unwrap();
    assert_eq!(stored["conditions"]["duplicate"], 4);
    let wrong = &stored["conditions"]["back_propagated"]["wrong_labels"];
    assert_eq!(wrong.as_u64(), Some(counts.wrong_labels));
    // Features are counted for the data set's own images.
    assert!(summary.memory.features > by_hand.memory.features);
}

#[test]
fn whoever_trains_on_every_row_trains_on_all_counts() {
    let config = corrupted_config(MethodName::Full);
    let (summary, _) = run(&config).unwrap();
    let told = summary.conditions.unwrap();
    let counts = told.back_propagated.unwrap();
    assert_eq!(counts.wrong_labels, 2 * told.wrong_labels as u64);
    let copies = (told.rows - told.distinct_images) as u64;
    assert!(counts.copies > 0 && counts.copies < 2 * copies);
    // Without a folder the kept rows are not read back.
    let mut config = corrupted_config(MethodName::Random);
    config.max_steps = Some(1);
    let (summary, _) = run(&config).unwrap();
    assert_eq!(summary.conditions.unwrap().back_propagated, None);
    assert_eq!(summary.samples_seen, BATCH as u64);
}

/// Stops a run after so many questions.
struct Stop(usize);

impl gstds_data::Progress for Stop {}

impl RunProgress for Stop {
    fn stop(&mut self) -> bool {
        self.0 = self.0.saturating_sub(1);
        self.0 == 0
    }
}

#[test]
fn a_resumed_run_is_under_the_same_conditions_and_counts_on() {
    let root = tempfile::tempdir().unwrap();
    let mut config = corrupted_config(MethodName::Random);
    config.batch = 16;
    config.out = Some(root.path().join("run"));
    // Within the second epoch: its first steps are read from the checkpoint.
    let mut stop = Stop(7);
    let error = train_with(device(), &config, &dataset(), None, &mut stop).unwrap_err();
    assert!(
        matches!(error, Error::Interrupted { step: 6, .. }),
        "{error}"
    );
    config.resume = true;
    let mut other = config.clone();
    other.data.label_noise = Some(0.5.into());
    let error = run(&other).unwrap_err().to_string();
    assert!(
        error.contains("data.label_noise is 0.5, not 0.25"),
        "{error}"
    );
    let (summary, _) = run(&config).unwrap();
    assert_eq!(summary.resumed, [6]);
    let expected = recounted(&root.path().join("run"), &under(&config));
    let told = summary.conditions.unwrap();
    assert_eq!(told.back_propagated, Some(expected));
}

#[test]
fn conditions_that_cannot_be_are_refused_before_a_folder_is_made() {
    let root = tempfile::tempdir().unwrap();
    let mut config = config(MethodName::Gstds);
    config.out = Some(root.path().join("run"));
    config.data.duplicate = Some(0);
    let error = run(&config).unwrap_err();
    assert!(matches!(error, Error::Data(_)), "{error}");
    assert!(!root.path().join("run").exists());
    // Features belong to the data set's images, not to the corrupted rows.
    config.data.duplicate = None;
    config.data.imbalance = Some(0.5);
    let short = bank().slice_dim(0, 0..60);
    let error = train_with(device(), &config, &dataset(), Some(short), &mut Silent);
    let error = error.unwrap_err();
    let wanted = matches!(
        error,
        Error::Models(gstds_models::Error::BankRows {
            rows: 60,
            images: TRAIN
        })
    );
    assert!(wanted, "{error}");
}

#[test]
fn features_of_the_original_images_are_refused_for_near_copies() {
    let mut config = config(MethodName::Gstds);
    config.data.near_copies = Some(3);
    let error = train_with(device(), &config, &dataset(), Some(bank()), &mut Silent).unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("near_copies") && message.contains("duplicate"),
        "{message}"
    );
    // A method without features trains on them.
    config.method = MethodName::Random;
    let summary = train_with(device(), &config, &dataset(), None, &mut Silent).unwrap();
    let told = summary.conditions.unwrap();
    assert_eq!(told.conditions.near_copies, Some(3));
    assert!(told.distinct_images < told.rows);
}
