//! InfoBatch (Qin et al., arXiv 2303.04947): passes over the data that leave out rows of low loss at
//! random.
//!
//! A row's score is its loss when it was last trained on. Before a pass, each row whose score is
//! below the mean of all scores is left out with probability ½, and those of them that remain count
//! twice in the loss, so that its expectation is that of the whole data. Rows without a score are
//! kept and count once. Once ⅞ of the run's steps are made, passes have all rows.
//!
//! Ours are two choices that batches of a fixed size ask for. A pass may end within an epoch; the
//! next one goes by the scores of the last epoch's end, so that no step waits for the device. And
//! batches are those of `small-batch`: what the rows left out save is spent on further passes.

use super::{
    BatchRows, Chosen, EpochDraw, EpochPlan, KeptRows, Method, MethodName,
    state_file::{StateReader, StateWriter},
};
use crate::{
    error::{Result, device_lost},
    sampler::{self, Purpose},
};
use burn::tensor::{Device, IndexingUpdateOp, Tensor, TensorData};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::collections::VecDeque;

/// Probability with which a row of low loss is left out.
const PRUNE: f64 = 0.5;
/// From this share of the steps on, nothing is left out.
const PRUNED_UNTIL: f64 = 0.875;
/// The score of a row that was not trained on.
const UNKNOWN: f32 = -1.0;

/// A row and its weight in the loss.
type Weighted = (i32, f32);

pub(super) struct InfoBatch {
    device: Device,
    /// The last loss of each row, f32, on the device; none before the first epoch.
    scores: Option<Tensor<1>>,
    /// The scores at the end of the last epoch.
    known: Vec<f32>,
    passes: Passes,
    /// The epoch drawn last, and its rows.
    epoch: Option<(usize, Vec<Weighted>)>,
    /// Their weights on the device, and where each batch's begin.
    weights: Option<Tensor<1>>,
    starts: Vec<usize>,
}

/// The pass under way.
#[derive(Default)]
struct Passes {
    /// Passes begun.
    begun: u64,
    /// Rows of it that are left.
    left: VecDeque<Weighted>,
}

impl InfoBatch {
    pub(super) fn new(device: &Device) -> Self {
        Self {
            device: device.clone(),
            scores: None,
            known: Vec::new(),
            passes: Passes::default(),
            epoch: None,
            weights: None,
            starts: Vec::new(),
        }
    }

    fn floats(&self, values: Vec<f32>) -> Tensor<1> {
        let length = values.len();
        Tensor::from_data(TensorData::new(values, [length]), &self.device)
    }
}

impl Passes {
    /// The next rows, from as many passes as they take.
    fn take(&mut self, count: usize, draw: &EpochDraw<'_>, scores: &[f32]) -> Vec<Weighted> {
        let mut taken = Vec::with_capacity(count);
        while taken.len() < count {
            if self.left.is_empty() {
                let seed = sampler::derived(draw.seed, Purpose::Order, self.begun as usize);
                let order = sampler::permutation(draw.images, seed);
                let prunes = draw.progress < PRUNED_UNTIL;
                self.left = match prunes {
                    true => pruned(&order, scores, seed),
                    false => order.into_iter().map(|row| (row, 1.0)).collect(),
                };
                self.begun += 1;
            }
            let rest = self.left.len().min(count - taken.len());
            taken.extend(self.left.drain(..rest));
        }
        taken
    }
}

/// The order without some of the rows whose score is below the mean, and with weights.
fn pruned(order: &[i32], scores: &[f32], seed: u64) -> VecDeque<Weighted> {
    let known = scores.iter().filter(|&&score| score != UNKNOWN);
    let known: Vec<f64> = known.map(|&score| f64::from(score)).collect();
    let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
    let mut random = StdRng::seed_from_u64(sampler::derived(seed, Purpose::EpochChoice, 0));
    let weighted = order.iter().filter_map(|&row| {
        // One draw a row, whatever its score.
        let stays = random.random::<f64>() >= PRUNE;
        let score = scores[row as usize];
        match score != UNKNOWN && f64::from(score) < mean {
            true => stays.then_some((row, (1.0 / (1.0 - PRUNE)) as f32)),
            false => Some((row, 1.0)),
        }
    });
    weighted.collect()
}

/// How often each row is in the batch, where one pass ends and the next begins: changes of a row add
/// up.
fn occurrences(kept: &KeptRows<'_>) -> Tensor<1> {
    let line = kept.rows.clone().unsqueeze_dim::<2>(0);
    let column = kept.rows.clone().unsqueeze_dim::<2>(1);
    line.equal(column).float().sum_dim(1).squeeze_dim::<1>(1)
}

impl Method for InfoBatch {
    fn name(&self) -> MethodName {
        MethodName::InfoBatch
    }

    fn draw_epoch(&mut self, draw: &EpochDraw<'_>) -> Option<Vec<i32>> {
        if self.known.len() != draw.images {
            self.known = vec![UNKNOWN; draw.images];
        }
        if self.scores.is_none() {
            self.scores = Some(self.floats(self.known.clone()));
        }
        let drawn = match self.epoch.take() {
            // A run that is resumed within it.
            Some((epoch, rows)) if epoch == draw.epoch => rows,
            _ => self.passes.take(draw.rows(), draw, &self.known),
        };
        let rows = drawn.iter().map(|(row, _)| *row).collect();
        let weights = drawn.iter().map(|(_, weight)| *weight).collect();
        self.weights = Some(self.floats(weights));
        self.epoch = Some((draw.epoch, drawn));
        Some(rows)
    }

    fn begin_epoch(&mut self, plan: &EpochPlan<'_>) -> Result<()> {
        self.starts = plan.starts();
        Ok(())
    }

    fn choose(&mut self, batch: &BatchRows<'_>) -> Result<Chosen> {
        let rows = batch.rows.dims()[0];
        let start = self.starts[batch.place];
        let weights = self.weights.as_ref().map(|weights| {
            let weights = weights.clone().slice_dim(0, start..start + rows);
            weights / rows as f64
        });
        Ok(Chosen {
            weights,
            ..Chosen::all()
        })
    }

    fn observe(&mut self, kept: &KeptRows<'_>) {
        let Some(scores) = self.scores.take() else {
            return;
        };
        let losses = kept.losses();
        let unusable = losses.clone().is_finite().bool_not();
        let before = scores.clone().select(0, kept.rows.clone());
        let change = (losses - before).mask_fill(unusable, 0.0) / occurrences(kept);
        let rows = kept.rows.clone();
        self.scores = Some(scores.select_assign(0, rows, change, IndexingUpdateOp::Add));
    }

    fn end_epoch(&mut self) -> Result<()> {
        if let Some(scores) = &self.scores {
            let known = scores.try_to_vec_as::<f32>();
            self.known = known.map_err(|e| device_lost(&e))?;
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<u8>> {
        let mut file = StateWriter::default();
        file.number(PASSES, self.passes.begun);
        let left: Vec<Weighted> = self.passes.left.iter().copied().collect();
        write_weighted(&mut file, LEFT, &left);
        let (epoch, rows) = match &self.epoch {
            Some((epoch, rows)) => (*epoch as u64, &rows[..]),
            None => (NO_EPOCH, &[][..]),
        };
        file.number(EPOCH, epoch);
        write_weighted(&mut file, DRAWN, rows);
        match &self.scores {
            Some(scores) => file.tensor(SCORES, scores)?,
            None => file.floats(SCORES, &self.known),
        }
        Ok(file.finish())
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), String> {
        let file = StateReader::new(self.name(), bytes)?;
        let known = file.floats(SCORES, None)?;
        let left = read_weighted(&file, LEFT, known.len())?.into();
        let drawn = read_weighted(&file, DRAWN, known.len())?;
        let epoch = file.number(EPOCH)?;
        self.passes = Passes {
            begun: file.number(PASSES)?,
            left,
        };
        self.epoch = (epoch != NO_EPOCH).then_some((epoch as usize, drawn));
        self.scores = None;
        self.known = known;
        Ok(())
    }
}

const PASSES: &str = "passes";
const EPOCH: &str = "epoch";
const SCORES: &str = "scores";
/// Names of rows and their weights.
const LEFT: [&str; 2] = ["left", "left_weights"];
const DRAWN: [&str; 2] = ["drawn", "drawn_weights"];
/// The number of no epoch.
const NO_EPOCH: u64 = u64::MAX;

fn write_weighted(file: &mut StateWriter, names: [&'static str; 2], rows: &[Weighted]) {
    let (rows, weights): (Vec<i32>, Vec<f32>) = rows.iter().copied().unzip();
    file.ints(names[0], &rows);
    file.floats(names[1], &weights);
}

/// Rows below `images` with their weights.
fn read_weighted(
    file: &StateReader<'_>,
    names: [&str; 2],
    images: usize,
) -> Result<Vec<Weighted>, String> {
    let rows = file.ints(names[0])?;
    let weights = file.floats(names[1], Some(rows.len()))?;
    if let Some(row) = rows.iter().find(|row| !(0..images as i32).contains(*row)) {
        let name = names[0];
        return Err(format!("{name} has row {row}, and there are {images} rows"));
    }
    Ok(rows.into_iter().zip(weights).collect())
}

#[cfg(test)]
mod tests;
