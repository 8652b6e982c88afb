//! Selection methods: which rows of a batch the learner trains on. One file each, and one for the
//! [`Family`] of those that draw by a score.
//!
//! Every method chooses on the GPU or from what was uploaded with the epoch; none waits for the
//! device. A new method implements [`Method`] and gets a line in [`MethodName`] and in [`make`].
//!
//! Methods that score by losses pay one more forward pass of the learner over all rows of the batch.
//! Measured (12 seeds, a small network on features of CIFAR-10, a quarter kept, equal samples): with
//! a good reference, learnability beats random rows by 3 to 6 points under
//! duplicates, 20 % label noise and imbalance, and by less than a point on clean data. With a
//! reference less accurate than the learner it loses to random rows by 1.5 to 7 points. Random rows
//! of a run that may train on the reference's training data do as well or better, except under
//! duplicates.

mod family;
mod full;
mod graph_selector;
mod guided;
mod infobatch;
mod make;
mod name;
mod noise;
mod random;
mod ranking;
mod reference_loss;
mod reweight;
mod small_batch;
mod spec;
mod spectral;
mod state_file;

pub use family::{Family, Score, Strata};
pub(crate) use guided::device_bytes as guided_bytes;
pub use guided::{GuideTerm, GuideTerms};
pub use make::{MethodInputs, make};
pub use name::MethodName;
pub use reference_loss::ReferenceLoss;
pub use spec::MethodSpec;

use crate::error::{Error, Result};
use burn::tensor::{Int, Tensor, activation::log_softmax};

/// The size of a batch before and after selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchSize {
    /// Rows to choose from.
    pub rows: usize,
    /// Rows to keep, at least 1.
    pub keep: usize,
}

/// The batches of one epoch, known before it starts.
#[derive(Clone, Copy, Debug)]
pub struct EpochPlan<'a> {
    /// The size of each batch, in order.
    pub batches: &'a [BatchSize],
    /// Seed of this epoch.
    pub seed: u64,
}

impl EpochPlan<'_> {
    /// Where the rows of each batch start in the epoch, and where those of the last end.
    fn starts(&self) -> Vec<usize> {
        let mut end = 0;
        let ends = self.batches.iter().map(|batch| {
            end += batch.rows;
            end
        });
        std::iter::once(0).chain(ends).collect()
    }
}

/// What a method that draws its rows from the whole data set knows of an epoch.
#[derive(Clone, Copy, Debug)]
pub struct EpochDraw<'a> {
    /// The epoch, from 0.
    pub epoch: usize,
    /// Rows of the data set.
    pub images: usize,
    /// The size of each batch, in order.
    pub batches: &'a [BatchSize],
    /// How many rows earlier epochs drew, for methods that draw rows.
    pub drawn: usize,
    /// Share of the run's steps that earlier epochs made, from 0 to below 1.
    pub progress: f64,
    /// Seed of the run.
    pub seed: u64,
}

impl EpochDraw<'_> {
    /// How many rows the epoch takes.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.batches.iter().map(|batch| batch.rows).sum()
    }
}

/// One batch to choose from.
#[derive(Clone, Copy, Debug)]
pub struct BatchRows<'a> {
    /// Row numbers in the data set, on the device: i32, one per row.
    pub rows: &'a Tensor<1, Int>,
    /// Its place in the epoch, from 0.
    pub place: usize,
    /// How many to keep, at least 1 and at most the rows.
    pub keep: usize,
    /// Seed of this batch.
    pub seed: u64,
    /// The learner's losses, f32, one per row, without gradients. Needed where
    /// [`Method::needs_losses`] and not every row is kept.
    pub losses: Option<&'a Tensor<1>>,
    /// Whether the step is read, so that [`Chosen::guide`] is wanted.
    pub recorded: bool,
}

/// What a step kept, with the learner as it was before its update.
#[derive(Clone, Copy, Debug)]
pub struct KeptRows<'a> {
    /// Row numbers in the data set, i32, each once.
    pub rows: &'a Tensor<1, Int>,
    /// Their labels, i32.
    pub labels: &'a Tensor<1, Int>,
    /// The learner's logits, f32, `[rows, classes]`, without gradients.
    pub logits: &'a Tensor<2>,
}

impl KeptRows<'_> {
    /// Cross entropy of each row in nats, f32.
    fn losses(&self) -> Tensor<1> {
        let chances = log_softmax(self.logits.clone(), 1);
        let labels = self.labels.clone().unsqueeze_dim::<2>(1);
        chances.gather(1, labels).squeeze_dim::<1>(1).neg()
    }
}

impl BatchRows<'_> {
    pub(crate) fn keeps_all(&self) -> bool {
        self.keep >= self.rows.dims()[0]
    }

    fn losses_for(&self, method: MethodName) -> Result<&Tensor<1>> {
        self.losses.ok_or(Error::NoLosses {
            method: method.name(),
        })
    }
}

/// What a method chose.
#[derive(Clone, Debug, Default)]
pub struct Chosen {
    /// Positions in the batch, i32, ascending; none when every row is kept.
    pub positions: Option<Tensor<1, Int>>,
    /// Weight of each kept row's loss (f32) in the sum that is trained on, which then has the mean
    /// loss of the whole batch as its expectation; none where it is the mean over kept rows.
    pub weights: Option<Tensor<1>>,
    /// The 16 words of [`gstds::Status`], where a graph was solved.
    pub status: Option<Tensor<1, Int>>,
    /// The terms of `guided`'s scores, f32: the gate, the learner's accuracy on rows new to it, the means of
    /// the class, reference and age terms, and the running loss of each class. Where
    /// [`BatchRows::recorded`].
    pub guide: Option<Tensor<1>>,
}

impl Chosen {
    fn all() -> Self {
        Self::default()
    }

    fn at(positions: Tensor<1, Int>) -> Self {
        Self {
            positions: Some(positions),
            ..Self::default()
        }
    }
}

/// Chooses rows of batches, in the order of the plan. No call may wait for the device.
///
/// The choice depends on the plan, the batch, the learner and the [`state`](Method::state): a resumed
/// run calls [`restore`](Method::restore), then [`begin_epoch`](Method::begin_epoch) for its epoch,
/// and chooses from the batches that are left.
pub trait Method: Send {
    /// Its name.
    fn name(&self) -> MethodName;

    /// Whether it chooses by the learner's losses on the batch, see [`BatchRows::losses`].
    fn needs_losses(&self) -> bool {
        false
    }

    /// Draws the rows of an epoch's batches from the whole data set, one batch after the other; none
    /// where batches are taken from a permutation of the rows. Methods for which
    /// [`MethodName::draws_rows`] draw. Called before [`Method::begin_epoch`], once for each epoch,
    /// and again for the epoch that a run resumes in, when it draws the same.
    fn draw_epoch(&mut self, draw: &EpochDraw<'_>) -> Option<Vec<i32>> {
        let _ = draw;
        None
    }

    /// Uploads what an epoch needs.
    ///
    /// # Errors
    /// Those of the method's own preparations.
    fn begin_epoch(&mut self, plan: &EpochPlan<'_>) -> Result<()> {
        let _ = plan;
        Ok(())
    }

    /// Chooses rows of the next batch.
    ///
    /// # Errors
    /// [`Error::Gpu`] where the selection cannot be made, [`Error::NoLosses`] where losses are
    /// needed and missing.
    fn choose(&mut self, batch: &BatchRows<'_>) -> Result<Chosen>;

    /// Takes in what a step kept. Called after each step's forward pass, whatever it kept; must not
    /// wait for the device.
    fn observe(&mut self, kept: &KeptRows<'_>) {
        let _ = kept;
    }

    /// What the method has learned from the steps so far, for a checkpoint; empty where the choice
    /// does not depend on earlier steps. Waits for the device.
    ///
    /// # Errors
    /// [`Error::DeviceLost`] where the device fails.
    fn state(&self) -> Result<Vec<u8>> {
        Ok(Vec::new())
    }

    /// Takes over what [`Method::state`] returned for the same data.
    ///
    /// # Errors
    /// What does not fit.
    fn restore(&mut self, state: &[u8]) -> Result<(), String> {
        no_state(self.name(), state)
    }

    /// Reports selections that failed after they were queued. Called between epochs and before a
    /// checkpoint within one, once the device has finished.
    ///
    /// # Errors
    /// [`Error::Gpu`] where a selection of the epoch failed.
    fn end_epoch(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Refuses a state for a method that has none.
fn no_state(method: MethodName, state: &[u8]) -> Result<(), String> {
    match state.is_empty() {
        true => Ok(()),
        false => Err(format!("{method} has no state to restore")),
    }
}
