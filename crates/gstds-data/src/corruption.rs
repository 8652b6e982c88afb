//! Training data under trouble: a long tail, copies, wrong labels. For comparisons, where methods
//! differ most; drawn from a seed, so that every method of a comparison can have the same.

mod draw;
#[cfg(test)]
mod tests;

use super::{Dataset, error::Error};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is made hard about the training images, in the order of the fields; what is left out is
/// clean. Test images stay as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conditions {
    /// Long tail (Cui et al., arXiv 1901.05555): the share of its images that a class keeps falls
    /// exponentially from 1 to this, above 0 and at most 1. Of C classes, the largest first and those
    /// of a size in a drawn order, class number c from 0 keeps the share r^(c/(C-1)) of its images,
    /// rounded to whole ones and at least one where it has any; which ones is drawn. The number of
    /// rows is the same for every seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imbalance: Option<f64>,
    /// Copies, at least 2: the number of rows P stays, and of the images that are left a drawn fifth
    /// stands so many times each. D images with ⌊D/5⌋ of them N times are D + (N-1)⌊D/5⌋ rows; D is
    /// the least number for which they are P or more, and one image of the fifth stands as many
    /// times less than N as they are more. With N = 5 there are some P/1.8 images; of P < 5 rows none
    /// is copied. Which images are left is drawn over all classes together, so that a class of few may
    /// lose all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate: Option<usize>,
    /// Wrong labels: the drawn share of rows, from 0 to below 1 and rounded to whole ones, that gets
    /// another label, each of the other classes with the same chance. Copies of an image get theirs
    /// independently. Needs at least 2 classes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_noise: Option<f64>,
}

/// A data set under conditions, and where its training rows come from.
#[derive(Clone, Debug)]
pub struct Conditioned {
    /// What to train and to test on. Pixels are not copied: the training rows refer to those of the
    /// data set.
    pub dataset: Dataset,
    rows: Vec<usize>,
    wrong: Vec<bool>,
}

impl Conditions {
    /// Whether nothing is made hard.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }

    /// Refuses values that no data set can be under.
    ///
    /// # Errors
    /// [`Error::Condition`] names the key, the value and the limit.
    pub fn check(&self) -> crate::Result<()> {
        let refused = |key, value: String, limit: &str| {
            let reason = limit.into();
            Err(Error::Condition { key, value, reason })
        };
        match (self.imbalance, self.duplicate, self.label_noise) {
            (Some(ratio), ..) if !(ratio > 0.0 && ratio <= 1.0) => refused(
                "imbalance",
                ratio.to_string(),
                "the share of the rarest class must be above 0 and at most 1",
            ),
            (_, Some(times), _) if times < 2 => refused(
                "duplicate",
                times.to_string(),
                "an image that is copied stands at least 2 times",
            ),
            (.., Some(share)) if !(0.0..1.0).contains(&share) => refused(
                "label_noise",
                share.to_string(),
                "the share of wrong labels must be from 0 to below 1",
            ),
            _ => Ok(()),
        }
    }

    /// Puts a data set's training images under these conditions. Rows are in the order of the data
    /// set, copies beside each other; the same seed draws the same, and what one condition draws
    /// does not change another's draw. Costs time and memory for row numbers and labels only.
    ///
    /// # Errors
    /// As [`Conditions::check`], and [`Error::Condition`] for wrong labels among fewer than 2
    /// classes.
    pub fn apply(&self, dataset: &Dataset, seed: u64) -> crate::Result<Conditioned> {
        self.check()?;
        let classes = dataset.classes.len();
        let mut random = StdRng::seed_from_u64(seed);
        let [tail, copies, noise] = [(); 3].map(|()| random.random::<u64>());
        let given = dataset.train.labels();
        let mut rows: Vec<usize> = (0..given.len()).collect();
        if let Some(ratio) = self.imbalance {
            rows = draw::long_tail(given, classes, ratio, tail);
        }
        if let Some(times) = self.duplicate {
            rows = draw::copies(&rows, times, copies);
        }
        let mut labels: Vec<u16> = rows.iter().map(|&row| given[row]).collect();
        if let Some(share) = self.label_noise {
            if classes < 2 {
                return Err(Error::Condition {
                    key: "label_noise",
                    value: share.to_string(),
                    reason: format!("of {classes} classes none is wrong; at least 2 are needed"),
                });
            }
            draw::wrong_labels(&mut labels, classes, share, noise);
        }
        let wrong = rows.iter().zip(&labels);
        let wrong = wrong.map(|(&row, &label)| given[row] != label).collect();
        Ok(Conditioned {
            dataset: Dataset {
                train: dataset.train.gathered(&rows, labels),
                ..dataset.clone()
            },
            rows,
            wrong,
        })
    }
}

/// As flags, for people.
impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.imbalance.map(|ratio| format!("imbalance {ratio}")),
            self.duplicate.map(|times| format!("duplicate {times}")),
            self.label_noise.map(|share| format!("label noise {share}")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        match parts.is_empty() {
            true => f.write_str("clean"),
            false => f.write_str(&parts.join(", ")),
        }
    }
}

impl Conditioned {
    /// The row of the data set that each training row has its image from; ascending.
    #[must_use]
    pub fn rows(&self) -> &[usize] {
        &self.rows
    }

    /// Whether each training row has another label than the data set gives its image.
    #[must_use]
    pub fn wrong(&self) -> &[bool] {
        &self.wrong
    }

    /// How many different images there are to train on.
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
