//! The result of comparing groups.

use super::{
    curve::Reached,
    paired::{Mean, Paired},
};
use gstds_train::method::MethodName;
use serde::Serialize;
use std::{collections::BTreeMap, fmt};

/// The comparison of several groups.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// Label of the group that the others' accuracies are compared with.
    pub baseline: String,
    /// Label of the group of `small-batch`, the second baseline; none where there is none with the
    /// baseline's settings, or where it is the baseline.
    pub small_batch: Option<String>,
    /// Label of the group whose final accuracy the others' costs are taken at: `full` where it is
    /// among them, else the baseline.
    pub target_group: String,
    /// That accuracy.
    pub target: f64,
    /// Whether that is clearly above chance; else no costs are compared.
    pub learned: bool,
    /// One a group, in their order.
    pub rows: Vec<Row>,
    /// Verdicts in sentences.
    pub verdicts: Vec<String>,
}

/// One group.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Its label.
    pub label: String,
    /// Its method.
    pub method: MethodName,
    /// Finished runs; only these are compared.
    pub seeds: usize,
    /// Unfinished runs.
    pub unfinished: usize,
    /// Test accuracy after the last epoch.
    pub accuracy: Mean,
    /// Mean back-propagated samples.
    pub samples: f64,
    /// Mean operations, the reference's included.
    pub flops: f64,
    /// The same without the reference's.
    pub own_flops: f64,
    /// Mean working seconds: reference, selection and training.
    pub seconds: f64,
    /// Its accuracy less the baseline's at the same seed; none for the baseline, for fewer than two
    /// seeds in common and for groups with other settings.
    pub difference: Option<Paired>,
    /// The p-value of that difference after Holm's correction for all tests of the comparison.
    pub corrected_p: Option<f64>,
    /// Its accuracy less that of the second baseline, as `difference`.
    pub to_small_batch: Option<Paired>,
    /// The p-value of that, corrected likewise.
    pub small_batch_p: Option<f64>,
    /// How many times less it cost than the target group to reach the target, by axis; empty where
    /// the target group did not learn.
    pub times_less: BTreeMap<&'static str, Less>,
}

/// The cost of the target for one group on one axis.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Less {
    /// Where its mean curve reached the target.
    #[serde(flatten)]
    pub reached: Reached,
    /// The target group's cost over its own; below 1 it cost more. None if it never reached the
    /// target.
    pub factor: Option<f64>,
    /// How well the factor is known: a curve that is there at its first evaluation may have cost
    /// less.
    pub bound: Bound,
}

/// How well a factor is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// Both costs lie between evaluations.
    Exact,
    /// The factor may be larger.
    AtLeast,
    /// The factor may be smaller.
    AtMost,
    /// Either.
    Open,
}

impl Bound {
    pub(super) fn of(target_group: Reached, own: Reached) -> Self {
        let early = |reached| matches!(reached, Reached::By { .. });
        match (early(target_group), early(own)) {
            (false, false) => Self::Exact,
            (false, true) => Self::AtLeast,
            (true, false) => Self::AtMost,
            (true, true) => Self::Open,
        }
    }
}

impl fmt::Display for Less {
    /// Such as `2.10`, with a sign before a bound; `-` where the target was never reached.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.bound {
            Bound::Exact => "",
            Bound::AtLeast => "≥",
            Bound::AtMost => "≤",
            Bound::Open => "~",
        };
        match self.factor {
            // Small factors keep a digit that is not zero.
            Some(factor) => {
                let digits = match factor {
                    _ if factor >= 0.1 => 2,
                    _ if factor >= 0.01 => 3,
                    _ => 4,
                };
                f.pad(&format!("{sign}{factor:.digits$}"))
            }
            None => f.pad("-"),
        }
    }
}
