//! What one call records, stage by stage.

use super::LowRank;
use crate::{
    fiedler::{
        further::{Further, FurtherBindings},
        steps_for,
    },
    low_rank::{
        collect::Collect,
        gather::Gather,
        passes::{PassBindings, Passes, Products},
    },
    paths::Call,
};

/// What one call records with: its chunks and the kernels for its element kind.
pub(super) struct Recording<'a> {
    pub walk: &'a LowRank,
    pub passes: &'a Passes,
    pub bindings: &'a PassBindings,
    pub call: &'a Call,
}

impl Recording<'_> {
    /// Every chunk's bind group and rows.
    fn chunks(&self) -> impl Iterator<Item = (&wgpu::BindGroup, u32)> {
        let bound = &self.call.features;
        bound.groups.iter().zip(bound.rows.iter().copied())
    }

    fn gather(&self, pass: &mut wgpu::ComputePass<'_>, gather: &Gather, bound: &wgpu::BindGroup) {
        for (chunk, rows) in self.chunks() {
            gather.record(pass, bound, chunk, rows, &self.walk.plan);
        }
    }

    fn collect(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        collect: &Collect,
        bound: &wgpu::BindGroup,
    ) {
        let any_chunk = &self.call.features.groups[0];
        collect.record(pass, bound, any_chunk, self.walk.plan.width);
    }

    pub fn measure(&self, pass: &mut wgpu::ComputePass<'_>) {
        for (chunk, rows) in self.chunks() {
            let measure = &self.passes.measure;
            measure.record(pass, &self.bindings.measure, chunk, rows);
        }
    }

    /// Looks for a negative similarity, where the affinity depends on it.
    fn search(&self, pass: &mut wgpu::ComputePass<'_>) {
        let LowRank { pipelines, .. } = self.walk;
        let (Some(negative), Some(bound)) = (&pipelines.negative, &self.walk.negative) else {
            return;
        };
        let (_, sampled) = self.walk.plan.sample(self.call.rows);
        for (chunk, _) in self.chunks() {
            let sample = &self.passes.sample;
            sample.record(pass, &self.bindings.sample, chunk, sampled);
        }
        negative.record(pass, bound, sampled, self.walk.plan.features as u32);
    }

    pub fn row_sums(&self, pass: &mut wgpu::ComputePass<'_>) {
        let LowRank { pipelines, .. } = self.walk;
        self.search(pass);
        self.gather(pass, &self.passes.ones, &self.bindings.ones);
        self.collect(pass, &pipelines.collect_sums, &self.walk.collect_sums);
        for (chunk, rows) in self.chunks() {
            let row_sums = &self.passes.row_sums;
            row_sums.record(pass, &self.bindings.row_sums, chunk, rows);
        }
    }

    pub fn solve(&self, pass: &mut wgpu::ComputePass<'_>) {
        let LowRank { pipelines, .. } = self.walk;
        if let (Some(dual), Some(bound)) = (&pipelines.dual, &self.walk.dual) {
            self.gather(pass, &self.passes.vector, &self.bindings.vector);
            self.collect(pass, &pipelines.collect_step, &self.walk.collect_step);
            dual.record(pass, bound);
        }
        for _ in 0..steps_for(&pipelines.options, self.call.rows) {
            self.step(pass);
        }
        pipelines.step.record_end(pass, &self.walk.step);
        if let Some((further, bound)) = self.further() {
            further.record(pass, bound, |pass| {
                self.vector(pass);
                pipelines.picks.record_scores(pass, &self.walk.picks);
            });
        }
        self.vector(pass);
    }

    fn further(&self) -> Option<(&Further, &FurtherBindings)> {
        let LowRank { pipelines, .. } = self.walk;
        pipelines.further.as_ref().zip(self.walk.further.as_ref())
    }

    pub fn scores(&self, pass: &mut wgpu::ComputePass<'_>) {
        let LowRank { pipelines, .. } = self.walk;
        pipelines.picks.record_scores(pass, &self.walk.picks);
        if let Some((further, bound)) = self.further() {
            further.record_end(pass, bound);
        }
    }

    /// The Ritz vector of the pair in the state, and W times its unpolished scores.
    fn vector(&self, pass: &mut wgpu::ComputePass<'_>) {
        let LowRank { pipelines, .. } = self.walk;
        let ritz_rows = match pipelines.dual {
            Some(_) => self.walk.plan.width as u32,
            None => self.call.rows,
        };
        pipelines.ritz.record(pass, &self.walk.ritz, ritz_rows);
        self.last_product(pass);
    }

    /// The operator, or the dual, applied to the newest basis vector, and the solver's part.
    fn step(&self, pass: &mut wgpu::ComputePass<'_>) {
        let LowRank { pipelines, .. } = self.walk;
        let bound = &self.bindings.products[0];
        match &self.passes.products {
            Products::Rows { spread, .. } => {
                self.gather(pass, &self.passes.vector, &self.bindings.vector);
                self.collect(pass, &pipelines.collect_step, &self.walk.collect_step);
                for (chunk, rows) in self.chunks() {
                    spread.record(pass, bound, chunk, rows);
                }
            }
            Products::Dual { step, .. } => {
                self.gather(pass, step, bound);
                if let Some((lanczos, bound)) = self.walk.gathered_for(self.call.rows) {
                    lanczos.record_gathered(pass, bound, &self.call.features.groups[0]);
                    return;
                }
                self.collect(pass, &pipelines.collect_step, &self.walk.collect_step);
            }
        }
        pipelines.step.record(pass, &self.walk.step);
    }

    /// W times the unpolished scores.
    fn last_product(&self, pass: &mut wgpu::ComputePass<'_>) {
        let LowRank { pipelines, .. } = self.walk;
        let (Products::Rows { last, .. } | Products::Dual { last, .. }) = &self.passes.products;
        self.gather(pass, last, &self.bindings.products[1]);
        self.collect(pass, &pipelines.collect_last, &self.walk.collect_last);
        let bound = &self.bindings.products[2];
        for (chunk, rows) in self.chunks() {
            match &self.passes.products {
                Products::Rows { last_spread, .. } => last_spread.record(pass, bound, chunk, rows),
                Products::Dual { lift, .. } => lift.record(pass, bound, chunk, rows),
            }
        }
    }
}
