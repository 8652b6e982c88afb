//! The scores of `guided`: what the similarity graph and the losses of training say of rows, without
//! a forward pass for scoring. Ours.
//!
//! uᵢ = ½·(m[yᵢ] − r̄[yᵢ]) − 2g·(rᵢ − r̄[yᵢ]) + 4·ageᵢ, see [`super::family`] for the draw.
//!
//! - m\[c\] − r̄\[c\], the class term: how much worse the learner does at class c than the vote. m is a
//!   running mean of the kept rows' losses of class c, which begins at ln(classes) and takes over a
//!   fifth of each step's mean; r̄ is the mean of r over the class.
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
//! one dispatch before the draw and two after the step's forward pass: some forty multiply-adds a
//! row and a copy of the state. Memory: 92 bytes a row of the data set. [`gstds_curate::guided`] is
//! the same on the host, operation by operation, for those who train with another framework.

mod kernels;
mod operation;
mod state;
mod terms;

pub(crate) use kernels::device_bytes;
pub use terms::{GuideTerm, GuideTerms};

use super::KeptRows;
use crate::error::{Error, Result};
use burn::backend::Dispatch;
use burn::tensor::{Int, Tensor};
use gstds_burn::{GpuDevice, device_tensor::FailureSlot};
use gstds_curate::label_graph::LabelGraph;
use kernels::{GuidedKernels, Observation, Scoring};
use operation::{GuidedBackend, GuidedCall};
use state::State;
use std::sync::Arc;

pub(super) struct Guided {
    kernels: Arc<GuidedKernels>,
    state: State,
    failure: FailureSlot,
}

impl Guided {
    pub(super) fn new(device: &GpuDevice, graph: &LabelGraph, guide: &GuideTerms) -> Self {
        Self {
            kernels: GuidedKernels::new(&device.gpu, graph, guide).into(),
            state: State::new(&device.burn, graph),
            failure: FailureSlot::default(),
        }
    }

    fn call<T>(&self, what: T) -> Arc<GuidedCall<T>> {
        Arc::new(GuidedCall {
            kernels: self.kernels.clone(),
            what,
            failure: self.failure.clone(),
        })
    }

    /// What is known of a batch's rows, of which `keep` are kept.
    pub(super) fn terms(&self, rows: &Tensor<1, Int>, keep: usize) -> Terms {
        let count = rows.dims()[0];
        let call = self.call(Scoring {
            rows: count,
            keep,
            steps: self.state.steps,
        });
        let rows = rows.clone().into_dispatch();
        let state = self.state.values.clone().into_dispatch();
        let scored = Dispatch::guided_scores(rows, state, call);
        Terms {
            scored: Tensor::from_dispatch(scored),
            rows: count,
        }
    }

    /// What `terms` go by, see [`Chosen::guide`](super::Chosen::guide).
    pub(super) fn record(&self, terms: &Terms) -> Tensor<1> {
        let [class, reference, age] = [1, 2, 3].map(|line| terms.line(line).mean());
        let record = vec![
            terms.gate(),
            self.state.accuracy(),
            class,
            reference,
            age,
            self.state.class_losses(),
        ];
        Tensor::cat(record, 0)
    }

    /// Takes in what a step kept, with the learner as it was before the update.
    pub(super) fn observe(&mut self, kept: &KeptRows<'_>) {
        let call = self.call(Observation {
            kept: kept.rows.dims()[0],
            steps: self.state.steps,
        });
        let rows = kept.rows.clone().into_dispatch();
        let logits = kept.logits.clone().into_dispatch();
        let state = self.state.values.clone().into_dispatch();
        let next = Dispatch::guided_observe(rows, logits, state, call);
        self.state.advance(Tensor::from_dispatch(next));
    }

    /// Reports calls that failed after they were queued.
    pub(super) fn check_recorded(&self) -> Result<()> {
        match self.failure.take() {
            Some(reason) => Err(Error::DeviceLost { reason }),
            None => Ok(()),
        }
    }

    pub(super) fn state(&self) -> Result<Vec<u8>> {
        self.state.to_bytes()
    }

    pub(super) fn restore(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.state.restore(bytes)
    }
}

/// The scores of a batch, f32, one a row, with the terms they add up, which are zero where switched
/// off, and the gate.
pub(super) struct Terms {
    scored: Tensor<1>,
    rows: usize,
}

impl Terms {
    /// The scores.
    pub(super) fn sum(&self) -> Tensor<1> {
        self.line(0)
    }

    fn line(&self, line: usize) -> Tensor<1> {
        let from = line * self.rows;
        self.scored.clone().slice_dim(0, from..from + self.rows)
    }

    fn gate(&self) -> Tensor<1> {
        let from = 4 * self.rows;
        self.scored.clone().slice_dim(0, from..from + 1)
    }
}

#[cfg(test)]
mod tests;
