//! The results of a run: the counts of corrupted samples, and the summary.

use super::{Trainer, early_stopping, epoch::Epoch};
use crate::{
    method::MethodName,
    run::summary::{Summary, corruption::CorruptionSummary},
    sampler::{self, Purpose},
};
use burn::module::Module;
use gstds_curate::label_graph::chance;

impl Trainer {
    /// Counts the corrupted samples that an epoch trained on, where it is known which rows it
    /// `kept` in each step.
    pub(super) fn count_corruption(&mut self, kept: &[Vec<i32>], epoch: &Epoch) {
        let Some(corrupted) = &self.inputs.data.corrupted else {
            return;
        };
        let config = &self.inputs.config;
        let counts = &mut self.tally.corruption;
        if config.method == MethodName::Full {
            let seed = sampler::derived(config.seed, Purpose::Order, epoch.number);
            let order = sampler::permutation(corrupted.rows().len(), seed);
            let steps = order[..epoch.passed].chunks(config.batch);
            steps.for_each(|step| counts.count(step, corrupted));
        } else {
            kept.iter().for_each(|step| counts.count(step, corrupted));
        }
    }

    fn corruption_summary(&self) -> Option<CorruptionSummary> {
        let config = &self.inputs.config;
        let summary = self.inputs.data.corruption(config)?;
        let counted = self.records.folder.is_some() || config.method == MethodName::Full;
        Some(CorruptionSummary {
            back_propagated: counted.then_some(self.tally.corruption),
            ..summary
        })
    }

    pub(super) fn summary(&self) -> Summary {
        let (config, tally) = (&self.inputs.config, &self.tally);
        let info = self.inputs.device.gpu.adapter.get_info();
        Summary {
            version: env!("CARGO_PKG_VERSION"),
            method: config.method,
            dataset: config.data.dataset.clone(),
            learner: config.learner.name(),
            parameters: self.learner().num_params(),
            schedule: config.schedule.to_string(),
            seed: config.seed,
            adapter: info.name,
            driver: format!("{} {} {}", info.backend, info.driver, info.driver_info),
            software_adapter: self.inputs.device.is_software(),
            test_accuracy: tally.accuracies.last().copied().unwrap_or(0.0),
            chance: chance(self.inputs.data.dataset().test.labels()),
            epoch_accuracies: tally.accuracies.clone(),
            stopped_early: tally.step < self.sizes.steps
                && early_stopping::is_due(&tally.accuracies, config.patience),
            resumed: tally.resumed.clone(),
            steps: tally.step,
            samples_seen: tally.seen,
            samples_kept: tally.kept,
            flops: tally.flops,
            seconds: self.seconds_so_far(),
            estimated_seconds: match tally.seconds.selection > 0.0 {
                true => &["selection", "training"],
                false => &[],
            },
            reference: tally.reference.clone(),
            images: self.state.train.place(),
            memory: self.memory,
            conditions: self.corruption_summary(),
            left_out: self.inputs.data.left_out.clone(),
        }
    }
}
