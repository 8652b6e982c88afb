//! Method `guided` on the host: rows of a batch drawn by what the label graph and the losses of
//! training say of them, for those who train with another framework than the crate `gstds-train`,
//! whose method of the same name does the same operations in the same order on the device.
//!
//! uᵢ = ½·(m\[yᵢ\] − r̄\[yᵢ\]) − 2g·(rᵢ − r̄\[yᵢ\]) + 4·ageᵢ, and the k largest of uᵢ plus Gumbel noise are kept; terms
//! and gate are defined in docs/methods/guided.md. f32 throughout. A step costs some forty
//! operations a row, and the data set 100 bytes a row.
//!
//! ```
//! use gstds_curate::guided::{Guided, GuidedEpoch, Observed};
//! use gstds_curate::label_graph::LabelGraph;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let features: Vec<f32> = (0..60 * 4).map(|at| (at * at % 37) as f32).collect();
//! # let labels: Vec<u16> = (0..60).map(|row| row % 3).collect();
//! let gpu = gstds::adapter::open(&Default::default())?;
//! let graph = LabelGraph::build(&gpu, &features, 4, &labels, 3)?;
//! let mut guided = Guided::new(graph);
//! let epoch = GuidedEpoch::new(60, 7, 0);
//! for place in 0..3 {
//!     let batch = epoch.batch(20, place);
//!     let rows = guided.choose(batch, 5);
//!     assert_eq!(rows.len(), 5);
//!     // Train on them; then, with the learner as it was before its update:
//!     let (losses, correct) = ([0.7; 5], [true; 5]);
//!     guided.observe(&Observed { rows: &rows, losses: &losses, correct: &correct })?;
//! }
//! # Ok(())
//! # }
//! ```

pub mod constants;
mod epoch;
mod state;

pub use epoch::{GuidedBatch, GuidedEpoch};
pub use state::{GuidedState, Observed};

use crate::error::Result;
use crate::label_graph::{LabelGraph, NEAREST, chance};
use constants::{AGE, CLASS, MARGIN, OPENING, REFERENCE};

/// The rule with what it has learned so far.
#[derive(Clone, Debug)]
pub struct Guided {
    graph: LabelGraph,
    /// The vote's losses less the mean of their class.
    within: Vec<f32>,
    /// The vote's mean loss of each class.
    class_losses: Vec<f32>,
    /// Rows that are kept only where a batch has no others.
    invalid: Vec<u32>,
    /// Whether the vote is better than chance.
    trusted: bool,
    state: GuidedState,
}

/// Whether the vote of a graph is better than chance, as it has to be for its reference term to
/// count.
#[must_use]
pub fn is_trusted(graph: &LabelGraph) -> bool {
    graph.accuracy > chance(&graph.labels) + MARGIN
}

impl Guided {
    /// The rule before the first step.
    #[must_use]
    pub fn new(graph: LabelGraph) -> Self {
        Self {
            within: graph.losses_within_class(),
            class_losses: graph.class_losses(),
            invalid: Vec::new(),
            trusted: is_trusted(&graph),
            state: GuidedState::new(graph.labels.len(), graph.classes),
            graph,
        }
    }

    /// The same rule, which keeps these rows last of a batch: those whose features are zero, NaN or
    /// infinite.
    #[must_use]
    pub fn with_invalid(mut self, mut rows: Vec<u32>) -> Self {
        rows.sort_unstable();
        self.invalid = rows;
        self
    }

    /// The graph that it stands on.
    #[must_use]
    pub fn graph(&self) -> &LabelGraph {
        &self.graph
    }

    /// How far the vote is trusted, from 0 to 1: how much more accurate it is than the learner on
    /// kept rows that it meets for the first time. 0 where the vote is no better than chance.
    #[must_use]
    pub fn gate(&self) -> f32 {
        if !self.trusted {
            return 0.0;
        }
        let ahead = -self.state.accuracy + (self.graph.accuracy - MARGIN) as f32;
        (ahead / OPENING as f32).clamp(0.0, 1.0)
    }

    /// The rows of a batch that are kept, by their places in it: `keep` of them, or all.
    ///
    /// # Panics
    /// For rows beyond the graph's.
    #[must_use]
    pub fn choose(&self, batch: GuidedBatch<'_>, keep: usize) -> Vec<u32> {
        let rows = batch.rows;
        if keep >= rows.len() {
            return rows.to_vec();
        }
        let gate = self.gate();
        let scored = rows.iter().zip(batch.noise);
        let scores: Vec<f32> = scored
            .map(|(&row, noise)| self.score(row, keep, gate) + noise)
            .collect();
        // The largest first, ties to the lower place.
        let mut places: Vec<usize> = (0..rows.len()).collect();
        places.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
        places.truncate(keep);
        places.sort_unstable();
        places.into_iter().map(|place| rows[place]).collect()
    }

    fn score(&self, row: u32, keep: usize, gate: f32) -> f32 {
        if self.invalid.binary_search(&row).is_ok() {
            return f32::NEG_INFINITY;
        }
        let row = row as usize;
        let label = usize::from(self.graph.labels[row]);
        let class = (self.state.class_losses[label] - self.class_losses[label]) * CLASS as f32;
        let reference = self.within[row] * gate * -REFERENCE as f32;
        class + reference + self.age(row, keep) * AGE as f32
    }

    /// From 1 for a row of which neither itself nor a copy was kept of late, down to 0.
    fn age(&self, row: usize, keep: usize) -> f32 {
        let own = -self.recency(row, keep) + 1.0;
        let line = row * NEAREST..(row + 1) * NEAREST;
        let nearest = self.graph.nearest[line.clone()].iter();
        let unlike = nearest
            .zip(&self.graph.likeness[line])
            .map(|(&other, &alike)| -(alike * self.recency(other as usize, keep)) + 1.0);
        own * unlike.product::<f32>()
    }

    /// How long ago a row was kept, from 1 for just now to 0 for a whole pass over the data ago.
    fn recency(&self, row: usize, keep: usize) -> f32 {
        let last = self.state.last[row];
        if last < 0.0 {
            return 0.0;
        }
        let share = keep as f64 / self.graph.labels.len() as f64;
        let passed = (-last + self.state.steps as f32) * share as f32;
        (-passed + 1.0).max(0.0)
    }

    /// Takes in what a step trained on.
    ///
    /// # Errors
    /// [`Error::Update`](crate::Error::Update) where the lists differ in length or are empty, and
    /// for a row that the graph has not or that is there twice; nothing is changed then.
    pub fn observe(&mut self, step: &Observed<'_>) -> Result<()> {
        step.check(self.graph.labels.len())?;
        self.state.observe(step, &self.graph.labels);
        Ok(())
    }

    /// What it has learned.
    #[must_use]
    pub fn state(&self) -> &GuidedState {
        &self.state
    }

    /// Goes on from a state.
    ///
    /// # Errors
    /// [`Error::State`](crate::Error::State) where it is one of other rows or classes.
    pub fn restore(&mut self, state: GuidedState) -> Result<()> {
        state.check(self.graph.labels.len(), self.graph.classes)?;
        self.state = state;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
