use super::*;
use crate::error::Error;

const ROWS: usize = 60;
const CLASSES: usize = 3;
const BATCH: usize = 20;
const KEEP: usize = 5;

fn graph(accuracy: f64) -> LabelGraph {
    let nearest = (0..ROWS * NEAREST).map(|i| ((i / NEAREST + i % NEAREST + 1) % ROWS) as i32);
    LabelGraph {
        labels: (0..ROWS).map(|row| (row % CLASSES) as u16).collect(),
        classes: CLASSES,
        losses: (0..ROWS).map(|row| (row % 7) as f32 / 2.0).collect(),
        accuracy,
        nearest: nearest.collect(),
        likeness: (0..ROWS * NEAREST).map(|i| (i % 4) as f32 / 3.0).collect(),
    }
}

/// A learner that is right about ever more rows; one of its losses is not finite.
fn answers(rows: &[u32], step: usize) -> (Vec<f32>, Vec<bool>) {
    let loss = |row: &u32| match step == 3 && row % 4 == 1 {
        true => f32::NAN,
        false => 1.5 - (row % 5) as f32 / 8.0 - step as f32 / 30.0,
    };
    let losses: Vec<f32> = rows.iter().map(loss).collect();
    let correct = losses.iter().map(|loss| *loss < 1.3).collect();
    (losses, correct)
}

/// Keeps rows of one batch after another.
fn train(guided: &mut Guided, steps: std::ops::Range<usize>) -> Vec<Vec<u32>> {
    let mut kept = Vec::new();
    for step in steps {
        let epoch = GuidedEpoch::new(ROWS, 5, step / 3);
        let rows = guided.choose(epoch.batch(BATCH, step % 3), KEEP);
        let (losses, correct) = answers(&rows, step);
        let observed = Observed {
            rows: &rows,
            losses: &losses,
            correct: &correct,
        };
        guided.observe(&observed).unwrap();
        kept.push(rows);
    }
    kept
}

/// Class, reference and age term of a row in f64, by the text of docs/methods/guided.md.
fn terms(guided: &Guided, row: usize) -> [f64; 3] {
    let (graph, state) = (&guided.graph, &guided.state);
    let label = graph.labels[row];
    let own: Vec<f64> = (0..ROWS)
        .filter(|other| graph.labels[*other] == label)
        .map(|other| f64::from(graph.losses[other]))
        .collect();
    let mean = own.iter().sum::<f64>() / own.len() as f64;
    let within = f64::from(graph.losses[row]) - mean;
    let gate = match graph.accuracy <= 1.0 / CLASSES as f64 + 0.05 {
        true => 0.0,
        false => ((graph.accuracy - f64::from(state.accuracy) - 0.05) / 0.1).clamp(0.0, 1.0),
    };
    let recency = |row: usize| match f64::from(state.last[row]) {
        never if never < 0.0 => 0.0,
        last => (1.0 - (state.steps as f64 - last) * KEEP as f64 / ROWS as f64).max(0.0),
    };
    let unlike = (row * NEAREST..(row + 1) * NEAREST)
        .map(|at| 1.0 - f64::from(graph.likeness[at]) * recency(graph.nearest[at] as usize));
    let age = (1.0 - recency(row)) * unlike.product::<f64>();
    let class = f64::from(state.class_losses[usize::from(label)]) - mean;
    [0.5 * class, -2.0 * gate * within, 4.0 * age]
}

#[test]
fn scores_are_those_of_float64() {
    let mut guided = Guided::new(graph(0.8));
    let mut gates = Vec::new();
    for step in 0..45 {
        for row in 0..ROWS {
            let found = f64::from(guided.score(row as u32, KEEP, guided.gate()));
            let expected: f64 = terms(&guided, row).iter().sum();
            assert!(
                (found - expected).abs() < 1e-4,
                "step {step}, row {row}: {found} {expected}"
            );
        }
        gates.push(guided.gate());
        train(&mut guided, step..step + 1);
    }
    // It begins open, and closes as the learner gets better.
    assert_eq!(gates[0], 1.0);
    assert!(gates[44] < 1.0, "{gates:?}");
}

#[test]
fn the_state_is_that_of_the_definition() {
    let mut guided = Guided::new(graph(0.9));
    let observe = |guided: &mut Guided, rows: &[u32], losses: &[f32], correct: &[bool]| {
        guided.observe(&Observed {
            rows,
            losses,
            correct,
        })
    };
    // Each row has the label of its number. The row whose loss is not finite counts for nothing.
    observe(
        &mut guided,
        &[0, 1, 2],
        &[3.0, f32::INFINITY, 0.5],
        &[true, false, true],
    )
    .unwrap();
    let state = guided.state().clone();
    let start = (CLASSES as f32).ln();
    let close = |a: f32, b: f32| (a - b).abs() < 1e-6;
    assert!(close(state.class_losses[0], 0.8 * start + 0.6));
    assert!(close(state.class_losses[1], start));
    assert!(close(state.class_losses[2], 0.8 * start + 0.1));
    assert!(close(state.accuracy, 1.0));
    assert_eq!((state.steps, state.skipped), (1, 1));
    assert_eq!(state.last[..4], [0.0, 0.0, 0.0, -1.0]);
    // Rows that were met before say nothing of the accuracy.
    observe(&mut guided, &[0, 3], &[1.0, 1.0], &[true, false]).unwrap();
    assert!(close(guided.state().accuracy, 0.5));
    assert_eq!(guided.state().last[..4], [1.0, 0.0, 0.0, 1.0]);
}

#[test]
fn a_restored_state_keeps_the_same_rows() {
    let mut guided = Guided::new(graph(0.9));
    train(&mut guided, 0..7);
    let state = guided.state().clone();
    let on = train(&mut guided, 7..20);
    let mut other = Guided::new(graph(0.9));
    other.restore(state.clone()).unwrap();
    assert_eq!(train(&mut other, 7..20), on);
    assert_ne!(train(&mut Guided::new(graph(0.9)), 7..20), on);
    let short = GuidedState {
        last: vec![0.0; 4],
        ..state.clone()
    };
    let error = other.restore(short).unwrap_err().to_string();
    assert!(error.contains("4 rows, and there are 60"), "{error}");
    let few = GuidedState {
        class_losses: vec![0.0; 2],
        ..state
    };
    let error = other.restore(few).unwrap_err().to_string();
    assert!(error.contains("2 classes, and there are 3"), "{error}");
}

#[test]
fn steps_from_which_nothing_can_be_learned_are_refused() {
    let mut guided = Guided::new(graph(0.9));
    let before = guided.state().clone();
    for (rows, losses, said) in [
        (vec![], vec![], "no row"),
        (vec![1], vec![], "1 indices, 0 losses and 1 marks"),
        (vec![3, 60], vec![1.0; 2], "row 60; there are rows 0 to 59"),
        (vec![3, 1, 3], vec![1.0; 3], "row 3 twice"),
    ] {
        let correct = vec![true; rows.len()];
        let error = guided.observe(&Observed {
            rows: &rows,
            losses: &losses,
            correct: &correct,
        });
        let error = error.unwrap_err();
        assert!(matches!(error, Error::Update { .. }));
        assert!(error.to_string().contains(said), "{error}");
    }
    assert_eq!(guided.state(), &before);
}

#[test]
fn a_vote_at_chance_is_not_trusted_and_one_class_has_no_vote() {
    assert_eq!(Guided::new(graph(0.35)).gate(), 0.0);
    // The most frequent class has two thirds of the labels.
    let skewed = |accuracy| {
        let labels = (0..ROWS).map(|row| (row * row % CLASSES) as u16).collect();
        let graph = LabelGraph {
            labels,
            ..graph(accuracy)
        };
        Guided::new(graph).gate()
    };
    assert_eq!([skewed(0.7), skewed(0.75)], [0.0, 1.0]);
    let one = LabelGraph {
        labels: vec![0; ROWS],
        classes: 1,
        losses: vec![0.0; ROWS],
        ..graph(1.0)
    };
    let mut guided = Guided::new(one);
    assert_eq!(guided.gate(), 0.0);
    let kept = train(&mut guided, 0..6);
    assert!(kept.iter().all(|rows| rows.len() == KEEP));
}

#[test]
fn invalid_rows_are_kept_where_a_batch_has_no_others() {
    let epoch = GuidedEpoch::new(ROWS, 5, 0);
    let batch = epoch.batch(BATCH, 0);
    let (invalid, valid) = batch.rows.split_at(BATCH - 3);
    let guided = Guided::new(graph(0.9)).with_invalid(invalid.to_vec());
    let kept = guided.choose(batch, KEEP);
    assert_eq!(kept.len(), KEEP);
    assert!(valid.iter().all(|row| kept.contains(row)));
}

#[test]
fn an_epoch_has_every_row_once_and_batches_end_with_it() {
    let epoch = GuidedEpoch::new(ROWS, 5, 1);
    let batches: Vec<u32> = (0..5)
        .flat_map(|place| epoch.batch(16, place).rows.to_vec())
        .collect();
    let mut sorted = batches.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..ROWS as u32).collect::<Vec<_>>());
    assert_eq!(epoch.batch(16, 3).rows.len(), 12);
    assert!(epoch.batch(16, 4).rows.is_empty());
    let other = GuidedEpoch::new(ROWS, 5, 0);
    assert_ne!(other.batch(ROWS, 0).rows, epoch.batch(ROWS, 0).rows);
    let all = Guided::new(graph(0.9)).choose(epoch.batch(16, 0), 16);
    assert_eq!(all, epoch.batch(16, 0).rows);
}

/// Rows that the Python package's tests expect too, of the same features, labels and losses.
const RECORDED: &str = include_str!("recorded.json");

#[test]
fn the_rows_of_three_epochs_are_those_recorded() {
    let (rows, width, classes, size) = (300, 12, 5, 64);
    let value = |at: usize| {
        let (row, feature) = (at / width, at % width);
        let centre = (row % classes * 53 + feature * 31) % 23;
        let own = (row * 37 + feature * 61 + row * row * feature) % 101;
        centre as f32 + own as f32 / 25.0
    };
    let features: Vec<f32> = (0..rows * width).map(value).collect();
    let label = |row: usize| (row + usize::from(row.is_multiple_of(9))) % classes;
    let labels: Vec<u16> = (0..rows).map(|row| label(row) as u16).collect();
    let gpu = gstds::adapter::open(&Default::default()).expect("the tests need an adapter");
    let graph = LabelGraph::build(&gpu, &features, width, &labels, classes).unwrap();
    let mut guided = Guided::new(graph);
    let mut found = Vec::new();
    for step in 0..15u32 {
        let epoch = GuidedEpoch::new(rows, 3, step as usize / 5);
        let batch = epoch.batch(size, step as usize % 5);
        let keep = gstds::Keep::Ratio(0.25).of(batch.rows.len()).unwrap();
        let kept = guided.choose(batch, keep);
        let loss = |row: &u32| match (row + step).is_multiple_of(11) {
            true => f32::NAN,
            false => ((row * 7 + step * 5) % 16) as f32 / 8.0,
        };
        let losses: Vec<f32> = kept.iter().map(loss).collect();
        let correct: Vec<bool> = kept.iter().map(|row| (row + step) % 3 != 0).collect();
        let observed = Observed {
            rows: &kept,
            losses: &losses,
            correct: &correct,
        };
        guided.observe(&observed).unwrap();
        found.push(kept);
    }
    let recorded: Vec<Vec<u32>> = serde_json::from_str(RECORDED).unwrap();
    assert_eq!(
        found,
        recorded,
        "{}",
        serde_json::to_string(&found).unwrap()
    );
}
