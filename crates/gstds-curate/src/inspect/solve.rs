//! Solves the graph of a pool on the device and reads back all results.

use gstds::profile::stages_blocking;
use gstds::{Keep, Selection};
use gstds_data::Progress;

use crate::error::Result;
use crate::plan::DevicePlan;
use crate::pool::Pool;
use crate::solve::{features, go_on, upload::Upload};

/// The selection, and the rows that are zero, NaN or infinite.
pub(super) fn solve(
    device: &DevicePlan<'_>,
    pool: &mut Pool,
    progress: &mut dyn Progress,
) -> Result<(Selection, Vec<u32>)> {
    let (part, queue) = (&device.plan.parts[0], &device.gpu.queue);
    let rows = part.rows.len();
    let mut batch = device.selector.prepare(device.shape)?;
    let mut upload = Upload::new(device.gpu, device.feature_bytes)?;
    let mut read = 0;
    let mut report = |count| {
        read += count;
        progress.job("rows read", read, rows);
        go_on(progress)
    };
    upload.push(pool, &part.rows, &mut report)?;
    upload.finish()?;
    let keep = Keep::Count(part.keep);
    let profile = stages_blocking(&mut batch, queue, features(&upload, pool), keep)?;
    let status = batch.read_status(queue)?;
    let (mut scores, mut vectors, mut spectrum) = (vec![0.0; rows], Vec::new(), None);
    if status.steps > 0 {
        scores = batch.read_scores(queue, rows)?;
        vectors = batch.read_vectors(queue, rows)?;
        spectrum = batch.read_spectrum(queue)?;
    }
    let selection = Selection {
        kept: batch.read_kept(queue, part.keep)?,
        scores,
        vectors,
        spectrum,
        status,
        path: batch.path(),
        profile,
    };
    let mut invalid = upload.take_invalid();
    invalid.sort_unstable();
    Ok((selection, invalid))
}
