//! A Lanczos step over so many rows that one workgroup would spend milliseconds in it: the passes of
//! Gram-Schmidt are spread over workgroups.

use crate::{
    Laplacian, Solver,
    kernel::{Binder, BoundKernel, table},
    recorder::Recorder,
    workspace::words,
};

/// Rows of a workgroup, as in `shaders/shared/spread.wgsl`.
pub(crate) const GROUP_ROWS: u32 = 1024;
/// Entries of a pass of a workgroup, as there: a step more than T has, and the trivial vector.
const OVERLAPS: usize = 256 + 2;

/// Rows from which on a step is spread. One workgroup moves some 27 GB/s: a step in the middle of a
/// solve, with 18 vectors in the basis, takes it 87 µs at so many rows. The four dispatches that
/// spreading adds take 8 to 24 µs and, where the solve ends half-way, as much again after its end.
const SPREAD_ROWS: usize = 8192;

/// Words of what workgroups leave for each other, for this many rows.
fn overlap_words(rows: usize) -> usize {
    rows.div_ceil(GROUP_ROWS as usize) * (2 * OVERLAPS + 1)
}

/// Whether the step over this many rows is spread: on the low-rank path where Lanczos solves over
/// rows.
pub(crate) fn is_spread(laplacian: Laplacian, solver: Solver, rows: usize) -> bool {
    laplacian == Laplacian::Un && solver == Solver::Lanczos && rows >= SPREAD_ROWS
}

/// Bytes of the buffer `overlaps` of a workspace for this many rows.
pub(crate) fn overlap_bytes(rows: usize) -> u64 {
    words(overlap_words(rows))
}

/// The kernels of a step, bound to a workspace.
#[derive(Debug)]
pub(crate) struct SpreadStep {
    passes: [BoundKernel; 3],
    end: BoundKernel,
    append: BoundKernel,
    /// Rows of a vector with their padding.
    leading: u32,
}

impl SpreadStep {
    /// None where no call of the workspace has so many rows.
    pub fn new(binder: &Binder<'_>) -> Option<Self> {
        let sizes = &binder.workspace.sizes;
        let options = binder.options();
        let needed = is_spread(options.laplacian, options.solver, sizes.shape.rows);
        needed.then(|| Self {
            passes: [0.0, 1.0, 2.0].map(|number| {
                let number = [("pass_number", number)];
                binder.bind_with(&table::SPREAD_PROJECTION, &number, &[])
            }),
            end: binder.bind(&table::SPREAD_STEP),
            append: binder.bind(&table::SPREAD_APPEND),
            leading: sizes.leading as u32,
        })
    }

    pub fn record(&self, pass: &mut Recorder<'_, '_>, rows: u32) {
        for projection in &self.passes {
            projection.record(pass, rows);
        }
        self.end.record(pass, rows);
        self.append.record(pass, self.leading);
    }

    /// Dispatches of a step.
    pub const DISPATCHES: u32 = 5;
}
