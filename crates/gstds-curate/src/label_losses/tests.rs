use std::io::Cursor;
use std::path::Path;

use gstds_data::Silent;
use gstds_data::matrix::{FloatKind, Matrix, MatrixLayout, StoredType};

use super::*;

fn pool(values: &[f32], features: usize) -> Pool {
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let layout = MatrixLayout {
        start: 0,
        dtype: StoredType::little(FloatKind::F32),
        fortran_order: false,
        rows: values.len() / features,
        features,
    };
    Pool::new(Matrix::new(
        Path::new("memory"),
        Box::new(Cursor::new(bytes)),
        layout,
    ))
}

/// 300 rows about three directions, with noise.
fn rows() -> Vec<f32> {
    let mut state = 3_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    let value = |at: usize, noise: f32| f32::from(u8::from(at % 6 == at / 6 % 3)) + 0.6 * noise;
    (0..300 * 6).map(|at| value(at, noise())).collect()
}

#[test]
fn wrong_labels_have_the_largest_losses() {
    let mut values = rows();
    values[7 * 6..8 * 6].fill(0.0);
    let mut labels: Vec<i64> = (0..300).map(|row| row % 3).collect();
    let wrong: Vec<usize> = (0..300).filter(|row| row % 10 == 4).collect();
    for &row in &wrong {
        labels[row] = (labels[row] + 1 + (row as i64 / 10) % 2) % 3;
    }
    // The only row of its class.
    labels[9] = 5;
    let classes = Classes::of_numbers(&labels);
    let find = |seed| label_losses(&mut pool(&values, 6), &classes, seed, &mut Silent).unwrap();
    let found = find(1);
    let bits = |found: &LabelLosses| found.losses.iter().map(|loss| loss.to_bits()).collect();
    let (one, two): (Vec<u32>, Vec<u32>) = (bits(&found), bits(&find(1)));
    assert_eq!(one, two);
    let nan: Vec<usize> = (0..300).filter(|&row| found.losses[row].is_nan()).collect();
    assert_eq!(nan, [7, 9]);
    let mut suspects = found.suspects(&classes);
    let falling = |pair: &[u32]| found.losses[pair[0] as usize] >= found.losses[pair[1] as usize];
    assert!(suspects.windows(2).all(falling));
    suspects.truncate(wrong.len());
    suspects.sort_unstable();
    let expected: Vec<u32> = wrong.iter().map(|&row| row as u32).collect();
    assert_eq!(suspects, expected);
    for &row in &wrong {
        assert_eq!(found.likely[row], row as u32 % 3);
    }
}

#[test]
fn what_cannot_be_probed_is_refused() {
    let values = rows();
    let refused = |labels: &[i64]| {
        let labels = Classes::of_numbers(labels);
        let found = label_losses(&mut pool(&values, 6), &labels, 0, &mut Silent);
        found.unwrap_err().to_string()
    };
    assert!(refused(&[1; 300]).contains("one class"));
    assert!(refused(&[1, 2]).contains("2 labels for 300 rows"));
    let many = Classes::of_numbers(&Vec::from_iter(0..300));
    let error = check(&many, 300, 1 << 20).unwrap_err().to_string();
    assert!(
        error.contains("300 rows of 1048576 features in 300 classes"),
        "{error}"
    );
}
