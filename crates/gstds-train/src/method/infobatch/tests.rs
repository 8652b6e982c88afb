use super::*;
use crate::method::BatchSize;
use std::collections::HashMap;

const IMAGES: usize = 100;
const CLASSES: usize = 2;
/// 40 rows an epoch, and a pass of 100 ends within one.
const BATCHES: [BatchSize; 4] = [BatchSize { rows: 10, keep: 10 }; 4];

fn draw(epoch: usize, progress: f64) -> EpochDraw<'static> {
    EpochDraw {
        epoch,
        images: IMAGES,
        batches: &BATCHES,
        drawn: epoch * 40,
        progress,
        seed: 7,
    }
}

fn ints(values: &[i32], device: &Device) -> Tensor<1, burn::tensor::Int> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), device)
}

/// The loss of a row: the lower half of the rows is easy. Row 5 has none that is finite.
fn loss(row: i32) -> f32 {
    match row {
        5 => f32::NAN,
        0..50 => 0.1,
        _ => 2.0,
    }
}

/// Trains an epoch: what each batch kept, with its weights.
fn epoch(method: &mut InfoBatch, number: usize, progress: f64) -> Vec<(i32, f32)> {
    let device = Device::flex();
    let rows = method.draw_epoch(&draw(number, progress)).unwrap();
    let plan = EpochPlan {
        batches: &BATCHES,
        seed: 0,
    };
    method.begin_epoch(&plan).unwrap();
    let mut kept = Vec::new();
    for (place, rows) in rows.chunks(10).enumerate() {
        let chosen = method.choose(&BatchRows {
            rows: &ints(rows, &device),
            place,
            keep: 10,
            seed: 0,
            losses: None,
            recorded: false,
        });
        let chosen = chosen.unwrap();
        assert!(chosen.positions.is_none());
        let weights = chosen.weights.unwrap().try_into_vec_as::<f32>().unwrap();
        kept.extend(rows.iter().copied().zip(weights));
        method.observe(&KeptRows {
            rows: &ints(rows, &device),
            labels: &ints(&vec![0; rows.len()], &device),
            logits: &logits(rows, &device),
        });
    }
    method.end_epoch().unwrap();
    kept
}

/// Logits of two classes with these losses at label 0.
fn logits(rows: &[i32], device: &Device) -> Tensor<2> {
    let logits = rows
        .iter()
        .flat_map(|&row| [-((loss(row).exp() - 1.0).ln()), 0.0]);
    let data = TensorData::new(logits.collect::<Vec<f32>>(), [rows.len(), CLASSES]);
    Tensor::from_data(data, device)
}

#[test]
fn a_pass_leaves_out_half_of_the_rows_of_low_loss_and_weights_the_others() {
    let mut method = InfoBatch::new(&Device::flex());
    let mut kept = Vec::new();
    for number in 0..4 {
        kept.extend(epoch(&mut method, number, 0.1));
    }
    // The first pass has every row once: nothing is known.
    let first: HashMap<i32, f32> = kept[..IMAGES].iter().copied().collect();
    assert_eq!(first.len(), IMAGES);
    assert!(first.values().all(|&weight| weight == 0.1));
    // The second begins in the third epoch and goes by the 80 rows that the first two trained on.
    let known: Vec<i32> = kept[..80].iter().map(|(row, _)| *row).collect();
    let easy = |row: i32| known.contains(&row) && loss(row) < 1.0;
    assert_eq!(method.passes.begun, 2);
    let second = &kept[IMAGES..];
    for (row, weight) in second {
        assert_eq!(*weight, if easy(*row) { 0.2 } else { 0.1 }, "row {row}");
    }
    let all: Vec<i32> = second
        .iter()
        .map(|(row, _)| *row)
        .chain(method.passes.left.iter().map(|(row, _)| *row))
        .collect();
    let (kept_easy, hard) = (
        all.iter().filter(|row| easy(**row)).count(),
        all.iter().filter(|row| !easy(**row)).count(),
    );
    let easy_rows = (0..IMAGES as i32).filter(|row| easy(*row)).count();
    assert_eq!(hard, IMAGES - easy_rows, "no other row is left out");
    // Four standard errors of a draw with probability ½.
    let off = (kept_easy as f64 - easy_rows as f64 / 2.0).abs();
    assert!(
        off < 2.0 * (easy_rows as f64).sqrt(),
        "{kept_easy} of {easy_rows}"
    );
}

#[test]
fn the_last_eighth_has_every_row() {
    let mut method = InfoBatch::new(&Device::flex());
    let mut kept = Vec::new();
    for number in 0..10 {
        kept.extend(epoch(&mut method, number, 0.9));
    }
    assert!(kept.iter().all(|(_, weight)| *weight == 0.1));
    for pass in kept.chunks(IMAGES) {
        let rows: HashMap<i32, f32> = pass.iter().copied().collect();
        assert_eq!(rows.len(), IMAGES);
    }
}

#[test]
fn a_loss_that_is_not_finite_changes_no_score() {
    let mut method = InfoBatch::new(&Device::flex());
    for number in 0..4 {
        epoch(&mut method, number, 0.1);
    }
    assert_eq!(method.known[5], UNKNOWN);
    assert!(method.known.iter().all(|score| score.is_finite()));
    assert!((method.known[60] - 2.0).abs() < 1e-3);
}

#[test]
fn a_restored_method_draws_the_same_rows() {
    let mut method = InfoBatch::new(&Device::flex());
    for number in 0..3 {
        epoch(&mut method, number, 0.1);
    }
    // Within an epoch, and after it.
    method.draw_epoch(&draw(3, 0.1)).unwrap();
    let state = method.state().unwrap();
    let mut resumed = InfoBatch::new(&Device::flex());
    resumed.restore(&state).unwrap();
    for number in 3..8 {
        assert_eq!(
            epoch(&mut resumed, number, 0.1),
            epoch(&mut method, number, 0.1),
            "epoch {number}"
        );
    }
    assert_eq!(resumed.state().unwrap(), method.state().unwrap());
    let refused = resumed.restore(b"{}").unwrap_err();
    assert!(refused.contains("infobatch"), "{refused}");
}

#[test]
fn scores_of_a_row_that_is_twice_in_a_batch_are_its_loss() {
    let device = Device::flex();
    let mut method = InfoBatch::new(&device);
    method.draw_epoch(&draw(0, 0.0)).unwrap();
    let rows = [60, 3, 60];
    method.observe(&KeptRows {
        rows: &ints(&rows, &device),
        labels: &ints(&[0; 3], &device),
        logits: &logits(&rows, &device),
    });
    method.end_epoch().unwrap();
    assert!(
        (method.known[60] - 2.0).abs() < 1e-3,
        "{}",
        method.known[60]
    );
    assert!((method.known[3] - 0.1).abs() < 1e-3);
}
