//! What of the training data's troubles was trained on, epoch by epoch.

use super::Run;
use crate::{
    method::MethodName,
    run::{
        conditions::ConditionSummary,
        sampler::{self, Purpose},
    },
};

impl Run<'_, '_> {
    /// Counts an epoch of which `passed` rows passed through batches and `kept` were kept, step by
    /// step, where that is known.
    pub(super) fn count_troubles(&mut self, kept: &[Vec<i32>], epoch: usize, passed: usize) {
        let Some(conditioned) = self.conditioned else {
            return;
        };
        let mut count = |step: &[i32]| self.troubles.count(step, conditioned);
        if self.config.method == MethodName::Full {
            let seed = sampler::derived(self.config.seed, Purpose::Order, epoch);
            let order = sampler::permutation(self.train.len(), seed);
            order[..passed].chunks(self.config.batch).for_each(count);
        } else {
            kept.iter().for_each(|step| count(step));
        }
    }

    /// What the conditions came to; none where the data are clean.
    pub(super) fn condition_summary(&self) -> Option<ConditionSummary> {
        let conditioned = self.conditioned?;
        let counted = self.folder.is_some() || self.config.method == MethodName::Full;
        Some(ConditionSummary {
            back_propagated: counted.then_some(self.troubles),
            ..ConditionSummary::new(self.config.data.corruption(), conditioned)
        })
    }
}
