//! Corruption of the training split: class imbalance, copies exact and near, and label noise, drawn
//! from a seed so that every method of a comparison trains on the same rows.

mod draw;
mod label_noise;
mod near_copies;
#[cfg(test)]
mod tests;

pub use label_noise::{LabelNoise, NoiseKind};

use crate::{
    dataset::Dataset,
    error::{Error, Result},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How the training split is corrupted, in the order of the fields; none by default. The test split
/// is unchanged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Corruption {
    /// Long-tailed class imbalance (Cui et al., arXiv 1901.05555): the share of its images that a
    /// class keeps falls exponentially from 1 to this ratio r, above 0 and at most 1. Of C classes,
    /// the largest first and equally large ones in random order, class number c from 0 keeps the
    /// share r^(c/(C-1)) of its images, rounded, but at least one where it has any. The images kept
    /// are random; their number is the same for every seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imbalance: Option<f64>,
    /// Duplicates, at least 2: the number of rows P stays the same, and a random fifth of the
    /// distinct images occurs this many times (N) each. D images with ⌊D/5⌋ of them N times are D +
    /// (N-1)⌊D/5⌋ rows; D is the smallest number for which these are P or more, and one image of
    /// the fifth occurs fewer times to make up the difference. N = 5 leaves about P/1.8 distinct
    /// images; of P < 5 rows none is duplicated. The images are drawn from all classes together, so
    /// a small class may lose all of its images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate: Option<usize>,
    /// Near-copies, at least 2: as duplicates, but every copy beyond the first is flipped (half of
    /// them), shifted by up to an eighth of its side and brightened or darkened by up to a fifth,
    /// all drawn. Its pixels are then in memory, and features have to be computed for it. Not
    /// together with duplicates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near_copies: Option<usize>,
    /// Label noise: the share of rows, from 0 to below 1 and rounded to whole rows, that get a
    /// wrong label: uniform over the other classes, or that of the next class. Duplicates of an
    /// image get theirs independently. Needs at least 2 classes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_noise: Option<LabelNoise>,
}

/// A data set with a corrupted training split.
#[derive(Clone, Debug)]
pub struct CorruptedDataset {
    /// The data set. Without near-copies its training split refers to the pixels of the original.
    pub dataset: Dataset,
    rows: Vec<usize>,
    wrong: Vec<bool>,
    altered: bool,
}

impl Corruption {
    /// Whether nothing is corrupted.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }

    /// Checks the values, without a data set.
    ///
    /// # Errors
    /// [`Error::Corruption`] names the key, the value and the limit.
    pub fn check(&self) -> Result<()> {
        let refused = |key, value: String, limit: &str| {
            let reason = limit.into();
            Err(Error::Corruption { key, value, reason })
        };
        if let (Some(times), Some(_)) = (self.near_copies, self.duplicate) {
            return refused(
                "near_copies",
                times.to_string(),
                "images are copied exactly or nearly; leave one of duplicate and near_copies out",
            );
        }
        if let Some(times) = self.near_copies.filter(|times| *times < 2) {
            return refused(
                "near_copies",
                times.to_string(),
                "an image that is copied occurs at least 2 times",
            );
        }
        match (self.imbalance, self.duplicate, self.label_noise) {
            (Some(ratio), ..) if !(ratio > 0.0 && ratio <= 1.0) => refused(
                "imbalance",
                ratio.to_string(),
                "the share that the rarest class keeps must be above 0 and at most 1",
            ),
            (_, Some(times), _) if times < 2 => refused(
                "duplicate",
                times.to_string(),
                "an image that is duplicated occurs at least 2 times",
            ),
            (.., Some(noise)) if !(0.0..1.0).contains(&noise.share) => refused(
                "label_noise",
                noise.to_string(),
                "the share of wrong labels must be from 0 to below 1",
            ),
            _ => Ok(()),
        }
    }

    /// Corrupts the training split of a data set. Rows keep their order, duplicates beside each
    /// other. Deterministic for a seed, and each setting draws independently of the others. Costs
    /// time and memory for row numbers and labels only.
    ///
    /// # Errors
    /// As [`Corruption::check`], [`Error::Corruption`] for label noise among fewer than 2 classes,
    /// and [`Error::Io`] for near-copies of pixels in a file that cannot be read.
    pub fn apply(&self, dataset: &Dataset, seed: u64) -> Result<CorruptedDataset> {
        self.check()?;
        let classes = dataset.classes.len();
        let mut random = StdRng::seed_from_u64(seed);
        let [tail, copies, noise, changes] = [(); 4].map(|()| random.random::<u64>());
        let given = dataset.train.labels();
        let mut rows: Vec<usize> = (0..given.len()).collect();
        if let Some(ratio) = self.imbalance {
            rows = draw::long_tail(given, classes, ratio, tail);
        }
        if let Some(times) = self.duplicate.or(self.near_copies) {
            rows = draw::duplicates(&rows, times, copies);
        }
        let mut labels: Vec<u16> = rows.iter().map(|&row| given[row]).collect();
        if let Some(wrong) = self.label_noise {
            if classes < 2 {
                return Err(Error::Corruption {
                    key: "label_noise",
                    value: wrong.to_string(),
                    reason: format!(
                        "wrong labels need at least 2 classes, and there are {classes}"
                    ),
                });
            }
            draw::wrong_labels(&mut labels, classes, wrong, noise);
        }
        let wrong = rows.iter().zip(&labels);
        let wrong = wrong.map(|(&row, &label)| given[row] != label).collect();
        let mut train = dataset.train.with_rows(&rows, labels);
        let altered = self.near_copies.is_some();
        if altered {
            train = near_copies::altered(&train, &rows, changes)?;
        }
        Ok(CorruptedDataset {
            dataset: Dataset {
                train,
                ..dataset.clone()
            },
            rows,
            wrong,
            altered,
        })
    }
}

/// For messages: `imbalance 0.1, label noise 0.2`, or `clean`.
impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.imbalance.map(|ratio| format!("imbalance {ratio}")),
            self.duplicate.map(|times| format!("duplicate {times}")),
            self.near_copies.map(|times| format!("near-copies {times}")),
            self.label_noise.map(|noise| format!("label noise {noise}")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        match parts.is_empty() {
            true => f.write_str("clean"),
            false => f.write_str(&parts.join(", ")),
        }
    }
}

impl CorruptedDataset {
    /// The row of the original training split behind each row; ascending.
    #[must_use]
    pub fn rows(&self) -> &[usize] {
        &self.rows
    }

    /// Whether images differ from those of the original split, so that features of the original do
    /// not fit them.
    #[must_use]
    pub fn is_altered(&self) -> bool {
        self.altered
    }

    /// Whether the label of each row is wrong.
    #[must_use]
    pub fn wrong(&self) -> &[bool] {
        &self.wrong
    }

    /// How many distinct images there are to train on.
    #[must_use]
    pub fn distinct(&self) -> usize {
        self.rows.chunk_by(|one, next| one == next).count()
    }

    /// How many rows have a wrong label.
    #[must_use]
    pub fn wrong_labels(&self) -> usize {
        self.wrong.iter().filter(|&&wrong| wrong).count()
    }
}
