//! The order of an epoch, and the noise of its rows.

use crate::order::{Purpose, derived, gumbel, permutation};

/// An epoch's rows in order, with noise for each: those of `gstds train` with the same seed.
#[derive(Clone, Debug)]
pub struct GuidedEpoch {
    rows: Vec<u32>,
    noise: Vec<f32>,
}

/// Rows of the data set to choose from, and the noise of each.
#[derive(Clone, Copy, Debug)]
pub struct GuidedBatch<'a> {
    /// Row numbers.
    pub rows: &'a [u32],
    /// Standard Gumbel noise, one a row.
    pub noise: &'a [f32],
}

impl GuidedEpoch {
    /// Draws the epoch number `epoch`, from 0, of a training with a seed over so many rows.
    #[must_use]
    pub fn new(rows: usize, seed: u64, epoch: usize) -> Self {
        let order = permutation(rows, derived(seed, Purpose::Order, epoch));
        Self {
            rows: order.into_iter().map(|row| row as u32).collect(),
            noise: gumbel(rows, 1.0, derived(seed, Purpose::EpochChoice, epoch)),
        }
    }

    /// The batch at a place, from 0, where batches have `size` rows; the last may have fewer, and
    /// past it there are none.
    #[must_use]
    pub fn batch(&self, size: usize, place: usize) -> GuidedBatch<'_> {
        let rows = self.rows.len();
        let start = place.saturating_mul(size).min(rows);
        let end = start.saturating_add(size).min(rows);
        GuidedBatch {
            rows: &self.rows[start..end],
            noise: &self.noise[start..end],
        }
    }
}
