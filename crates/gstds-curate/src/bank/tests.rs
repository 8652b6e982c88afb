use std::io::Cursor;
use std::path::Path as FilePath;

use gstds::{Affinity, ErrorKind, Options, adapter};
use gstds_data::Silent;
use gstds_data::matrix::{FloatKind, Matrix, MatrixLayout, StoredType};

use super::*;
use crate::error::Error;
use crate::near_duplicates::DuplicateSearch;
use crate::request::SelectRequest;
use crate::select;

const ROWS: usize = 300;
const FEATURES: usize = 12;

fn value(row: usize, feature: usize) -> f32 {
    ((row * 37 + feature * 61 + row * row * feature) % 101) as f32 / 101.0
}

/// Some rows of the same matrix.
fn pool(rows: &[u32]) -> Pool {
    let values = rows
        .iter()
        .flat_map(|&row| (0..FEATURES).map(move |feature| value(row as usize, feature)));
    let bytes: Vec<u8> = values.flat_map(f32::to_le_bytes).collect();
    let layout = MatrixLayout {
        start: 0,
        dtype: StoredType::little(FloatKind::F32),
        fortran_order: false,
        rows: rows.len(),
        features: FEATURES,
    };
    let bytes = Box::new(Cursor::new(bytes));
    Pool::new(Matrix::new(FilePath::new("memory"), bytes, layout))
}

fn all() -> Vec<u32> {
    (0..ROWS as u32).collect()
}

fn bank(gpu: &Gpu, options: &Options, batch_rows: usize) -> Result<Bank> {
    let selector = Selector::new(&gpu.device, options)?;
    Bank::new(gpu, &selector, &mut pool(&all()), batch_rows, &mut Silent)
}

#[test]
fn a_batch_keeps_what_a_pool_of_its_rows_does() {
    let gpu = adapter::open(&Default::default()).unwrap();
    let fused = Options::gstds();
    let dense = Options::gstds().affinity(Affinity::Exp);
    for options in [fused, dense] {
        let mut bank = bank(&gpu, &options, 64).unwrap();
        assert_eq!(bank.rows(), ROWS);
        let batches = bank.batches(64, 5);
        let kept = bank.select(&batches, Keep::Ratio(0.25), 0, &mut Silent);
        for (batch, kept) in batches.iter().zip(kept.unwrap()) {
            let request = SelectRequest {
                options: options.clone(),
                ..SelectRequest::new(Keep::Ratio(0.25))
            };
            let selection = select(&mut pool(batch), &request, &gpu, &mut Silent).unwrap();
            let rows = selection.kept.iter().map(|&place| batch[place as usize]);
            assert_eq!(kept, Vec::from_iter(rows), "{}", options.affinity);
        }
    }
}

#[test]
fn batches_share_all_rows_and_depend_on_the_seed_alone() {
    let gpu = adapter::open(&Default::default()).unwrap();
    let bank = bank(&gpu, &Options::gstds(), 64).unwrap();
    let batches = bank.batches(64, 5);
    let sizes: Vec<usize> = batches.iter().map(Vec::len).collect();
    assert_eq!(sizes, [64, 64, 64, 64, 44]);
    let mut rows = batches.concat();
    rows.sort_unstable();
    assert_eq!(rows, all());
    assert_eq!(bank.batches(64, 5), batches);
    assert_ne!(bank.batches(64, 6), batches);
}

#[test]
fn what_cannot_be_selected_is_an_error() {
    let gpu = adapter::open(&Default::default()).unwrap();
    assert!(bank(&gpu, &Options::gstds(), 0).is_err());
    let mut bank = bank(&gpu, &Options::gstds(), 64).unwrap();
    let mut refused = |batches: &[Vec<u32>]| {
        let kept = bank.select(batches, Keep::Ratio(0.25), 0, &mut Silent);
        let error = kept.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input);
        error.to_string()
    };
    let error = refused(&[all()]);
    assert!(error.contains("300 rows in a workspace prepared for 64"));
    assert!(refused(&[vec![]]).contains("not 0 x 12"));
    let mut kept = |keep| bank.select(&[vec![1, 2, 3]], keep, 0, &mut Silent);
    assert!(kept(Keep::Count(0)).is_err());
    assert_eq!(kept(Keep::Count(5)).unwrap(), [[1, 2, 3]]);
}

#[test]
fn a_caller_can_stop_it() {
    struct AtOnce;
    impl Progress for AtOnce {
        fn stopped(&mut self) -> bool {
            true
        }
    }
    let gpu = adapter::open(&Default::default()).unwrap();
    let mut bank = bank(&gpu, &Options::gstds(), 64).unwrap();
    let batches = bank.batches(64, 0);
    let stopped = bank.select(&batches, Keep::Ratio(0.5), 0, &mut AtOnce);
    assert!(matches!(stopped, Err(Error::Stopped)));
    let request = SelectRequest::new(Keep::Ratio(0.5));
    let stopped = select(&mut pool(&all()), &request, &gpu, &mut AtOnce);
    assert!(matches!(stopped, Err(Error::Stopped)));
    let stopped = crate::near_duplicates(&mut pool(&all()), DuplicateSearch::new(0.9), &mut AtOnce);
    assert!(matches!(stopped, Err(Error::Stopped)));
}
