//! Losses of the training images under the reference: what learnability is measured against.
//!
//! The reference has features and no classes of ours, so a linear head is trained on them, with the
//! labels as the data set gives them, noise and all. A head answers well for a label it has seen,
//! wrong ones included, and a mislabelled image would pass for an easy one. So heads are
//! cross-fitted: images are dealt into five folds, and those of a fold get their losses from a head
//! trained on the other four.

mod columns;
mod folds;
mod head;
#[cfg(test)]
mod tests;

use crate::error::{Error, Result};
use head::Head;
use rayon::prelude::*;

/// Losses under cross-fitted heads.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceLosses {
    /// Cross entropy in nats, one an image.
    pub losses: Vec<f32>,
    /// Share of images whose given label is named right by a head that did not see it.
    pub accuracy: f64,
    /// Operations of training the heads and of applying them.
    pub flops: u64,
}

/// Trains the heads and applies each to the fold it has not seen.
///
/// `features` are `[rows, width]`, row after row, and become standardised in place; a row with a
/// value that is no number counts as the mean of all. Rows alike to the bit share a fold, so that
/// copies of an image do not tell each other's label. Runs on the host, a thread a fold; the same
/// input gives the same losses, however many threads there are. Costs some ten passes over the
/// features for each fold.
///
/// # Errors
/// [`Error::BankRows`] where labels are not one a row, [`Error::Config`] for a label beyond
/// `classes` or features without a column.
pub fn cross_fit(
    mut features: Vec<f32>,
    width: usize,
    labels: &[u16],
    classes: usize,
) -> Result<ReferenceLosses> {
    check(&features, width, labels, classes)?;
    let dealt = folds::deal(&features, width);
    columns::standardise(&mut features, width);
    let data = Labelled {
        features: &features,
        width,
        labels,
        classes,
    };
    let fitted: Vec<_> = (0..folds::FOLDS)
        .into_par_iter()
        .map(|fold| data.held_out(&dealt, fold))
        .collect();
    Ok(gathered(fitted, labels.len()))
}

fn check(features: &[f32], width: usize, labels: &[u16], classes: usize) -> Result<()> {
    let bad = |reason: String| Err(Error::Config { reason });
    if width == 0 || !features.len().is_multiple_of(width) {
        return bad(format!(
            "{} features are no rows of {width}: give whole rows of at least 1",
            features.len()
        ));
    }
    let (found, expected) = (features.len() / width, labels.len());
    if found != expected {
        return Err(Error::BankRows { found, expected });
    }
    match labels.iter().find(|label| usize::from(**label) >= classes) {
        Some(label) => bad(format!("label {label} is beyond the {classes} classes")),
        None => Ok(()),
    }
}

/// Standardised features and their labels.
#[derive(Clone, Copy)]
struct Labelled<'a> {
    features: &'a [f32],
    width: usize,
    labels: &'a [u16],
    classes: usize,
}

impl Labelled<'_> {
    fn row(&self, row: usize) -> &[f32] {
        &self.features[row * self.width..][..self.width]
    }

    fn label(&self, row: usize) -> usize {
        usize::from(self.labels[row])
    }

    /// What the head of one fold says of its rows.
    fn held_out(&self, dealt: &[usize], fold: usize) -> Fitted {
        let (own, others): (Vec<_>, Vec<_>) =
            (0..self.labels.len()).partition(|&row| dealt[row] == fold);
        let mut fitted = Fitted::default();
        if own.is_empty() {
            return fitted;
        }
        let (mut head, operations) = Head::trained(self, &others, fold as u64);
        fitted.flops = operations + own.len() as u64 * head.forward_operations();
        for row in own {
            let (loss, right) = head.loss(self.row(row), self.label(row));
            fitted.right += u64::from(right);
            fitted.losses.push((row, loss));
        }
        fitted
    }
}

/// Losses of a fold's rows, by row.
#[derive(Default)]
struct Fitted {
    losses: Vec<(usize, f32)>,
    right: u64,
    flops: u64,
}

fn gathered(fitted: Vec<Fitted>, rows: usize) -> ReferenceLosses {
    let mut all = ReferenceLosses {
        losses: vec![0.0; rows],
        accuracy: 0.0,
        flops: 0,
    };
    let mut right = 0;
    for fold in fitted {
        right += fold.right;
        all.flops += fold.flops;
        for (row, loss) in fold.losses {
            all.losses[row] = loss;
        }
    }
    all.accuracy = right as f64 / rows.max(1) as f64;
    all
}
