use std::io::Cursor;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use gstds_data::Silent;
use gstds_data::matrix::{FloatKind, Matrix, MatrixLayout, StoredType};

fn pool(rows: &[Vec<f32>]) -> Pool {
    let features = rows[0].len();
    let bytes: Vec<u8> = rows
        .iter()
        .flatten()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    let layout = MatrixLayout {
        start: 0,
        dtype: StoredType::little(FloatKind::F32),
        fortran_order: false,
        rows: rows.len(),
        features,
    };
    Pool::new(Matrix::new(
        Path::new("memory"),
        Box::new(Cursor::new(bytes)),
        layout,
    ))
}

/// Groups in parts that end at these rows.
fn of(rows: &[Vec<f32>], ends: &[usize], threshold: f32) -> Vec<u32> {
    let mut first = 0;
    let parts = ends.iter().map(|&end| PoolPart {
        rows: RowSet::Range(std::mem::replace(&mut first, end)..end),
        keep: 1,
        class: None,
    });
    let parts: Vec<PoolPart> = parts.collect();
    find(&mut pool(rows), &parts, threshold, &mut Silent)
        .unwrap()
        .lowest
}

#[test]
fn chains_are_groups_and_invalid_rows_are_alone() {
    let at = |degrees: f32| vec![degrees.to_radians().cos(), degrees.to_radians().sin()];
    let rows = [
        at(0.0),
        vec![0.0, 0.0],
        at(90.0),
        at(5.0),
        vec![f32::NAN, 1.0],
        at(10.0),
        vec![0.0, 0.0],
        vec![f32::INFINITY, 1.0],
        vec![3e30, 0.0],
    ];
    let six_degrees = 6.0_f32.to_radians().cos();
    assert_eq!(of(&rows, &[9], six_degrees), [0, 1, 2, 0, 4, 0, 6, 7, 0]);
    assert_eq!(of(&rows, &[5, 9], six_degrees), [0, 1, 2, 0, 4, 5, 6, 7, 8]);
    assert_eq!(of(&rows, &[9], 1.0), [0, 1, 2, 3, 4, 5, 6, 7, 0]);
}

#[test]
fn a_pool_is_searched_without_a_device() {
    let rows = vec![
        vec![1.0, 0.0],
        vec![0.0, 1.0],
        vec![2.0, 0.001],
        vec![0.0; 2],
    ];
    let found = near_duplicates(&mut pool(&rows), 0.99, &mut Silent).unwrap();
    assert_eq!(found.lowest, [0, 1, 0, 3]);
    assert_eq!(pool(&rows).valid_rows().unwrap(), [true, true, true, false]);
    for threshold in [0.0, -0.5, 1.01, f32::NAN] {
        let refused = near_duplicates(&mut pool(&rows), threshold, &mut Silent);
        assert!(
            matches!(refused, Err(Error::Threshold { .. })),
            "{threshold}"
        );
    }
}

#[test]
fn many_rows_alike_are_one_group() {
    let rows = vec![vec![0.3, -0.4, 0.5]; 3 * BLOCK + 7];
    assert!(
        of(&rows, &[rows.len()], 1.0)
            .iter()
            .all(|&group| group == 0)
    );
}

#[test]
fn wide_rows_alike_are_found_and_zeros_are_not() {
    let value = |j: usize| ((j * 7919 % 1009) as f32).mul_add(1e-3, 0.5);
    let wide: Vec<f32> = (0..20_000).map(value).collect();
    let rows = [
        wide.clone(),
        wide.clone(),
        vec![0.7; 20_000],
        vec![0.7; 20_000],
    ];
    assert_eq!(of(&rows, &[4], 1.0), [0, 0, 2, 2]);
    let rows = [
        vec![0.0, 0.0],
        vec![1.0, 0.0],
        vec![0.0, 1.0],
        vec![0.0, 0.0],
    ];
    assert_eq!(of(&rows, &[4], 1e-6), [0, 1, 2, 3]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Against every pair in float64, rows on a coarse grid so that no similarity is a near miss.
    #[test]
    fn groups_are_those_of_all_pairs(
        rows in prop::collection::vec(prop::collection::vec(-2_i8..=2, 3), 1..150),
    ) {
        let threshold = 0.97_f64;
        let floats: Vec<Vec<f32>> =
            rows.iter().map(|row| row.iter().map(|&v| v.into()).collect()).collect();
        let found = of(&floats, &[rows.len()], threshold as f32);
        let mut forest = Forest::new(rows.len());
        let product = |a: &[i8], b: &[i8]| -> f64 {
            a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
        };
        for (a, x) in rows.iter().enumerate() {
            for (b, y) in rows.iter().enumerate().skip(a + 1) {
                let norms = (product(x, x) * product(y, y)).sqrt();
                if norms > 0.0 && product(x, y) / norms >= threshold {
                    forest.join(a as u32, b as u32);
                }
            }
        }
        let expected: Vec<u32> = (0..rows.len() as u32).map(|row| forest.root(row)).collect();
        prop_assert_eq!(found, expected);
    }
}
