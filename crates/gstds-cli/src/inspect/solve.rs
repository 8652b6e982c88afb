//! The pool's graph on the device, and all that the solve leaves there.

use gstds::adapter::Gpu;
use gstds::profile::stages_blocking;
use gstds::{Features, Keep, Selection};
use gstds_data::Progress as _;
use gstds_train::run::Terminal;

use super::Failure;
use crate::select::device::Plan;
use crate::select::parts::Part;
use crate::select::upload::{self, Upload};
use gstds_data::matrix::Matrix;

pub(super) fn solve(
    gpu: &Gpu,
    plan: &Plan,
    pool: &mut Matrix,
    part: &Part,
    progress: &mut Terminal,
) -> Result<Selection, Failure> {
    let (rows, queue) = (pool.layout().rows, &gpu.queue);
    let mut batch = plan.selector.prepare(plan.shape)?;
    let mut upload = Upload::new(gpu, plan.feature_bytes)?;
    let mut read = 0;
    let mut tell = |count| {
        read += count;
        progress.job("rows read", read, rows);
    };
    upload.push(pool, &part.rows, &mut tell)?;
    upload.finish()?;
    let features = Features::new(upload.buffer()).dtype(upload::dtype(pool.layout().element()));
    let profile = stages_blocking(&mut batch, queue, features, Keep::Count(part.keep))?;
    let status = batch.read_status(queue)?;
    let (mut scores, mut vectors, mut spectrum) = (vec![0.0; rows], Vec::new(), None);
    if status.steps > 0 {
        scores = batch.read_scores(queue, rows)?;
        vectors = batch.read_vectors(queue, rows)?;
        spectrum = batch.read_spectrum(queue)?;
    }
    Ok(Selection {
        kept: batch.read_kept(queue, part.keep)?,
        scores,
        vectors,
        spectrum,
        status,
        path: batch.path(),
        profile,
    })
}
