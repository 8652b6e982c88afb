//! One linear probe: softmax regression, trained by Adam (Kingma, Ba, arXiv 1412.6980) on shuffled
//! mini-batches.

use super::LabelledRows;
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

/// Rows of a step.
const BATCH: usize = 128;
/// Epochs over the rows, and the least steps where rows are few.
const EPOCHS: usize = 10;
const LEAST_STEPS: usize = 300;
/// The first step's rate, times the root of the width; it falls to 0 in equal steps. On the
/// embedded images' features a third of it fits too little (held-out cross entropy 0.46 against
/// 0.39) and three times as much too closely (0.41; 1.47 against 1.28 with a fifth of the labels
/// wrong).
const RATE: f32 = 0.03;
const BETAS: [f32; 2] = [0.9, 0.999];
const EPSILON: f32 = 1e-8;
/// Sums kept apart in a dot product, so that it fits vector registers.
const LANES: usize = 16;

pub(super) struct LinearProbe {
    /// `[classes, width + 1]`, the bias last.
    weights: Vec<f32>,
    width: usize,
    /// One row's logits; kept to be reused.
    logits: Vec<f32>,
}

/// Adam's running means.
struct Moments {
    first: Vec<f32>,
    second: Vec<f32>,
    /// Powers of [`BETAS`] so far.
    decayed: [f32; 2],
}

impl LinearProbe {
    fn new(width: usize, classes: usize) -> Self {
        Self {
            weights: vec![0.0; classes * (width + 1)],
            width,
            logits: vec![0.0; classes],
        }
    }

    /// A probe trained on `rows`, and the operations it took; an untrained one where there are
    /// none.
    pub(super) fn trained(data: &LabelledRows<'_>, rows: &[usize], seed: u64) -> (Self, u64) {
        let mut probe = Self::new(data.width, data.classes);
        if rows.is_empty() {
            return (probe, 0);
        }
        let batch = BATCH.min(rows.len());
        let steps = LEAST_STEPS.max(EPOCHS * rows.len() / batch);
        let mut random = StdRng::seed_from_u64(seed);
        let (mut order, mut next) = (rows.to_vec(), rows.len());
        let mut moments = Moments::new(probe.weights.len());
        let mut gradient = vec![0.0; probe.weights.len()];
        for step in 0..steps {
            if next + batch > order.len() {
                order.shuffle(&mut random);
                next = 0;
            }
            probe.gradient(data, &order[next..next + batch], &mut gradient);
            next += batch;
            let left = (steps - step) as f32 / steps as f32;
            let rate = RATE * left / (data.width as f32).sqrt();
            moments.step(&mut probe.weights, &gradient, rate);
        }
        let backward = probe.forward_operations();
        let operations = (steps * batch) as u64 * (probe.forward_operations() + backward);
        (probe, operations)
    }

    /// Operations of one row's logits; its gradient takes as many again.
    pub(super) fn forward_operations(&self) -> u64 {
        2 * self.weights.len() as u64
    }

    /// Cross entropy of a row in nats, and whether its label has the largest logit.
    pub(super) fn loss(&mut self, row: &[f32], label: usize) -> (f32, bool) {
        self.forward(row);
        let own = self.logits[label];
        let largest = self.logits.iter().copied().fold(f32::MIN, f32::max);
        let sum: f32 = self.logits.iter().map(|a| (a - largest).exp()).sum();
        let first = self.logits.iter().position(|&logit| logit == largest);
        (sum.ln() + largest - own, first == Some(label))
    }

    fn forward(&mut self, row: &[f32]) {
        let weights = self.weights.chunks_exact(self.width + 1);
        for (logit, weights) in self.logits.iter_mut().zip(weights) {
            let (weights, bias) = weights.split_at(self.width);
            *logit = dot(weights, row) + bias[0];
        }
    }

    /// The mean gradient over `rows`.
    fn gradient(&mut self, data: &LabelledRows<'_>, rows: &[usize], into: &mut [f32]) {
        into.fill(0.0);
        let share = 1.0 / rows.len() as f32;
        for &row in rows {
            let (features, label) = (data.row(row), data.label(row));
            self.forward(features);
            softmax(&mut self.logits);
            self.logits[label] -= 1.0;
            for (into, error) in into.chunks_exact_mut(self.width + 1).zip(&self.logits) {
                let error = error * share;
                let (weights, bias) = into.split_at_mut(self.width);
                for (sum, value) in weights.iter_mut().zip(features) {
                    *sum += error * value;
                }
                bias[0] += error;
            }
        }
    }
}

impl Moments {
    fn new(weights: usize) -> Self {
        Self {
            first: vec![0.0; weights],
            second: vec![0.0; weights],
            decayed: [1.0; 2],
        }
    }

    fn step(&mut self, weights: &mut [f32], gradient: &[f32], rate: f32) {
        for (decayed, beta) in self.decayed.iter_mut().zip(BETAS) {
            *decayed *= beta;
        }
        let [first_scale, second_scale] = self.decayed.map(|decayed| (1.0 - decayed).recip());
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((weight, gradient), (first, second)) in weights.iter_mut().zip(gradient).zip(moments) {
            *first = BETAS[0] * *first + (1.0 - BETAS[0]) * gradient;
            *second = BETAS[1] * *second + (1.0 - BETAS[1]) * gradient * gradient;
            let spread = (*second * second_scale).sqrt() + EPSILON;
            *weight -= rate * *first * first_scale / spread;
        }
    }
}

fn softmax(logits: &mut [f32]) {
    let largest = logits.iter().copied().fold(f32::MIN, f32::max);
    let mut sum = 0.0;
    for logit in logits.iter_mut() {
        *logit = (*logit - largest).exp();
        sum += *logit;
    }
    logits.iter_mut().for_each(|logit| *logit /= sum);
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    let (a_chunks, b_chunks) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a_chunks.0.iter().zip(b_chunks.0) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest = a_chunks.1.iter().zip(b_chunks.1).map(|(a, b)| a * b);
    sums.iter().sum::<f32>() + rest.sum::<f32>()
}
