//! Corruption of a run's training data: drawn from its seed, and counted.

use crate::{
    error::Result,
    run::config::TrainConfig,
    sampler::{self, Purpose},
};
use gstds_data::{CorruptedDataset, Corruption, Dataset};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A data set corrupted as configured, by its seed alone: runs of one seed train on the
/// same rows, whatever their method. None where nothing is corrupted. The rows in a run folder are
/// those of the result.
///
/// # Errors
/// As [`Corruption::apply`].
pub fn corrupted(config: &TrainConfig, dataset: &Dataset) -> Result<Option<CorruptedDataset>> {
    let conditions = config.data.corruption();
    if conditions.is_clean() {
        return Ok(None);
    }
    let seed = sampler::derived(config.seed, Purpose::Corruption, 0);
    Ok(Some(conditions.apply(dataset, seed)?))
}

/// The corruption of the training data, and its counts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CorruptionSummary {
    /// The settings.
    #[serde(flatten)]
    pub conditions: Corruption,
    /// Training rows.
    pub rows: usize,
    /// Different images among them.
    pub distinct_images: usize,
    /// Rows with a wrong label.
    pub wrong_labels: usize,
    /// What was trained on of those; none where it is not known, as the run has no folder and its
    /// method does not keep every row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back_propagated: Option<CorruptionCounts>,
}

/// Corrupted samples among those that were trained on, with repetition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorruptionCounts {
    /// With a wrong label.
    pub wrong_labels: u64,
    /// Copies of an image that the same step trained on already.
    pub copies: u64,
}

impl CorruptionSummary {
    pub(in crate::run) fn new(conditions: Corruption, corrupted: &CorruptedDataset) -> Self {
        Self {
            conditions,
            rows: corrupted.rows().len(),
            distinct_images: corrupted.distinct(),
            wrong_labels: corrupted.wrong_labels(),
            back_propagated: None,
        }
    }
}

/// One line for people, printed before the work.
impl fmt::Display for CorruptionSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "training data under {}: {} rows of {} images, {} with a wrong label",
            self.conditions, self.rows, self.distinct_images, self.wrong_labels
        )
    }
}

impl CorruptionCounts {
    /// Counts the rows of one step.
    pub(in crate::run) fn count(&mut self, step: &[i32], corrupted: &CorruptedDataset) {
        // A failed selection may leave rows that the data set does not have.
        let rows = step.iter().filter_map(|&row| usize::try_from(row).ok());
        let rows: Vec<usize> = rows.filter(|&row| row < corrupted.rows().len()).collect();
        let wrong = rows.iter().filter(|&&row| corrupted.wrong()[row]);
        self.wrong_labels += wrong.count() as u64;
        let mut images: Vec<usize> = rows.iter().map(|&row| corrupted.rows()[row]).collect();
        images.sort_unstable();
        images.dedup();
        self.copies += (rows.len() - images.len()) as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::MethodName;

    #[test]
    fn runs_of_one_seed_share_their_rows_and_others_do_not() {
        let dataset = gstds_data::embedded().unwrap();
        let of = |method, seed| {
            let mut config = TrainConfig::new(method, true);
            config.seed = seed;
            assert!(corrupted(&config, &dataset).unwrap().is_none());
            config.data.duplicate = Some(5);
            config.data.label_noise = Some(0.2.into());
            corrupted(&config, &dataset).unwrap().unwrap()
        };
        let first = of(MethodName::Gstds, 1);
        assert_eq!(of(MethodName::Random, 1).dataset.train, first.dataset.train);
        assert_ne!(of(MethodName::Gstds, 2).rows(), first.rows());
        let labels = |of: &CorruptedDataset| of.dataset.train.labels().to_vec();
        assert_ne!(labels(&of(MethodName::Gstds, 2)), labels(&first));
        // 2779 images are 4999 rows at most; of 2780 the last of the fifth occurs once.
        assert_eq!((first.rows().len(), first.distinct()), (5000, 2780));
        assert_eq!(first.wrong_labels(), 1000);
        let mut config = TrainConfig::new(MethodName::Full, true);
        config.data.duplicate = Some(5);
        config.data.label_noise = Some(0.2.into());
        assert_eq!(
            CorruptionSummary::new(config.data.corruption(), &first).to_string(),
            "training data under duplicate 5, label noise 0.2: 5000 rows of 2780 images, 1000 with a wrong label"
        );
    }

    #[test]
    fn copies_count_within_a_step_and_wrong_labels_wherever_they_are() {
        let dataset = gstds_data::embedded().unwrap();
        let conditions = Corruption {
            duplicate: Some(3),
            label_noise: Some(0.5.into()),
            ..Corruption::default()
        };
        let corrupted = conditions.apply(&dataset, 3).unwrap();
        let rows = corrupted.rows();
        let twin = rows.windows(2).position(|two| two[0] == two[1]).unwrap() as i32;
        let mut counts = CorruptionCounts::default();
        counts.count(&[twin, twin + 1, i32::MAX, -1], &corrupted);
        counts.count(&[twin], &corrupted);
        assert_eq!(counts.copies, 1);
        let all: Vec<i32> = (0..rows.len() as i32).collect();
        let mut counts = CorruptionCounts::default();
        counts.count(&all, &corrupted);
        assert_eq!(counts.wrong_labels, corrupted.wrong_labels() as u64);
        assert_eq!(counts.copies, (rows.len() - corrupted.distinct()) as u64);
    }
}
