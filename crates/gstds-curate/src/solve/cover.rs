//! Rows that cover their parts, a part after the other.

use std::time::Instant;

use gstds::{Coverage, CoverageOptions, CoverageRule};

use super::{PartSolver, features, in_part};
use crate::error::Result;
use crate::partition::part_seed;

impl PartSolver<'_> {
    /// Chooses in every part that keeps a row.
    pub(super) fn cover(&mut self, options: &CoverageOptions) -> Result<()> {
        let plan = self.device.plan;
        let (gpu, parts) = (self.device.gpu, &plan.parts);
        let (shape, most) = (self.device.shape, plan.most_chosen());
        // Buffers and vectors are those of the part that chooses most.
        let mut coverage = Coverage::prepare(&gpu.device, shape, most, options)?;
        for (number, part) in parts.iter().enumerate().filter(|(_, part)| part.keep > 0) {
            coverage.reseed(part_seed(options.seed, number));
            self.upload.restart();
            self.upload.push(self.pool, &part.rows, self.done)?;
            self.upload.finish()?;
            let view = features(&self.upload, self.pool).rows(part.rows.len());
            let already = part.rows.places_of(plan.request.already());
            let begun = Instant::now();
            // One submission waits for the one before, so that none waits in a queue while a
            // watchdog counts.
            for commands in coverage.record(view, part.keep, &already)? {
                gpu.queue.submit([commands]);
                let waited = gpu.device.poll(wgpu::PollType::wait_indefinitely());
                waited.map_err(|error| gstds::Error::ReadBack {
                    what: "the end of a part of a selection",
                    reason: error.to_string(),
                })?;
            }
            let found = coverage.read(&gpu.queue);
            self.solved.time += begun.elapsed();
            let found = found.map_err(|source| in_part(number, parts.len(), source))?;
            if let Some(scores) = &found.scores {
                self.solved.score(part, scores);
            }
            self.note_objective(options.rule, found.objective);
            self.solved.take(number, part, &found.kept, found.status);
        }
        Ok(())
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
