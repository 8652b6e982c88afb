//! Methods guided by losses: they learn, are reproducible, and count their costs.

use crate::images::alone;
use crate::tiny::{BATCH, TRAIN, config, dataset, device, losses, run};
use burn::tensor::{Tensor, TensorData};
use gstds::Options;
use gstds_train::{
    Error,
    images::Residence,
    method::{self, MethodInputs, MethodName, ReferenceLoss, Score, Strata},
    run::{RunProgress, Silent, train_with},
};

fn guided() -> impl Iterator<Item = MethodName> {
    let all = MethodName::ALL.iter().copied();
    all.filter(|method| method.spec().needs_losses())
}

/// Features that separate the classes.
fn telling() -> Tensor<2> {
    let values = (0..TRAIN).flat_map(|i| {
        let wobble = ((i * 37) % 11) as f32 / 40.0;
        match i % 2 {
            0 => [1.0, wobble],
            _ => [wobble, 1.0],
        }
    });
    let values: Vec<f32> = values.collect();
    Tensor::from_data(TensorData::new(values, [TRAIN, 2]), &device().burn)
}

/// The notes of a run before it starts.
#[derive(Default)]
struct Notes(String);

impl gstds_data::Progress for Notes {
    fn note(&mut self, text: &str) {
        self.0 += text;
    }

    fn warn(&mut self, text: &str) {
        self.0 += text;
    }
}

impl RunProgress for Notes {}

#[test]
fn every_guided_method_learns_what_is_easy() {
    for method in guided() {
        let mut config = config(method);
        config.epochs = 3;
        config.optimiser.learning_rate = 0.02;
        config.schedule = "constant:0.75".parse().unwrap();
        let bank = Some(telling());
        let summary = train_with(device(), &config, &dataset(), bank, &mut Silent).unwrap();
        let accuracies = &summary.epoch_accuracies;
        assert!(summary.test_accuracy > 0.8, "{method}: {accuracies:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_run_wherever_the_images_lie() {
    let _alone = alone();
    for method in [MethodName::Jest, MethodName::SpectralGuided] {
        let of = |seed, images| {
            let mut config = config(method);
            config.max_steps = Some(2);
            config.seed = seed;
            config.residence = images;
            config.augment = "flip,crop:1".parse().unwrap();
            losses(&config).unwrap().1
        };
        let first = of(1, Residence::Device);
        assert_eq!(first.len(), 2);
        assert_eq!(of(1, Residence::Stream), first, "{method}");
        assert_ne!(of(2, Residence::Device), first, "{method}");
    }
}

#[test]
fn weights_change_a_run_of_jest_and_none_of_random_rows() {
    let of = |method, reweight| {
        let mut config = config(method);
        config.max_steps = Some(1);
        config.reweight = reweight;
        losses(&config).unwrap().1
    };
    let random = of(MethodName::Random, false);
    assert_eq!(of(MethodName::Random, true), random);
    let (plain, weighted) = (of(MethodName::Jest, false), of(MethodName::Jest, true));
    assert_ne!(weighted, plain);
    let mut refused = config(MethodName::Loss);
    refused.reweight = true;
    let error = run(&refused).unwrap_err();
    assert!(matches!(error, Error::Reweight { .. }), "{error}");
}

#[test]
fn passes_for_losses_are_counted_where_rows_are_chosen_by_them() {
    let mut config = config(MethodName::Loss);
    // The third batch has the last 16 rows, and is kept whole.
    config.schedule = "constant:0.25+warmup:0.5+interrupt:3".parse().unwrap();
    let (loss, watch) = run(&config).unwrap();
    let shares: Vec<f64> = watch.steps.iter().map(|step| step.kept_share).collect();
    assert_eq!(shares, [1.0, 1.0, 1.0, 0.25, 0.25, 1.0]);
    assert_eq!(loss.samples_kept, (TRAIN + 8 + 8 + 16) as u64);
    let forward = loss.flops.forward / loss.samples_kept;
    assert_eq!(loss.flops.scoring, forward * 2 * BATCH as u64);
    // Of 32 and 32 rows each with all others and with each of 8 places.
    let compared = 2 * 32 * (32 + 8);
    assert_eq!(loss.flops.selection, compared);
    assert!(loss.seconds.selection > 0.0);
    assert_eq!(loss.flops.reference, 0);
    assert!(loss.reference.is_none());

    config.method = MethodName::Random;
    let (random, _) = run(&config).unwrap();
    assert_eq!(random.flops.scoring, 0);
    assert_eq!(random.flops.forward, loss.flops.forward);
}

#[test]
fn what_the_reference_is_worth_is_reported_and_counted() {
    let mut config = config(MethodName::StratifiedLearnability);
    config.max_steps = Some(1);
    let mut notes = Notes::default();
    let bank = Some(telling());
    let summary = train_with(device(), &config, &dataset(), bank, &mut notes).unwrap();
    let reference = summary.reference.unwrap();
    assert_eq!(reference.source, "given");
    assert_eq!(reference.head_accuracy, Some(1.0));
    assert!(
        notes.0.contains("linear probes reach 100.0 % accuracy"),
        "{}",
        notes.0
    );
    assert!(summary.flops.reference > 0 && summary.seconds.reference > 0.0);
    assert!(summary.flops.selection > 0 && summary.seconds.selection > 0.0);
    assert!(summary.flops.scoring > 0);
    assert_eq!(summary.samples_seen, BATCH as u64);
}

#[test]
fn the_reference_s_loss_comes_from_probes_or_from_the_graph() {
    let of = |method, from| {
        let mut config = config(method);
        config.max_steps = Some(3);
        config.reference_loss = from;
        let mut notes = Notes::default();
        let bank = Some(telling());
        let summary = train_with(device(), &config, &dataset(), bank, &mut notes).unwrap();
        (notes.0, summary.flops.reference)
    };
    let probes = "linear probes reach";
    for method in [MethodName::Jest, MethodName::Guided] {
        let (graph, graph_cost) = of(method, Some(ReferenceLoss::Graph));
        let (probe, probe_cost) = of(method, Some(ReferenceLoss::Probe));
        assert!(!graph.contains(probes), "{method}: {graph}");
        assert!(probe.contains(probes), "{method}: {probe}");
        assert!(graph_cost > 0 && probe_cost > 0 && graph_cost != probe_cost);
        let usual = of(method, None);
        let expected = match method {
            MethodName::Guided => (graph, graph_cost),
            _ => (probe, probe_cost),
        };
        assert_eq!(usual, expected, "{method}");
    }
}

#[test]
fn what_a_method_compares_with_must_be_there() {
    let options = Options::gstds();
    let made = |name| method::make(name, device(), MethodInputs::new(&options)).err();
    let error = made(MethodName::Jest).unwrap();
    assert!(matches!(error, Error::NoReferenceLosses { .. }), "{error}");
    assert!(error.to_string().contains("jest"), "{error}");
    for name in [MethodName::Gstds, MethodName::Guided] {
        let error = made(name).unwrap();
        assert!(matches!(error, Error::NoFeatures { .. }), "{error}");
        assert!(error.to_string().contains(name.name()), "{error}");
    }
}

#[test]
fn every_score_draws_from_every_strata() {
    for score in Score::ALL {
        for strata in Strata::ALL {
            let mut config = config(MethodName::Guided);
            (config.score, config.strata) = (Some(*score), Some(*strata));
            config.max_steps = Some(2);
            let bank = Some(telling());
            let summary = train_with(device(), &config, &dataset(), bank, &mut Silent).unwrap();
            let scored = summary.flops.scoring > 0;
            assert_eq!(scored, *score != Score::Free, "{score} from {strata}");
            let solved = summary.flops.selection > 2 * (BATCH * BATCH * 8) as u64;
            assert_eq!(solved, *strata != Strata::None, "{score} from {strata}");
        }
    }
}

#[test]
fn a_super_batch_costs_less_scoring_for_as_many_steps_and_rows() {
    let of = |super_batch| {
        let mut config = config(MethodName::Loss);
        config.super_batch = super_batch;
        run(&config).unwrap().0
    };
    let (small, whole) = (of(Some(16)), of(None));
    assert_eq!(
        (small.steps, small.samples_kept),
        (whole.steps, whole.samples_kept)
    );
    assert!(small.samples_seen < whole.samples_seen);
    let forward = whole.flops.scoring / whole.samples_seen;
    assert_eq!(small.flops.scoring, forward * small.samples_seen);
}
