//! Linear probes on features, and the losses of the training images under them: the reference
//! losses that learnability is measured against.
//!
//! A reference model has features and none of the data set's classes, so linear probes are trained
//! on the features, with the labels as the data set has them, wrong ones included. A probe fits the
//! labels that it was trained on, so it would rate a mislabelled image as easy. So probes are
//! cross-fitted: images are divided into five folds, and those of a fold get their losses from a
//! probe trained on the other four.

mod folds;
mod probe;
mod standardise;
#[cfg(test)]
mod tests;

use crate::error::{Error, Result};
use probe::LinearProbe;
use rayon::prelude::*;

/// Losses under cross-fitted linear probes.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeLosses {
    /// Cross entropy in nats, one per image.
    pub losses: Vec<f32>,
    /// Accuracy of the probes on images that they were not trained on.
    pub accuracy: f64,
    /// Operations of training the probes and of applying them.
    pub flops: u64,
}

/// Trains the probes and applies each to the fold it was not trained on.
///
/// `features` are `[rows, width]`, row after row, and become standardised in place; a row with a
/// value that is not finite counts as the mean of all. Rows alike to the bit share a fold, so that
/// copies of an image do not reveal each other's label. Runs on the host, one thread per fold; the
/// same input gives the same losses, however many threads there are. Costs some ten passes over the
/// features for each fold.
///
/// # Errors
/// [`Error::BankRows`] where labels are not one per row, [`Error::Config`] for a label beyond
/// `classes` or features without a column.
pub fn cross_fit(
    mut features: Vec<f32>,
    width: usize,
    labels: &[u16],
    classes: usize,
) -> Result<ProbeLosses> {
    check(&features, width, labels, classes)?;
    let folds = folds::assign(&features, width);
    standardise::standardise(&mut features, width);
    let data = LabelledRows {
        features: &features,
        width,
        labels,
        classes,
    };
    let fitted: Vec<_> = (0..folds::FOLDS)
        .into_par_iter()
        .map(|fold| data.held_out(&folds, fold))
        .collect();
    Ok(joined(fitted, labels.len()))
}

pub(crate) fn check(features: &[f32], width: usize, labels: &[u16], classes: usize) -> Result<()> {
    let invalid = |reason: String| Err(Error::Config { reason });
    if width == 0 || !features.len().is_multiple_of(width) {
        return invalid(format!(
            "{} features are not rows of {width}; give whole rows of at least 1",
            features.len()
        ));
    }
    let (rows, images) = (features.len() / width, labels.len());
    if rows != images {
        return Err(Error::BankRows { rows, images });
    }
    match labels.iter().find(|label| usize::from(**label) >= classes) {
        Some(label) => invalid(format!("label {label} is beyond the {classes} classes")),
        None => Ok(()),
    }
}

/// Standardised features and their labels.
#[derive(Clone, Copy)]
struct LabelledRows<'a> {
    features: &'a [f32],
    width: usize,
    labels: &'a [u16],
    classes: usize,
}

impl LabelledRows<'_> {
    fn row(&self, row: usize) -> &[f32] {
        &self.features[row * self.width..][..self.width]
    }

    fn label(&self, row: usize) -> usize {
        usize::from(self.labels[row])
    }

    /// Losses of a fold's rows under a probe trained on the other folds.
    fn held_out(&self, folds: &[usize], fold: usize) -> FoldLosses {
        let (own, others): (Vec<_>, Vec<_>) =
            (0..self.labels.len()).partition(|&row| folds[row] == fold);
        let mut fitted = FoldLosses::default();
        if own.is_empty() {
            return fitted;
        }
        let (mut probe, operations) = LinearProbe::trained(self, &others, fold as u64);
        fitted.flops = operations + own.len() as u64 * probe.forward_operations();
        for row in own {
            let (loss, correct) = probe.loss(self.row(row), self.label(row));
            fitted.correct += u64::from(correct);
            fitted.losses.push((row, loss));
        }
        fitted
    }
}

/// Losses of a fold's rows, by row.
#[derive(Default)]
struct FoldLosses {
    losses: Vec<(usize, f32)>,
    correct: u64,
    flops: u64,
}

fn joined(folds: Vec<FoldLosses>, rows: usize) -> ProbeLosses {
    let mut all = ProbeLosses {
        losses: vec![0.0; rows],
        accuracy: 0.0,
        flops: 0,
    };
    let mut correct = 0;
    for fold in folds {
        correct += fold.correct;
        all.flops += fold.flops;
        for (row, loss) in fold.losses {
            all.losses[row] = loss;
        }
    }
    all.accuracy = correct as f64 / rows.max(1) as f64;
    all
}
