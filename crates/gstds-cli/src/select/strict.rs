//! Rows that `--strict` is about and no device sees, since their part keeps none.

use super::duplicates::decode;
use super::parts::Part;
use super::{solve, upload};
use crate::exit::Failure;
use gstds_data::matrix::Matrix;

/// Refuses zero, NaN and infinite rows in the parts that keep no row.
pub(super) fn check(pool: &mut Matrix, parts: &[Part]) -> Result<(), Failure> {
    let layout = pool.layout().clone();
    let most = (upload::CHUNK as u64 / layout.row_bytes()).max(1) as usize;
    let mut stored = Vec::new();
    let mut row = vec![0.0; layout.features];
    for (number, part) in parts.iter().enumerate().filter(|(_, part)| part.keep == 0) {
        let mut count = 0;
        for run in part.rows.runs(most) {
            stored.clear();
            pool.read(run, &mut stored)?;
            for bytes in stored.chunks_exact(layout.row_bytes() as usize) {
                decode(bytes, layout.element(), &mut row);
                count += u32::from(!has_direction(&row));
            }
        }
        if count > 0 {
            let rows = part.rows.len() as u32;
            let invalid = gstds::Error::InvalidRows { count, rows };
            return Err(solve::of_part(number, parts, invalid));
        }
    }
    Ok(())
}

fn has_direction(row: &[f64]) -> bool {
    row.iter().all(|value| value.is_finite()) && row.iter().any(|&value| value != 0.0)
}
