//! The scores of `guided`: what the similarity graph and the losses of training say of rows, without
//! a forward pass for scoring. Ours.
//!
//! uᵢ = m[yᵢ] − 2g·(rᵢ − r̄[yᵢ]) + 4·ageᵢ, see [`super::family`] for the draw.
//!
//! - m\[c\], the class term: a running mean of the kept rows' losses of class c, which begins at
//!   ln(classes) and takes over a fifth of each step's mean.
//! - rᵢ, the reference term: the loss of the row's label under the vote of its neighbours, less the
//!   mean of its class, see [`gstds_curate::label_graph`].
//! - g, the gate, from 0 to 1: how much more accurate that vote is than the learner on kept rows
//!   that it meets for the first time: clip((A − a − 0.05)/0.1). Where the vote is no better than
//!   chance the gate stays shut.
//! - ageᵢ = (1 − recᵢ)·Πⱼ(1 − wᵢⱼ·recⱼ), with recᵢ = max(0, 1 − (t − lastᵢ)·k/N) where row i was last
//!   kept at step lastᵢ, 0 if never, and wᵢⱼ how alike its ten nearest rows are: neither a row just
//!   seen nor a copy of one is fresh.
//!
//! A step's losses change the state after the step, on the device, and nothing waits for it. Costs
//! some forty multiply-adds a row, one comparison of every row with every other, and 100 bytes a row
//! of the data set. [`gstds_curate::guided`] is the same on the host, operation by operation, for
//! those who train with another framework.

mod state;
mod terms;

pub use terms::{GuideTerm, GuideTerms};

use super::KeptRows;
use crate::error::Result;
use burn::tensor::{Device, Int, Tensor, TensorData};
use gstds_curate::guided::constants::{AGE, MARGIN, OPENING, REFERENCE};
use gstds_curate::label_graph::{LabelGraph, NEAREST};
use state::State;

pub(super) struct Guided {
    device: Device,
    guide: GuideTerms,
    graph: GraphTensors,
    /// Whether the vote is better than chance.
    trusted: bool,
    state: State,
}

/// The label graph on the device.
struct GraphTensors {
    rows: usize,
    /// Of the vote.
    accuracy: f64,
    labels: Tensor<1, Int>,
    /// The vote's losses less the mean of their class.
    losses: Tensor<1>,
    nearest: Tensor<2, Int>,
    likeness: Tensor<2>,
}

impl GraphTensors {
    fn new(graph: &LabelGraph, device: &Device) -> Self {
        let rows = graph.labels.len();
        let floats = |values: &[f32]| TensorData::new(values.to_vec(), [values.len()]);
        let labels: Vec<i32> = graph.labels.iter().map(|label| i32::from(*label)).collect();
        let nearest = TensorData::new(graph.nearest.clone(), [rows, NEAREST]);
        let likeness = TensorData::new(graph.likeness.clone(), [rows, NEAREST]);
        Self {
            rows,
            accuracy: graph.accuracy,
            labels: Tensor::from_data(TensorData::new(labels, [rows]), device),
            losses: Tensor::from_data(floats(&graph.losses_within_class()), device),
            nearest: Tensor::from_data(nearest, device),
            likeness: Tensor::from_data(likeness, device),
        }
    }
}

impl Guided {
    pub(super) fn new(device: &Device, graph: &LabelGraph, guide: GuideTerms) -> Self {
        let chance = 1.0 / graph.classes.max(1) as f64;
        Self {
            device: device.clone(),
            guide,
            graph: GraphTensors::new(graph, device),
            trusted: graph.accuracy > chance + MARGIN,
            state: State::new(device, graph),
        }
    }

    /// How far the reference is trusted: one f32 from 0 to 1.
    fn gate(&self) -> Tensor<1> {
        if !self.trusted {
            return Tensor::zeros([1], &self.device);
        }
        let ahead = self.state.accuracy.clone().neg() + (self.graph.accuracy - MARGIN);
        (ahead / OPENING).clamp(0.0, 1.0)
    }

    /// How long ago rows were kept, from 1 for just now to 0 for a whole pass over the data ago.
    fn recency(&self, rows: Tensor<1, Int>, keep: usize) -> Tensor<1> {
        let last = self.state.last.clone().select(0, rows);
        let never = last.clone().lower_elem(0.0);
        let share = keep as f64 / self.graph.rows as f64;
        let passed = (last.neg() + self.state.steps as f64) * share;
        (passed.neg() + 1.0).clamp_min(0.0).mask_fill(never, 0.0)
    }

    fn age(&self, rows: &Tensor<1, Int>, keep: usize) -> Tensor<1> {
        let count = rows.dims()[0];
        let own = self.recency(rows.clone(), keep).neg() + 1.0;
        let nearest = self.graph.nearest.clone().select(0, rows.clone());
        let recency = self.recency(nearest.reshape([count * NEAREST]), keep);
        let alike = self.graph.likeness.clone().select(0, rows.clone());
        let unlike = (alike * recency.reshape([count, NEAREST])).neg() + 1.0;
        own * unlike.prod_dim(1).squeeze_dim::<1>(1)
    }

    /// The gate, and each term of the rows' scores, weighted; zero where it is switched off.
    pub(super) fn terms(&self, rows: &Tensor<1, Int>, keep: usize) -> Terms {
        let off = || Tensor::zeros(rows.dims(), &self.device);
        let gate = self.gate();
        let labels = || self.graph.labels.clone().select(0, rows.clone());
        let class = match self.guide.has(GuideTerm::Class) {
            true => self.state.class_losses.clone().select(0, labels()),
            false => off(),
        };
        let reference = match self.guide.has(GuideTerm::Reference) {
            true => self.graph.losses.clone().select(0, rows.clone()) * gate.clone() * -REFERENCE,
            false => off(),
        };
        let age = match self.guide.has(GuideTerm::Age) {
            true => self.age(rows, keep) * AGE,
            false => off(),
        };
        Terms {
            gate,
            class,
            reference,
            age,
        }
    }

    /// What `terms` go by, see [`Chosen::guide`](super::Chosen::guide).
    pub(super) fn record(&self, terms: &Terms) -> Tensor<1> {
        let means = [&terms.class, &terms.reference, &terms.age].map(|term| term.clone().mean());
        let [class, reference, age] = means;
        let record = vec![
            terms.gate.clone(),
            self.state.accuracy.clone(),
            class,
            reference,
            age,
            self.state.class_losses.clone(),
        ];
        Tensor::cat(record, 0)
    }

    pub(super) fn observe(&mut self, kept: &KeptRows<'_>) {
        self.state.observe(kept);
    }

    pub(super) fn state(&self) -> Result<Vec<u8>> {
        self.state.to_bytes()
    }

    pub(super) fn restore(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.state.restore(bytes)
    }
}

/// The terms of a batch's scores, f32, one a row, and the gate.
pub(super) struct Terms {
    gate: Tensor<1>,
    class: Tensor<1>,
    reference: Tensor<1>,
    age: Tensor<1>,
}

impl Terms {
    /// The scores.
    pub(super) fn sum(self) -> Tensor<1> {
        self.class + self.reference + self.age
    }
}

#[cfg(test)]
mod tests;
