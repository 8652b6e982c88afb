//! Results of runs: losses, counts, costs.

use crate::tiny::{BATCH, TRAIN, bank, config, dataset, device, losses, run};
use burn::tensor::{Tensor, TensorData};
use gstds::Affinity;
use gstds_train::{
    Error,
    method::MethodName,
    run::{Silent, Trainer, train_with},
};

#[test]
fn every_method_learns_what_is_easy() {
    // Those guided by losses keep rows of a loss above the mean; tests/run/guided.rs has them.
    let unguided = |method: &&MethodName| !method.spec().needs_losses();
    for method in MethodName::ALL.iter().filter(unguided) {
        let mut config = config(*method);
        config.epochs = 10;
        config.optimiser.learning_rate = 0.05;
        config.schedule = "constant:0.5".parse().unwrap();
        let (summary, losses) = losses(&config).unwrap();
        assert_eq!(losses.len(), 30);
        let (first, last) = (losses[0], losses[losses.len() - 1]);
        assert!(last < 0.6 * first, "{method}: loss {losses:?}");
        assert!(
            summary.test_accuracy > 0.8,
            "{method}: {}",
            summary.test_accuracy
        );
        assert_eq!(summary.epoch_accuracies.len(), 10);
    }
}

#[test]
fn kept_counts_follow_the_schedule() {
    let mut config = config(MethodName::Gstds);
    config.schedule = "step:1,0.25".parse().unwrap();
    let (summary, watch) = run(&config).unwrap();
    let shares: Vec<f64> = watch.steps.iter().map(|step| step.kept_share).collect();
    assert_eq!(shares, [1.0, 1.0, 1.0, 0.25, 0.25, 0.25]);
    assert_eq!(summary.steps, 6);
    assert_eq!(summary.samples_seen, 2 * TRAIN as u64);
    // Batches of 32, 32 and 16.
    assert_eq!(summary.samples_kept, (TRAIN + 8 + 8 + 4) as u64);
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_does_not() {
    for method in [MethodName::Gstds, MethodName::Random] {
        let of_seed = |seed| {
            let mut config = config(method);
            config.epochs = 1;
            config.seed = seed;
            losses(&config).unwrap().1
        };
        let first = of_seed(1);
        assert_eq!(first.len(), 3);
        assert_eq!(of_seed(1), first, "{method}");
        assert_ne!(of_seed(2), first, "{method}");
    }
}

#[test]
fn small_batches_are_as_many_as_those_of_random_and_pass_over_all_rows() {
    let root = tempfile::tempdir().unwrap();
    let mut config = config(MethodName::SmallBatch);
    config.epochs = 4;
    config.out = Some(root.path().join("run"));
    let (summary, _) = run(&config).unwrap();
    config.method = MethodName::Random;
    config.out = None;
    let (random, _) = run(&config).unwrap();
    assert_eq!(summary.steps, random.steps);
    assert_eq!(summary.samples_kept, random.samples_kept);
    assert_eq!(summary.samples_seen, summary.samples_kept);
    assert_eq!(summary.flops, random.flops);
    // Four epochs of 8, 8 and 4 rows are one pass.
    let mut rows = Vec::new();
    for epoch in 1..=4 {
        let path = root.path().join(format!("run/kept/epoch-00{epoch}.json"));
        let text = std::fs::read_to_string(path).unwrap();
        let kept: Vec<Vec<usize>> = serde_json::from_str(&text).unwrap();
        assert_eq!(kept.iter().map(Vec::len).collect::<Vec<_>>(), [8, 8, 4]);
        rows.extend(kept.concat());
    }
    rows.sort_unstable();
    assert_eq!(rows, Vec::from_iter(0..TRAIN));
}

#[test]
fn what_is_estimated_is_said() {
    let (random, _) = run(&config(MethodName::Random)).unwrap();
    let (gstds, _) = run(&config(MethodName::Gstds)).unwrap();
    assert!(random.estimated_seconds.is_empty());
    assert_eq!(gstds.estimated_seconds, ["selection", "training"]);
    // Two classes, equally frequent.
    assert_eq!(random.chance, 0.5);
}

#[test]
fn a_run_ends_after_its_most_steps() {
    let mut config = config(MethodName::Random);
    config.epochs = 5;
    config.max_steps = Some(4);
    let (summary, watch) = run(&config).unwrap();
    assert_eq!(summary.steps, 4);
    assert_eq!(watch.steps.last().unwrap().steps, 4);
    assert_eq!(summary.samples_seen, (TRAIN + BATCH) as u64);
}

#[test]
fn costs_are_counted_where_they_arise() {
    let (random, _) = run(&config(MethodName::Random)).unwrap();
    let (gstds, _) = run(&config(MethodName::Gstds)).unwrap();
    let (full, _) = run(&config(MethodName::Full)).unwrap();
    assert_eq!(random.flops.selection, 0);
    assert_eq!(random.seconds.selection, 0.0);
    assert!(gstds.flops.selection > 0 && gstds.seconds.selection > 0.0);
    assert_eq!(gstds.flops.forward, random.flops.forward);
    // A quarter of the rows is a quarter of the work: 8, 8 and 4 of 32, 32 and 16.
    assert_eq!(4 * random.flops.backward, full.flops.backward);
    assert!(full.seconds.training > 0.0 && full.seconds.total > full.seconds.training);
}

#[test]
fn a_bank_of_other_images_and_a_missing_one_are_refused() {
    let short = bank().slice_dim(0, 0..TRAIN - 1);
    let config = config(MethodName::Gstds);
    let error = train_with(device(), &config, &dataset(), Some(short), &mut Silent).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Models(gstds_models::Error::BankRows {
                rows: 79,
                images: 80
            })
        ),
        "{error}"
    );
}

#[test]
fn a_loss_that_is_no_number_ends_the_run() {
    let mut config = config(MethodName::Full);
    config.epochs = 8;
    config.optimiser.learning_rate = 1e30;
    let error = run(&config).unwrap_err();
    assert!(matches!(error, Error::Diverged { .. }), "{error}");
    assert!(
        error.to_string().contains("lower the learning rate"),
        "{error}"
    );
}

#[test]
fn a_run_between_readings_does_not_hide_a_loss_that_is_no_number() {
    let mut config = config(MethodName::Full);
    config.optimiser.learning_rate = 1e30;
    config.log_every = 100;
    config.max_steps = Some(2);
    let error = run(&config).unwrap_err();
    assert!(matches!(error, Error::Diverged { step: 2, .. }), "{error}");
}

#[test]
fn the_last_step_of_every_epoch_is_read() {
    let mut config = config(MethodName::Gstds);
    config.log_every = 100;
    let (_, losses) = losses(&config).unwrap();
    assert_eq!(losses.len(), 2);
}

#[test]
fn a_selection_that_fails_between_readings_ends_the_run() {
    let failure = |bank: Vec<f32>, change: fn(&mut gstds::Options)| {
        let mut config = config(MethodName::Gstds);
        config.log_every = 100;
        config.epochs = 1;
        change(&mut config.selection);
        let bank = Tensor::from_data(TensorData::new(bank, [TRAIN, 1]), &device().burn);
        train_with(device(), &config, &dataset(), Some(bank), &mut Silent)
            .unwrap_err()
            .to_string()
    };
    let opposed = (0..TRAIN).map(|i| if i % 2 == 0 { 1.0 } else { -1.0 });
    let message = failure(opposed.collect(), |o| o.affinity = Affinity::Raw);
    assert!(message.contains("smallest degree"), "{message}");
    // One row alone is invalid, so that one batch of the three meets it.
    let one_zero = (0..TRAIN).map(|i| if i == 7 { 0.0 } else { 1.0 });
    let message = failure(one_zero.collect(), |o| o.strict = true);
    assert!(message.starts_with("1 of "), "{message}");
}

#[test]
fn selection_is_timed_where_only_early_epochs_select() {
    let mut config = config(MethodName::Gstds);
    config.schedule = "linear:0.25..1".parse().unwrap();
    let (summary, _) = run(&config).unwrap();
    assert!(summary.flops.selection > 0 && summary.seconds.selection > 0.0);
}

#[test]
fn a_trainer_that_failed_makes_no_further_step_and_no_summary() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(MethodName::Full);
    config.optimiser.learning_rate = 1e38;
    config.max_steps = Some(1);
    config.out = Some(folder.path().join("run"));
    let mut trainer =
        Trainer::with_dataset(device(), &config, &dataset(), None, &mut Silent).unwrap();
    trainer.step().unwrap();
    let error = trainer.end_epoch().unwrap_err();
    assert!(error.is_divergence(), "{error}");
    let error = trainer.step().unwrap_err();
    assert!(matches!(error, Error::FailedBefore), "{error}");
    let error = trainer.finish().unwrap_err();
    assert!(error.to_string().contains("`resume`"), "{error}");
    assert!(!folder.path().join("run/summary.json").exists());
}

#[test]
fn an_update_that_no_later_loss_shows_ends_the_run_all_the_same() {
    let mut config = config(MethodName::Full);
    config.optimiser.learning_rate = 1e38;
    config.max_steps = Some(1);
    let error = run(&config).unwrap_err();
    assert!(
        matches!(error, Error::NonFiniteLogits { step: 1 }),
        "{error}"
    );
}
