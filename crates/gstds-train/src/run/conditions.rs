//! The conditions of a run's training data: drawn from its seed, and what became of them.

use super::{
    config::TrainConfig,
    progress::RunProgress,
    sampler::{self, Purpose},
    setup,
};
use crate::error::Result;
use gstds_data::{CorruptedDataset, Corruption, Dataset};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The data set that a configuration names, opened and put under its conditions.
pub fn training_data(config: &TrainConfig, progress: &mut dyn RunProgress) -> Result<Dataset> {
    let opened = setup::dataset(config, progress)?;
    let conditioned = conditioned(config, &opened.dataset)?;
    Ok(conditioned.map_or(opened.dataset, |it| it.dataset))
}

/// A data set under the conditions of a configuration, drawn from its seed alone: runs of one seed
/// train on the same rows, whatever their method. None where they are clean. The rows that a run's
/// folder names are those of the result.
///
/// # Errors
/// As [`Corruption::apply`].
pub fn conditioned(config: &TrainConfig, dataset: &Dataset) -> Result<Option<CorruptedDataset>> {
    let conditions = config.data.corruption();
    if conditions.is_clean() {
        return Ok(None);
    }
    let seed = sampler::derived(config.seed, Purpose::Conditions, 0);
    Ok(Some(conditions.apply(dataset, seed)?))
}

/// Corruption, and what it came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConditionSummary {
    /// What was asked for.
    #[serde(flatten)]
    pub conditions: Corruption,
    /// Training rows.
    pub rows: usize,
    /// Different images among them.
    pub distinct_images: usize,
    /// Rows with a wrong label.
    pub wrong_labels: usize,
    /// What was trained on of those; none where nobody knows, as the run has no folder and its
    /// method does not take every row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back_propagated: Option<Troubles>,
}

/// Samples in trouble among those that were back-propagated, with repetition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Troubles {
    /// With a wrong label.
    pub wrong_labels: u64,
    /// Of an image that was back-propagated in the same step already.
    pub copies: u64,
}

impl ConditionSummary {
    pub(super) fn new(conditions: Corruption, conditioned: &CorruptedDataset) -> Self {
        Self {
            conditions,
            rows: conditioned.rows().len(),
            distinct_images: conditioned.distinct(),
            wrong_labels: conditioned.wrong_labels(),
            back_propagated: None,
        }
    }
}

/// For people, before work begins.
impl fmt::Display for ConditionSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "training data under {}: {} rows of {} images, {} with a wrong label",
            self.conditions, self.rows, self.distinct_images, self.wrong_labels
        )
    }
}

impl Troubles {
    /// Counts the rows of one step.
    pub(super) fn count(&mut self, step: &[i32], conditioned: &CorruptedDataset) {
        // A row that a failed selection made up is none of the data set.
        let rows = step.iter().filter_map(|&row| usize::try_from(row).ok());
        let rows: Vec<usize> = rows.filter(|&row| row < conditioned.rows().len()).collect();
        let wrong = rows.iter().filter(|&&row| conditioned.wrong()[row]);
        self.wrong_labels += wrong.count() as u64;
        let mut images: Vec<usize> = rows.iter().map(|&row| conditioned.rows()[row]).collect();
        images.sort_unstable();
        images.dedup();
        self.copies += (rows.len() - images.len()) as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::MethodName;
    use gstds_data;

    #[test]
    fn runs_of_one_seed_share_their_rows_and_others_do_not() {
        let dataset = gstds_data::embedded().unwrap();
        let of = |method, seed| {
            let mut config = TrainConfig::new(method, true);
            config.seed = seed;
            assert!(conditioned(&config, &dataset).unwrap().is_none());
            config.data.duplicate = Some(5);
            config.data.label_noise = Some(0.2);
            conditioned(&config, &dataset).unwrap().unwrap()
        };
        let first = of(MethodName::Gstds, 1);
        assert_eq!(of(MethodName::Random, 1).dataset.train, first.dataset.train);
        assert_ne!(of(MethodName::Gstds, 2).rows(), first.rows());
        let labels = |of: &CorruptedDataset| of.dataset.train.labels().to_vec();
        assert_ne!(labels(&of(MethodName::Gstds, 2)), labels(&first));
        // 2779 images are 4999 rows at most; of 2780 the last of the fifth stands once.
        assert_eq!((first.rows().len(), first.distinct()), (5000, 2780));
        assert_eq!(first.wrong_labels(), 1000);
        let mut config = TrainConfig::new(MethodName::Full, true);
        config.data.duplicate = Some(5);
        config.data.label_noise = Some(0.2);
        assert_eq!(
            ConditionSummary::new(config.data.corruption(), &first).to_string(),
            "training data under duplicate 5, label noise 0.2: 5000 rows of 2780 images, 1000 with a wrong label"
        );
    }

    #[test]
    fn copies_count_within_a_step_and_wrong_labels_wherever_they_are() {
        let dataset = gstds_data::embedded().unwrap();
        let conditions = Corruption {
            duplicate: Some(3),
            label_noise: Some(0.5),
            ..Corruption::default()
        };
        let conditioned = conditions.apply(&dataset, 3).unwrap();
        let rows = conditioned.rows();
        let twin = rows.windows(2).position(|two| two[0] == two[1]).unwrap() as i32;
        let mut troubles = Troubles::default();
        troubles.count(&[twin, twin + 1, i32::MAX, -1], &conditioned);
        troubles.count(&[twin], &conditioned);
        assert_eq!(troubles.copies, 1);
        let all: Vec<i32> = (0..rows.len() as i32).collect();
        let mut troubles = Troubles::default();
        troubles.count(&all, &conditioned);
        assert_eq!(troubles.wrong_labels, conditioned.wrong_labels() as u64);
        assert_eq!(
            troubles.copies,
            (rows.len() - conditioned.distinct()) as u64
        );
    }
}
