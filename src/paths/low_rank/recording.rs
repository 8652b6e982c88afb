//! What one call records, stage by stage.

use super::{FeatureKernels, LowRankPath};
use crate::{
    fiedler::steps_for,
    kernel::{BoundKernel, pieces::WORK_OF_A_BYTE},
    paths::{BoundFeatures, EncodedCall, chunks::BoundChunk},
    recorder::Recorder,
};

/// What one call records with: its chunks and the kernels for its kind of elements.
pub(super) struct LowRankRecording<'a> {
    path: &'a LowRankPath,
    kernels: &'a FeatureKernels,
    chunks: &'a [BoundChunk],
    rows: u32,
    /// Work of reading a row.
    of_row: u64,
}

impl<'a> LowRankRecording<'a> {
    pub fn new(path: &'a LowRankPath, call: &'a EncodedCall) -> Self {
        let BoundFeatures::Chunks(bound) = &call.features else {
            unreachable!("the path bound chunks");
        };
        Self {
            path,
            kernels: &path.feature_kernels[bound.kind as usize],
            chunks: &bound.chunks,
            rows: call.rows,
            of_row: 4 * path.tiling.features as u64 * WORK_OF_A_BYTE,
        }
    }

    fn work(&self, chunk: &BoundChunk) -> u64 {
        u64::from(chunk.rows) * self.of_row
    }

    /// A kernel over the rows of every chunk.
    fn each_row(&self, pass: &mut Recorder<'_, '_>, kernel: &BoundKernel) {
        for chunk in self.chunks {
            let groups = kernel.workgroups(chunk.rows);
            kernel.record_chunk(pass, &chunk.group, groups, self.work(chunk));
        }
    }

    /// A kernel that leaves partial sums over the rows of every chunk.
    fn weighted_row_sum(&self, pass: &mut Recorder<'_, '_>, kernel: &BoundKernel) {
        for chunk in self.chunks {
            let groups = chunk.rows.div_ceil(self.path.tiling.group_rows as u32);
            kernel.record_chunk(pass, &chunk.group, [groups, 1, 1], self.work(chunk));
        }
    }

    /// A kernel that adds up partial sums, 64 columns a workgroup. Any chunk says how many there
    /// are.
    fn sum_partials(&self, pass: &mut Recorder<'_, '_>, kernel: &BoundKernel) {
        let groups = (self.path.tiling.width / 64) as u32;
        kernel.record_chunk(pass, &self.chunks[0].group, [groups, 1, 1], 0);
    }

    pub fn row_norms(&self, pass: &mut Recorder<'_, '_>) {
        self.each_row(pass, &self.kernels.row_norms);
    }

    /// Looks for a negative similarity, where the affinity depends on it.
    fn search(&self, pass: &mut Recorder<'_, '_>) {
        let Some(search) = &self.path.search else {
            return;
        };
        let (_, sampled) = self.path.tiling.sample(self.rows);
        let sample_rows = &self.kernels.sample_rows;
        for chunk in self.chunks {
            sample_rows.record_chunk(pass, &chunk.group, sample_rows.workgroups(sampled), 0);
        }
        search.record(pass, self.rows);
    }

    pub fn row_sums(&self, pass: &mut Recorder<'_, '_>) {
        self.search(pass);
        self.weighted_row_sum(pass, &self.kernels.sum_rows);
        self.sum_partials(pass, &self.path.column_sums);
        self.each_row(pass, &self.kernels.row_sums);
    }

    pub fn solve(&self, pass: &mut Recorder<'_, '_>) {
        let path = self.path;
        if let Some(dual) = &path.dual {
            self.weighted_row_sum(pass, &self.kernels.sum_by_vector);
            self.sum_partials(pass, &path.sum_partials);
            dual.start.record(pass, self.rows);
        }
        for _ in 0..steps_for(&path.options, self.rows) {
            self.step(pass);
        }
        if let Some(tridiagonal) = &path.tridiagonal {
            tridiagonal.record(pass, self.rows);
        }
        if let Some(further) = &path.further {
            further.record(pass, self.rows, |pass| {
                self.vector(pass);
                path.ranking.record_scores(pass, self.rows);
            });
        }
        self.vector(pass);
    }

    pub fn scores(&self, pass: &mut Recorder<'_, '_>) {
        self.path.ranking.record_scores(pass, self.rows);
        if let Some(further) = &self.path.further {
            further.record_end(pass, self.rows);
        }
    }

    /// The operator, or the dual, applied to the newest basis vector, and the solver's part.
    fn step(&self, pass: &mut Recorder<'_, '_>) {
        let path = self.path;
        if path.dual.is_some() {
            self.weighted_row_sum(pass, &self.kernels.product);
            if let Some(lanczos) = path.step_from_partials(self.rows) {
                lanczos.record_chunk(pass, &self.chunks[0].group, [1, 1, 1], 0);
                return;
            }
            self.sum_partials(pass, &path.sum_partials);
        } else {
            self.weighted_row_sum(pass, &self.kernels.sum_by_vector);
            self.sum_partials(pass, &path.sum_partials);
            self.each_row(pass, &self.kernels.product);
        }
        match path.spread_step(self.rows) {
            Some(spread) => spread.record(pass, self.rows),
            None => path.step.record(pass, self.rows),
        }
    }

    /// The Ritz vector of the pair in the state, and W times its unpolished scores.
    fn vector(&self, pass: &mut Recorder<'_, '_>) {
        let ritz_rows = match self.path.dual {
            Some(_) => self.path.tiling.width as u32,
            None => self.rows,
        };
        self.path.ritz.record(pass, ritz_rows);
        self.weighted_row_sum(pass, &self.kernels.last_sum);
        self.sum_partials(pass, &self.path.last_sum_partials);
        self.each_row(pass, &self.kernels.last_rows);
    }
}
