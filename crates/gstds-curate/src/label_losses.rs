//! Label suspects: rows whose own label is unlikely to a probe that was fitted without them.

mod probe;

use gstds_data::Progress;

use crate::error::{Error, Result};
use crate::partition::shuffled;
use crate::pool::{Classes, Pool, RowSet};
use crate::solve::go_on;
use crate::units::Units;
use probe::Probe;

/// Parts of the rows, each of which is left out of one fit.
const FOLDS: usize = 5;
/// Rows times features times classes at most: some 7·10¹² multiply-adds.
pub const MAX_PROBED_VALUES: u64 = 1 << 33;

/// How a probe that has not seen a row finds the label of it.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelLosses {
    /// −ln p of each row's own label; NaN of rows that are zero, NaN or infinite, and of those whose
    /// class has no other row.
    pub losses: Vec<f32>,
    /// The most likely class of each row, by its place in [`Classes::names`]; its own where the loss
    /// is NaN.
    pub likely: Vec<u32>,
}

impl LabelLosses {
    /// Rows whose most likely class is not the one of their label, the largest loss first.
    #[must_use]
    pub fn suspects(&self, labels: &Classes) -> Vec<u32> {
        let own = labels.of_rows();
        let other = |row: &u32| self.likely[*row as usize] != own[*row as usize];
        let mut rows: Vec<u32> = (0..own.len() as u32).filter(other).collect();
        rows.sort_by(|&a, &b| self.losses[b as usize].total_cmp(&self.losses[a as usize]));
        rows
    }
}

/// Bytes of a probe, and of its gradients, which are summed in runs of rows.
pub(crate) fn probe_bytes(features: usize, classes: usize) -> u64 {
    let copies = probe::RUNS as u64 + 3;
    let values = (features as u64).saturating_mul(classes as u64);
    values.saturating_mul(8 * copies)
}

/// The loss of each row's label under cross-fitted probes: the rows are divided into five folds, each
/// class evenly, drawn from `seed`; a multinomial logistic regression is fitted without a fold and
/// evaluated on it. Features are scaled to unit length and centred, the L2 penalty is half
/// the squared weights beside the sum of losses (C = 1), and 100 steps of Nesterov's accelerated
/// gradient are taken. In f64 on the host's cores: about 800·n·d·c multiply-adds, and 4nd + 152dc
/// bytes, for n rows of d features in c classes. The same bytes on every run.
///
/// # Errors
/// [`Error::LabelCount`] unless there is one label a row, [`Error::OneClass`],
/// [`Error::TooManyProbed`] for n·d·c beyond [`MAX_PROBED_VALUES`], [`Error::Data`] for rows that
/// cannot be read, and [`Error::Stopped`] where `progress` asks for it.
pub fn label_losses(
    pool: &mut Pool,
    labels: &Classes,
    seed: u64,
    progress: &mut dyn Progress,
) -> Result<LabelLosses> {
    let layout = pool.layout();
    let (rows, features) = (layout.rows, layout.features);
    check(labels, rows, features)?;
    let (own, classes) = (labels.of_rows(), labels.names().len());
    let units = Units::read(pool, &RowSet::Range(0..rows))?;
    let folds = folds(&units, own, classes, seed);
    let mut found = LabelLosses {
        losses: vec![f32::NAN; rows],
        likely: own.to_vec(),
    };
    for fold in 0..FOLDS {
        progress.job("probes fitted", fold, FOLDS);
        let of = |wanted: &dyn Fn(usize) -> bool| -> Vec<usize> {
            (0..rows)
                .filter(|&row| folds[row].is_some_and(wanted))
                .collect()
        };
        let (fitted, held) = (of(&|own| own != fold), of(&|own| own == fold));
        let probe = Probe::fit(&units, own, classes, &fitted, &mut || go_on(progress))?;
        for (row, (loss, likely)) in held.iter().zip(probe.losses(&units, own, &held)) {
            found.losses[*row] = loss as f32;
            found.likely[*row] = likely;
        }
    }
    progress.job("probes fitted", FOLDS, FOLDS);
    Ok(found)
}

/// That there is something to fit, and not too much.
pub(crate) fn check(labels: &Classes, rows: usize, features: usize) -> Result<()> {
    let (of_rows, classes) = (labels.of_rows().len(), labels.names().len());
    if of_rows != rows {
        let labels = of_rows;
        return Err(Error::LabelCount { labels, rows });
    }
    if classes - labels.without_rows().len() < 2 {
        return Err(Error::OneClass);
    }
    let values = [rows, features, classes].into_iter();
    let values = values.fold(1_u64, |all, of| all.saturating_mul(of as u64));
    if values > MAX_PROBED_VALUES {
        return Err(Error::TooManyProbed {
            rows,
            features,
            classes,
        });
    }
    Ok(())
}

/// The fold of each row that has a direction and company in its class.
fn folds(units: &Units, own: &[u32], classes: usize, seed: u64) -> Vec<Option<usize>> {
    let mut counts = vec![0; classes];
    let mut folds = vec![None; own.len()];
    let order = shuffled(own.len(), seed);
    let valid = order.into_iter().map(|row| row as usize);
    let valid: Vec<usize> = valid.filter(|&row| units.is_valid(row)).collect();
    for &row in &valid {
        let count = &mut counts[own[row] as usize];
        // Of small classes not all rows in the first folds.
        folds[row] = Some((*count + own[row] as usize) % FOLDS);
        *count += 1;
    }
    for row in valid {
        if counts[own[row] as usize] < 2 {
            folds[row] = None;
        }
    }
    folds
}

#[cfg(test)]
mod tests;
