use super::*;
use crate::bank::FeatureBank;

/// Three classes around three corners, `noise` apart.
fn corners(rows: usize, noise: f32) -> (Vec<f32>, Vec<u16>) {
    let labels: Vec<u16> = (0..rows).map(|row| (row % 3) as u16).collect();
    let value = |row: usize, column: usize| {
        let wobble = ((row * 131 + column * 71 + row * row * 17) % 89) as f32 / 89.0 - 0.5;
        f32::from(u8::from(column == row % 3)) + noise * wobble
    };
    let features = (0..rows).flat_map(|row| (0..4).map(move |column| value(row, column)));
    (features.collect(), labels)
}

#[test]
fn easy_rows_are_learnt_and_a_flipped_label_gets_a_high_loss() {
    let (features, mut labels) = corners(120, 0.3);
    let clean = cross_fit(features.clone(), 4, &labels, 3).unwrap();
    assert_eq!(clean.accuracy, 1.0);
    let flipped = [7, 40, 77];
    for row in flipped {
        labels[row] = (labels[row] + 1) % 3;
    }
    let fitted = cross_fit(features, 4, &labels, 3).unwrap();
    assert_eq!(fitted.accuracy, 117.0 / 120.0);
    let least_flipped = flipped.map(|row| fitted.losses[row]);
    let least_flipped = least_flipped.into_iter().fold(f32::MAX, f32::min);
    let others = (0..120).filter(|row| !flipped.contains(row));
    let most_other = others.map(|row| fitted.losses[row]).fold(0.0, f32::max);
    assert!(least_flipped > 1.5, "{least_flipped}");
    assert!(most_other < 0.7, "{most_other}");
}

#[test]
fn copies_share_a_fold_and_the_same_input_gives_the_same_losses() {
    let (mut features, mut labels) = corners(60, 0.5);
    // A copy of row 3 with another label: neither reveals the other's.
    features.extend_from_within(12..16);
    labels.push(2);
    let assigned = folds::assign(&features, 4);
    assert_eq!(assigned[60], assigned[3]);
    let mut counts = [0; folds::FOLDS];
    assigned.iter().for_each(|&fold| counts[fold] += 1);
    assert!(counts.iter().all(|&count| count > 3), "{counts:?}");
    let fit = || cross_fit(features.clone(), 4, &labels, 3).unwrap();
    let first = fit();
    assert!(first.losses[60] > first.losses[3] + 1.0);
    assert_eq!(fit(), first);
}

#[test]
fn rows_all_alike_and_rows_without_numbers_teach_nothing() {
    let fitted = cross_fit(vec![1.0; 40], 4, &[0, 1, 0, 1, 0, 1, 0, 1, 0, 1], 2).unwrap();
    let uninformed = 2.0_f32.ln();
    assert!(
        fitted
            .losses
            .iter()
            .all(|loss| (loss - uninformed).abs() < 1e-6)
    );

    let (mut features, labels) = corners(120, 0.3);
    features[4 * 30] = f32::NAN;
    let fitted = cross_fit(features, 4, &labels, 3).unwrap();
    assert!(fitted.losses.iter().all(|loss| loss.is_finite()));
    assert!(fitted.losses[30] > 0.7, "{}", fitted.losses[30]);
    assert!(fitted.losses[29] < 0.7 && fitted.losses[31] < 0.7);
}

#[test]
fn columns_are_standardised_and_constant_ones_become_0() {
    let mut features = vec![1.0, 5.0, 3.0, 5.0, f32::INFINITY, 5.0];
    standardise::standardise(&mut features, 2);
    assert_eq!(features, [-1.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
}

#[test]
fn inputs_that_do_not_fit_together_are_refused() {
    let fit = |count, width, labels: &[u16]| {
        let error = cross_fit(vec![0.0; count], width, labels, 2).unwrap_err();
        error.to_string()
    };
    assert!(fit(8, 4, &[0]).contains("2 rows for 1"));
    assert!(fit(7, 4, &[0]).contains("7 features are not rows of 4"));
    assert!(fit(0, 0, &[]).contains("rows of 0"));
    assert!(fit(4, 4, &[2]).contains("label 2 is beyond the 2 classes"));
}

#[test]
fn a_probe_on_the_embedded_features_is_useful() {
    let bank = FeatureBank::embedded().unwrap();
    let dataset = gstds_data::embedded().unwrap();
    let features: Vec<f32> = (0..bank.rows()).flat_map(|row| bank.row(row)).collect();
    let fitted = cross_fit(features, bank.width(), dataset.train.labels(), 10).unwrap();
    assert!(fitted.accuracy > 0.8, "{}", fitted.accuracy);
}
