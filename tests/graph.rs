//! The graph of a batch: row sums by tiles, and each affinity and storage beyond the plain ones.

mod support;

use gstds::{Affinity, Keep, Options, twin};
use support::{Noise, run};

/// Rows that repeat after `period`, so that copies lie in different tiles.
fn repeated(rows: usize, columns: usize, period: usize) -> Vec<f32> {
    let base = Noise(31).signed(period, columns);
    (0..rows)
        .flat_map(|i| base[i % period * columns..][..columns].to_vec())
        .collect()
}

/// Sums of a row come from the tiles it was computed in and from mirrored ones.
#[test]
fn identical_rows_have_identical_sums_in_every_tile() {
    for affinity in [Affinity::Raw, Affinity::Clamp] {
        let options = Options {
            affinity,
            laplacian: gstds::Laplacian::Un,
            ..Options::default()
        };
        let mut data = repeated(300, 33, 37);
        data[2 * 33..3 * 33].fill(0.0);
        let found = run(&data, 33, &options, Keep::Count(75));
        for name in ["row_sum", "row_minimum"] {
            let values: Vec<f32> = found.buffer(name, 300);
            for i in (37..300).filter(|i| i % 37 != 2) {
                let (a, b) = (values[i], values[i % 37]);
                assert_eq!(a.to_bits(), b.to_bits(), "{affinity} {name} {i}: {a} {b}");
            }
        }
    }
}

#[test]
fn tiles_leave_the_sums_and_minima_of_their_rows() {
    for rows in [3, 64, 65, 200] {
        let columns = 17;
        let mut data = Noise(rows as u64).signed(rows, columns);
        data[columns..2 * columns].fill(0.0);
        let found = run(&data, columns, &Options::default(), Keep::Count(1));
        let (unit, valid) = twin::normalize(&data, columns);
        let similarity = twin::similarity(&unit, columns);
        let leading = rows.next_multiple_of(64);
        let tiles = leading / 64;
        let parts: Vec<[f32; 2]> = found.buffer("partials", tiles * leading);
        let diagonal: Vec<f32> = found.buffer("diagonal", leading);
        for (at, [sum, smallest]) in parts.into_iter().enumerate() {
            let (tile, row) = (at / leading, at % leading);
            let entries: Vec<f64> = (tile * 64..(tile * 64 + 64).min(rows))
                .filter(|j| valid[*j])
                .map(|j| {
                    if row < rows {
                        similarity[row * rows + j]
                    } else {
                        0.0
                    }
                })
                .collect();
            let expected: f64 = entries.iter().sum();
            let label = format!("{rows} rows: row {row}, tile {tile}");
            assert!((f64::from(sum) - expected).abs() < 2e-5, "{label}: {sum}");
            let least = entries.iter().fold(4.0f64, |m, x| m.min(*x));
            assert!(
                (f64::from(smallest) - least).abs() < 2e-6,
                "{label}: {smallest}"
            );
        }
        for (row, own) in diagonal.into_iter().enumerate() {
            let present = row < rows && valid[row];
            assert!(
                (own - f32::from(u8::from(present))).abs() < 2e-6,
                "{row}: {own}"
            );
        }
    }
}
