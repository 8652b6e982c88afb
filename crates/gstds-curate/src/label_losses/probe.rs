//! Multinomial logistic regression on unit rows, by Nesterov's accelerated gradient in f64.

use rayon::prelude::*;

use crate::error::Result;
use crate::units::Units;

/// Steps of the accelerated gradient.
const STEPS: usize = 100;
/// Steps of power iteration for the largest eigenvalue of the covariance.
const POWER_STEPS: usize = 12;
/// Runs of rows whose sums are taken by themselves and added in order, whatever the number of
/// cores.
pub(super) const RUNS: usize = 16;
/// Sums that a product is divided among.
const LANES: usize = 8;

/// Weights of each class on centred rows, and what the classes have before any feature is seen.
pub(super) struct Probe {
    width: usize,
    /// One row of weights a class.
    weights: Vec<f64>,
    /// Logits of the mean row.
    offsets: Vec<f64>,
}

impl Probe {
    /// Fits the probe to these rows, of which there is at least one. `go_on` may end it.
    pub(super) fn fit(
        units: &Units,
        own: &[u32],
        classes: usize,
        rows: &[usize],
        go_on: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Self> {
        let width = units.width();
        let count = rows.len().max(1) as f64;
        let mean = sums(units, rows, 1, |_, out| out[0] = 1.0).concat_scaled(1.0 / count);
        let largest = largest_eigenvalue(units, rows, &mean);
        // Beside the mean loss: the usual C = 1.
        let penalty = 1.0 / count;
        let priors = priors(rows.iter().map(|&row| own[row]), classes);
        let mut probe = Self {
            width,
            weights: vec![0.0; classes * width],
            offsets: priors.clone(),
        };
        let mut last = probe.weights.clone();
        let mut step = Step {
            // Half of the eigenvalue bounds the curvature of the loss; power iteration may fall
            // short.
            length: 1.0 / (0.55 * largest + penalty),
            penalty,
            ahead: 0.0,
        };
        let mut momentum = 1.0_f64;
        for _ in 0..STEPS {
            go_on()?;
            let residuals = |row: usize, out: &mut [f64]| {
                probe.probabilities(units.row(row), out);
                out[own[row] as usize] -= 1.0;
            };
            let found = sums(units, rows, classes, residuals);
            let next_momentum = (1.0 + (1.0 + 4.0 * momentum * momentum).sqrt()) / 2.0;
            step.ahead = (momentum - 1.0) / next_momentum;
            probe.take(&step, &found, &mean, count, &mut last);
            probe.centre(&mean, &priors);
            momentum = next_momentum;
        }
        probe.weights = last;
        probe.centre(&mean, &priors);
        Ok(probe)
    }

    /// Takes one step from the residuals' sums over `count` rows; `last` holds the weights before
    /// they ran ahead.
    fn take(&mut self, step: &Step, found: &Weighted, mean: &[f64], count: f64, last: &mut [f64]) {
        let width = self.width;
        let lines = self.weights.chunks_exact_mut(width);
        let lines = lines.zip(last.chunks_exact_mut(width));
        for (class, (weights, last)) in lines.enumerate() {
            let all = found.weights[class];
            let sums = found.sums[class * width..][..width].iter().zip(mean);
            for ((weight, last), (sum, mean)) in weights.iter_mut().zip(last).zip(sums) {
                let gradient = (sum - all * mean) / count;
                let next = *weight - step.length * (gradient + step.penalty * *weight);
                *weight = next + step.ahead * (next - *last);
                *last = next;
            }
        }
    }

    fn centre(&mut self, mean: &[f64], priors: &[f64]) {
        let weights = self.weights.chunks_exact(self.width);
        let offsets = self.offsets.iter_mut().zip(priors).zip(weights);
        offsets.for_each(|((offset, prior), weights)| *offset = prior - dot(weights, mean));
    }

    /// Writes the probability of each class.
    fn probabilities(&self, row: &[f32], out: &mut [f64]) {
        let row: Vec<f64> = row.iter().map(|&value| value.into()).collect();
        let weights = self.weights.chunks_exact(self.width);
        for ((logit, weights), offset) in out.iter_mut().zip(weights).zip(&self.offsets) {
            *logit = dot(weights, &row) + offset;
        }
        let most = out.iter().copied().fold(f64::MIN, f64::max);
        out.iter_mut()
            .for_each(|logit| *logit = (*logit - most).exp());
        let total: f64 = out.iter().sum();
        out.iter_mut().for_each(|value| *value /= total);
    }

    /// −ln p of each row's own class, and its most likely class.
    pub(super) fn losses(&self, units: &Units, own: &[u32], rows: &[usize]) -> Vec<(f64, u32)> {
        let of = |&row: &usize| {
            let mut likely = vec![0.0; self.offsets.len()];
            self.probabilities(units.row(row), &mut likely);
            let loss = -likely[own[row] as usize].max(f64::MIN_POSITIVE).ln();
            let first = |best: usize, at: usize| if likely[at] > likely[best] { at } else { best };
            let best = (0..likely.len()).reduce(first).unwrap_or(0);
            (loss, best as u32)
        };
        rows.par_iter().map(of).collect()
    }
}

/// A step of the accelerated gradient.
struct Step {
    length: f64,
    /// Half of it weighs the squares of the weights.
    penalty: f64,
    /// By how much of the last change weights run ahead.
    ahead: f64,
}

/// ln of the share of each class among these rows, with half a row more in each.
fn priors(own: impl Iterator<Item = u32>, classes: usize) -> Vec<f64> {
    let mut counts = vec![0.5; classes];
    own.for_each(|class| counts[class as usize] += 1.0);
    let total: f64 = counts.iter().sum();
    counts.iter().map(|count| (count / total).ln()).collect()
}

/// Sums of rows, each times weights of its own.
struct Weighted {
    /// One row of sums a weight.
    sums: Vec<f64>,
    /// Sums of the weights.
    weights: Vec<f64>,
}

impl Weighted {
    fn concat_scaled(mut self, scale: f64) -> Vec<f64> {
        self.sums.iter_mut().for_each(|sum| *sum *= scale);
        self.sums
    }
}

/// Of each of `count` weights, which `weigh` writes for a row, the sum of the rows times it.
fn sums(
    units: &Units,
    rows: &[usize],
    count: usize,
    weigh: impl Fn(usize, &mut [f64]) + Sync,
) -> Weighted {
    let width = units.width();
    let of_run = |run: &[usize]| {
        let mut found = Weighted {
            sums: vec![0.0; count * width],
            weights: vec![0.0; count],
        };
        let mut weights = vec![0.0; count];
        for &row in run {
            weigh(row, &mut weights);
            let values = units.row(row);
            let lines = found.sums.chunks_exact_mut(width);
            for ((line, weight), all) in lines.zip(&weights).zip(&mut found.weights) {
                *all += weight;
                let pairs = line.iter_mut().zip(values);
                pairs.for_each(|(sum, &value)| *sum += weight * f64::from(value));
            }
        }
        found
    };
    let runs = rows.par_chunks(rows.len().div_ceil(RUNS).max(1));
    let runs: Vec<Weighted> = runs.map(of_run).collect();
    let add = |mut all: Weighted, run: Weighted| {
        let add = |into: &mut [f64], from: &[f64]| {
            let pairs = into.iter_mut().zip(from);
            pairs.for_each(|(into, from)| *into += from);
        };
        add(&mut all.sums, &run.sums);
        add(&mut all.weights, &run.weights);
        all
    };
    runs.into_iter().reduce(add).unwrap_or(Weighted {
        sums: vec![0.0; count * width],
        weights: vec![0.0; count],
    })
}

/// Of the covariance of these rows, about, by power iteration.
fn largest_eigenvalue(units: &Units, rows: &[usize], mean: &[f64]) -> f64 {
    let count = rows.len().max(1) as f64;
    let mut vector = vec![1.0 / (mean.len() as f64).sqrt(); mean.len()];
    let mut largest = 0.0;
    for _ in 0..POWER_STEPS {
        let shift = dot(&vector, mean);
        let along = |row: usize, out: &mut [f64]| {
            let row: Vec<f64> = units.row(row).iter().map(|&value| value.into()).collect();
            out[0] = dot(&vector, &row) - shift;
        };
        let found = sums(units, rows, 1, along);
        let pairs = found.sums.iter().zip(mean);
        let next: Vec<f64> = pairs
            .map(|(sum, mean)| (sum - found.weights[0] * mean) / count)
            .collect();
        largest = dot(&next, &next).sqrt();
        if largest == 0.0 {
            break;
        }
        vector = next.into_iter().map(|value| value / largest).collect();
    }
    largest
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let (a, b) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.0.iter().zip(b.0) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = a.1.iter().zip(b.1).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}
