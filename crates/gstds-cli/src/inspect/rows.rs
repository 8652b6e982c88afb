//! Rows of the pool on the host: those that are drawn, and those that are in no graph.

use super::Failure;
use crate::select::duplicates::decode;
use crate::select::parts::Rows;
use crate::select::upload::CHUNK;
use gstds_data::matrix::Matrix;

/// Features of these rows, `[rows, features]`, in their order.
pub(super) fn features(pool: &mut Matrix, rows: &[u32]) -> Result<Vec<f32>, Failure> {
    let width = pool.layout().features;
    let mut places: Vec<usize> = (0..rows.len()).collect();
    places.sort_unstable_by_key(|&place| rows[place]);
    let sorted = Rows::List(places.iter().map(|&place| rows[place]).collect());
    let mut features = vec![0.0; rows.len() * width];
    let mut places = places.into_iter();
    each(pool, &sorted, &mut |row| {
        if let Some(place) = places.next() {
            let line = &mut features[place * width..][..width];
            let values = line.iter_mut().zip(row);
            values.for_each(|(into, &value)| *into = value as f32);
        }
    })?;
    Ok(features)
}

/// Rows that are zero, NaN or infinite, ascending.
pub(super) fn invalid(pool: &mut Matrix) -> Result<Vec<u32>, Failure> {
    let all = Rows::Range(0..pool.layout().rows);
    let (mut number, mut found) = (0, Vec::new());
    each(pool, &all, &mut |row| {
        let finite = row.iter().all(|value| value.is_finite());
        if !finite || row.iter().all(|&value| value == 0.0) {
            found.push(number);
        }
        number += 1;
    })?;
    Ok(found)
}

/// Calls with each of the rows, some of which are in memory at once.
fn each(pool: &mut Matrix, rows: &Rows, call: &mut dyn FnMut(&[f64])) -> Result<(), Failure> {
    let (row_bytes, element) = (pool.layout().row_bytes(), pool.layout().element());
    let most = (CHUNK as u64 / row_bytes).max(1) as usize;
    let mut stored = Vec::new();
    let mut row = vec![0.0; pool.layout().features];
    for run in rows.runs(most) {
        stored.clear();
        pool.read(run, &mut stored)?;
        for bytes in stored.chunks_exact(row_bytes as usize) {
            decode(bytes, element, &mut row);
            call(&row);
        }
    }
    Ok(())
}
