//! A search for neighbours, one part of it after the other.

use gstds::adapter::Gpu;
use gstds::{Features, NeighbourLists, Neighbours};

use crate::error::Result;

/// The neighbours of a bank. `done` takes the number of rows that a part stands for, and may end the
/// search. One submission waits for the one before, so that none waits in a queue while a watchdog
/// counts.
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
        gpu.queue.submit([commands?]);
        let waited = gpu.device.poll(wgpu::PollType::wait_indefinitely());
        waited.map_err(|error| gstds::Error::ReadBack {
            what: "the end of a part of a comparison",
            reason: error.to_string(),
        })?;
        let share = rows * (number + 1) / all;
        done(share - told)?;
        told = share;
    }
    Ok(neighbours.read(&gpu.queue, rows)?)
}
