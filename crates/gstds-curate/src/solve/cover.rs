//! Rows that cover their parts, a part after the other.

use std::time::Instant;

use gstds::{Coverage, CoverageOptions, CoverageRule, CoverageSelection};

use super::{PartSolver, features, in_part};
use crate::error::Result;
use crate::partition::{PoolPart, part_seed};
use crate::pool::RowSet;
use crate::submission;

impl PartSolver<'_> {
    /// Chooses in every part that keeps a row.
    pub(super) fn cover(&mut self, options: &CoverageOptions) -> Result<()> {
        let (plan, gpu) = (self.device.plan, self.device.gpu);
        let (shape, most) = (self.device.shape, plan.most_chosen());
        // Buffers and vectors are those of the part that chooses most.
        let options = &options.clone().vectors(options.vectors_for(most));
        let mut prepared = None;
        let parts = plan.parts.iter().enumerate();
        for (number, part) in parts.filter(|(_, part)| part.keep > 0) {
            if self.is_in_two_levels(part, options) {
                // Its buffers are not there at the same time.
                prepared = None;
                if self.cover_in_two_levels(options, number, part)? {
                    continue;
                }
            }
            let coverage = match &mut prepared {
                Some(coverage) => coverage,
                none => none.insert(Coverage::prepare(&gpu.device, shape, most, options)?),
            };
            coverage.reseed(part_seed(options.seed, number));
            let already = part.rows.places_of(plan.request.already());
            let found = self.choose(coverage, number, &part.rows, part.keep, &already)?;
            if let Some(scores) = &found.scores {
                self.solved.score(part, scores);
            }
            self.note_objective(options.rule, found.objective);
            self.solved.take(number, part, &found.kept, found.status);
        }
        Ok(())
    }

    /// Uploads rows of a part and chooses among them, beside those at the places `already`.
    pub(super) fn choose(
        &mut self,
        coverage: &mut Coverage,
        number: usize,
        rows: &RowSet,
        keep: usize,
        already: &[u32],
    ) -> Result<CoverageSelection> {
        let (plan, gpu) = (self.device.plan, self.device.gpu);
        self.upload.restart();
        self.upload.push(self.pool, rows, self.done)?;
        self.upload.finish()?;
        let view = features(&self.upload, self.pool).rows(rows.len());
        let begun = Instant::now();
        for commands in coverage.record(view, keep, already)? {
            (self.done)(0)?;
            submission::and_wait(gpu, [commands], "the end of a part of a selection")?;
        }
        let found = coverage.read(&gpu.queue);
        self.solved.time += begun.elapsed();
        found.map_err(|source| in_part(number, plan.parts.len(), source))
    }

    /// Rows of a part that are chosen in the end, those chosen before included.
    pub(super) fn chosen(&self, part: &PoolPart) -> usize {
        let already = self.device.plan.request.already();
        part.keep + part.rows.places_of(already).len()
    }

    fn note_objective(&mut self, rule: CoverageRule, found: Option<f64>) {
        let Some(found) = found else {
            return;
        };
        let before = self.solved.objective;
        self.solved.objective = Some(match (rule, before) {
            (_, None) => found,
            (CoverageRule::KCenter, Some(before)) => before.max(found),
            (_, Some(before)) => before + found,
        });
    }
}
