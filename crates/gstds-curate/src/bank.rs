//! A bank of features that stays on the device, and batches selected from it.

use gstds::adapter::Gpu;
use gstds::{Batch, Features, GraphBatch, GraphCall, Keep, MAX_GRAPHS, Path, Selector, Shape};
use gstds_data::Progress;
use gstds_data::matrix::DeviceElement;

use crate::error::Result;
use crate::partition::shuffled;
use crate::pool::{Pool, RowSet};
use crate::solve::upload::{self, Upload};
use crate::solve::{go_on, in_part};

/// Bytes of workspace that the batches of one submission take.
const SUBMISSION_BYTES: u64 = 256 << 20;

/// The features of a pool on the device, and the kernels for batches of its rows.
///
/// Batches on the fused path (see [`Path`]) are solved many in a submission of three dispatches, as
/// many as fit 256 MiB of workspace; on the other paths each has its own submission. Beside its
/// workspace a bank takes the bytes of its features, f16 as f16 and all else as f32.
pub struct Bank {
    gpu: Gpu,
    features: wgpu::Buffer,
    /// u32 rows of the batches of a submission.
    list: wgpu::Buffer,
    element: DeviceElement,
    rows: usize,
    workspace: Workspace,
}

enum Workspace {
    Many(Box<GraphBatch>),
    One(Box<Batch>),
}

impl Bank {
    /// Uploads all rows of a pool, some MiB at a time, and prepares batches of up to `batch_rows`
    /// rows. The selector is one of the device of `gpu`.
    ///
    /// # Errors
    /// [`Error::Data`](crate::Error::Data) for rows that cannot be read;
    /// [`Error::Selection`](crate::Error::Selection) for options that contradict each other or the
    /// batch, and for features that one binding of the device cannot hold;
    /// [`Error::Stopped`](crate::Error::Stopped).
    pub fn new(
        gpu: &Gpu,
        selector: &Selector,
        pool: &mut Pool,
        batch_rows: usize,
        progress: &mut dyn Progress,
    ) -> Result<Self> {
        let rows = pool.layout().rows;
        let shape = Shape {
            rows: batch_rows.min(rows),
            features: pool.layout().features,
        };
        let (workspace, graphs) =
            Workspace::new(selector, shape, rows.div_ceil(shape.rows.max(1)))?;
        Ok(Self {
            features: upload_all(gpu, pool, progress)?.0,
            list: gpu.storage_buffer("batches", 4 * (graphs * shape.rows) as u64)?,
            element: pool.layout().element(),
            gpu: gpu.clone(),
            rows,
            workspace,
        })
    }

    /// Rows of the bank.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// All rows in batches of `size`, the last of which may have fewer, in an order drawn from
    /// `seed`; the same on every machine.
    #[must_use]
    pub fn batches(&self, size: usize, seed: u64) -> Vec<Vec<u32>> {
        let order = shuffled(self.rows, seed);
        order.chunks(size.max(1)).map(<[u32]>::to_vec).collect()
    }

    /// Selects within each batch, given as rows of the bank, and returns the kept rows of each, by
    /// their places in the batch or in rank order, as the selector's options say. Rules that draw do so from `seed`, the same places in each batch.
    /// Waits for the device.
    ///
    /// # Errors
    /// [`Error::Selection`](crate::Error::Selection) or [`Error::Part`](crate::Error::Part) for
    /// batches that are empty or larger than prepared for, and for what the kernels report;
    /// [`Error::Stopped`](crate::Error::Stopped).
    pub fn select(
        &mut self,
        batches: &[Vec<u32>],
        keep: Keep,
        seed: u64,
        progress: &mut dyn Progress,
    ) -> Result<Vec<Vec<u32>>> {
        let at_once = match &mut self.workspace {
            Workspace::Many(many) => {
                many.reseed(seed);
                many.graphs()
            }
            Workspace::One(batch) => {
                batch.reseed(seed);
                1
            }
        };
        let mut kept = Vec::with_capacity(batches.len());
        for some in batches.chunks(at_once) {
            go_on(progress)?;
            let first = kept.len();
            for (batch, places) in some
                .iter()
                .zip(self.places(some, keep, first, batches.len())?)
            {
                kept.push(places.iter().map(|&place| batch[place as usize]).collect());
            }
            progress.job("batches selected", kept.len(), batches.len());
        }
        Ok(kept)
    }

    /// Kept places of the batches of one submission, of which the first is the number `first` of
    /// `all`.
    fn places(
        &mut self,
        batches: &[Vec<u32>],
        keep: Keep,
        first: usize,
        all: usize,
    ) -> Result<Vec<Vec<u32>>> {
        let Self { gpu, list, .. } = self;
        let (shape, queue) = (self.workspace.shape(), &gpu.queue);
        let (rows, prepared) = (batches.iter().map(Vec::len).max().unwrap_or(0), shape.rows);
        if rows > prepared {
            return Err(gstds::Error::RowsBeyondShape { rows, prepared }.into());
        }
        let bytes: Vec<u8> = batches
            .iter()
            .flatten()
            .flat_map(|row| row.to_le_bytes())
            .collect();
        queue.write_buffer(list, 0, &bytes);
        let features = Features::new(&self.features)
            .dtype(upload::dtype(self.element))
            .picked_by(list, 0, self.rows);
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        match &mut self.workspace {
            Workspace::Many(many) => {
                let call = |batch: &Vec<u32>| GraphCall {
                    rows: batch.len(),
                    keep,
                };
                let calls: Vec<GraphCall> = batches.iter().map(call).collect();
                let counts = many.encode(&mut encoder, features, &calls)?;
                queue.submit([encoder.finish()]);
                for (number, status) in (first..).zip(many.read_status(queue, calls.len())?) {
                    status.map_err(|source| in_part(number, all, source))?;
                }
                Ok(many.read_kept(queue, &counts)?)
            }
            Workspace::One(batch) => {
                let rows = batches.iter().map(Vec::len).sum();
                let count = batch.encode(&mut encoder, features.rows(rows), keep)?;
                queue.submit([encoder.finish()]);
                let status = batch.read_status(queue);
                status.map_err(|source| in_part(first, all, source))?;
                Ok(vec![batch.read_kept(queue, count)?])
            }
        }
    }
}

impl Workspace {
    /// For as many of `batches` at once as fit a submission, and their number.
    fn new(selector: &Selector, shape: Shape, batches: usize) -> Result<(Self, usize)> {
        if selector.path(shape)? != Path::Fused {
            return Ok((Self::One(Box::new(selector.prepare(shape)?)), 1));
        }
        let each = selector.workspace_bytes_many(shape, 1)?;
        let most = batches.clamp(1, MAX_GRAPHS) as u64;
        let graphs = (SUBMISSION_BYTES / each.max(1)).clamp(1, most) as usize;
        let many = selector.prepare_many(shape, graphs)?;
        Ok((Self::Many(Box::new(many)), graphs))
    }

    fn shape(&self) -> Shape {
        match self {
            Self::Many(many) => many.shape(),
            Self::One(batch) => batch.shape(),
        }
    }
}

/// All rows of a pool in one buffer, and those that are zero, NaN or infinite.
pub(crate) fn upload_all(
    gpu: &Gpu,
    pool: &mut Pool,
    progress: &mut dyn Progress,
) -> Result<(wgpu::Buffer, Vec<u32>)> {
    let (rows, limits) = (pool.layout().rows, gpu.device.limits());
    let needed = pool.layout().row_bytes().saturating_mul(rows as u64);
    let allowed = gstds::largest_binding(&limits);
    if needed > allowed {
        return Err(gstds::Error::DeviceLimit {
            what: "the bank of features",
            needed,
            limit: "max_storage_buffer_binding_size",
            allowed,
        }
        .into());
    }
    let mut upload = Upload::new(gpu, needed.next_multiple_of(4))?;
    let mut read = 0;
    let mut report = |count| {
        read += count;
        progress.job("rows read", read, rows);
        go_on(progress)
    };
    upload.push(pool, &RowSet::Range(0..rows), &mut report)?;
    upload.finish()?;
    Ok(upload.into_parts())
}

#[cfg(test)]
mod tests;
