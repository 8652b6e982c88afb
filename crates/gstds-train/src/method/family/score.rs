//! The score that rows are drawn by.

use crate::error::{Error, Result};
use crate::method::{
    BatchRows, KeptRows, MethodName,
    guided::{GuideTerms, Guided},
    no_state,
};
use burn::tensor::Tensor;
use gstds_burn::GpuDevice;
use gstds_curate::label_graph::LabelGraph;

gstds_data::named! {
    /// Score by which rows are drawn.
    Score, "score", {
        /// What similarity graph, class losses and age say of a row, without a scoring pass.
        Free = "free",
        /// The learner's loss less the reference's.
        ///
        /// Costs a forward pass of the learner over the whole batch.
        Learnability = "learnability",
        /// The learner's loss: wrong labels and outliers have the highest of all.
        ///
        /// Costs a forward pass of the learner over the whole batch.
        Loss = "loss",
    }
}

/// What scores are made of; each uses what it needs.
pub(super) struct ScoreInputs {
    pub reference_losses: Option<Tensor<1>>,
    pub label_graph: Option<LabelGraph>,
    pub guide: GuideTerms,
}

/// A score, with what it needs on the device.
pub(super) enum RowScores {
    Free(Box<Guided>),
    /// The reference's losses of all rows of the data set.
    Learnability(Box<Tensor<1>>),
    Loss,
}

/// The scores of a batch, f32, one a row.
pub(super) struct ScoredRows {
    pub scores: Tensor<1>,
    /// See [`Chosen::guide`](crate::method::Chosen::guide).
    pub guide: Option<Tensor<1>>,
}

impl From<Tensor<1>> for ScoredRows {
    fn from(scores: Tensor<1>) -> Self {
        Self {
            scores,
            guide: None,
        }
    }
}

impl RowScores {
    pub fn new(
        name: MethodName,
        score: Score,
        device: &GpuDevice,
        inputs: ScoreInputs,
    ) -> Result<Self> {
        let method = name.name();
        Ok(match score {
            Score::Free => {
                let graph = inputs.label_graph.ok_or(Error::NoFeatures { method })?;
                Self::Free(Box::new(Guided::new(device, &graph, &inputs.guide)))
            }
            Score::Learnability => {
                let losses = inputs.reference_losses;
                Self::Learnability(Box::new(losses.ok_or(Error::NoReferenceLosses { method })?))
            }
            Score::Loss => Self::Loss,
        })
    }

    pub fn needs_losses(&self) -> bool {
        !matches!(self, Self::Free(_))
    }

    pub fn of(&self, name: MethodName, batch: &BatchRows<'_>) -> Result<ScoredRows> {
        Ok(match self {
            Self::Free(guided) => {
                let terms = guided.terms(batch.rows, batch.keep);
                ScoredRows {
                    guide: batch.recorded.then(|| guided.record(&terms)),
                    scores: terms.sum(),
                }
            }
            Self::Learnability(reference) => {
                let losses = batch.losses_for(name)?.clone();
                let reference = reference.as_ref().clone();
                (losses - reference.select(0, batch.rows.clone())).into()
            }
            Self::Loss => batch.losses_for(name)?.clone().into(),
        })
    }

    pub fn observe(&mut self, kept: &KeptRows<'_>) {
        if let Self::Free(guided) = self {
            guided.observe(kept);
        }
    }

    /// Reports calls that failed after they were queued.
    pub fn check_recorded(&self) -> Result<()> {
        match self {
            Self::Free(guided) => guided.check_recorded(),
            _ => Ok(()),
        }
    }

    pub fn state(&self) -> Result<Vec<u8>> {
        match self {
            Self::Free(guided) => guided.state(),
            _ => Ok(Vec::new()),
        }
    }

    pub fn restore(&mut self, name: MethodName, bytes: &[u8]) -> Result<(), String> {
        match self {
            Self::Free(guided) => guided.restore(bytes),
            _ => no_state(name, bytes),
        }
    }
}
