//! A search for neighbours, one part of it after the other.

use gstds::adapter::Gpu;
use gstds::{Features, NeighbourLists, Neighbours};

use crate::error::Result;
use crate::submission;

/// The neighbours of a bank. `done` takes the number of rows that a part stands for, and may end the
/// search.
pub(crate) fn search(
    gpu: &Gpu,
    neighbours: &Neighbours,
    bank: Features<'_>,
    rows: usize,
    done: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<NeighbourLists> {
    let parts = neighbours.record_each(bank)?;
    let (all, mut told) = (parts.len(), 0);
    for (number, commands) in parts.enumerate() {
        submission::and_wait(gpu, [commands?], "the end of a part of a comparison")?;
        let share = rows * (number + 1) / all;
        done(share - told)?;
        told = share;
    }
    Ok(neighbours.read(&gpu.queue, rows)?)
}
