//! Selection methods: which rows of a batch the learner trains on. One file each.
//!
//! Every method chooses on the GPU or from what was uploaded with the epoch; none waits for the
//! device. A new method implements [`Method`] and gets a line in [`MethodName`] and in [`make`].
//!
//! Guided methods use the learner's losses on the batch, which cost one more forward pass over all
//! its rows. Measured (12 seeds, a small network on features of CIFAR-10, a quarter kept, equal
//! samples): with a good reference, learnability beats random rows by 3 to 6 points under
//! duplicates, 20 % label noise and imbalance, and by less than a point on clean data. With a
//! reference less accurate than the learner it loses to random rows by 1.5 to 7 points. Random rows
//! of a run that may train on the reference's training data do as well or better, except under
//! duplicates.

mod full;
mod guided;
mod jest;
mod loss;
mod name;
mod noise;
mod random;
mod ranking;
mod reweight;
mod spectral;
mod spectral_guided;
mod stratified_learnability;

pub use guided::{GuideTerm, GuideTerms};
pub use name::MethodName;

use crate::error::{Error, Result};
use burn::tensor::{Int, Tensor};
use gstds::Options;
use gstds_burn::GpuDevice;
use gstds_models::{bank::ResidentBank, label_graph::LabelGraph};

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

/// One batch to choose from.
#[derive(Clone, Copy, Debug)]
pub struct BatchRows<'a> {
    /// Row numbers in the data set, on the device: i32, one a row.
    pub rows: &'a Tensor<1, Int>,
    /// Its place in the epoch, from 0.
    pub place: usize,
    /// How many to keep, at least 1 and at most the rows.
    pub keep: usize,
    /// Seed of this batch.
    pub seed: u64,
    /// The learner's losses, f32, one a row, without gradients. Needed where
    /// [`MethodName::needs_losses`] and not every row is kept.
    pub losses: Option<&'a Tensor<1>>,
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

impl BatchRows<'_> {
    fn keeps_all(&self) -> bool {
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
    /// What `guided` went by, f32: the gate, the learner's accuracy on rows new to it, the means of
    /// the class, reference and age terms, and the running loss of each class.
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

    /// Uploads what an epoch needs.
    ///
    /// # Errors
    /// Whatever the method's own preparations return.
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
        match state.is_empty() {
            true => Ok(()),
            false => Err(format!("{} has no state to restore", self.name())),
        }
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

/// What methods choose by; each takes what it needs and ignores the rest.
#[derive(Debug)]
pub struct MethodInputs<'a> {
    /// A feature row for each row of the data set, on the device.
    pub bank: Option<ResidentBank>,
    /// The reference's loss of each row of the data set, f32, on the device.
    pub reference_losses: Option<Tensor<1>>,
    /// The labels of the data set, and what a graph of its rows says of them.
    pub label_graph: Option<LabelGraph>,
    /// The terms of `guided`.
    pub guide: GuideTerms,
    /// How graphs are solved and read.
    pub selection: &'a Options,
    /// Sampling temperature of `jest`; 0 keeps the most learnable rows.
    pub temperature: f64,
    /// Whether the losses of kept rows are weighted by their inverse inclusion probabilities, so
    /// that their sum is an unbiased estimate of the batch's mean loss. For `jest` at a temperature
    /// above 0 and for `random`, whose rows all weigh the same.
    pub reweight: bool,
}

impl<'a> MethodInputs<'a> {
    /// Neither features nor losses, and the defaults of everything else.
    #[must_use]
    pub fn new(selection: &'a Options) -> Self {
        Self {
            bank: None,
            reference_losses: None,
            label_graph: None,
            guide: GuideTerms::default(),
            selection,
            temperature: 1.0,
            reweight: false,
        }
    }
}

/// Makes a method.
///
/// # Errors
/// [`Error::NoFeatures`] and [`Error::NoReferenceLosses`] for what is needed and missing,
/// [`Error::Reweight`] for weights that the method cannot know, [`Error::Gpu`] for options that the
/// kernels cannot take.
pub fn make(
    name: MethodName,
    device: &GpuDevice,
    inputs: MethodInputs<'_>,
) -> Result<Box<dyn Method>> {
    if inputs.reweight {
        name.check_reweight(inputs.temperature)?;
    }
    let method = name.name();
    let bank = inputs.bank.ok_or(Error::NoFeatures { method });
    let reference = inputs.reference_losses;
    let reference = reference.ok_or(Error::NoReferenceLosses { method });
    let graph = inputs.label_graph.ok_or(Error::NoFeatures { method });
    let options = inputs.selection;
    Ok(match name {
        MethodName::Full => Box::new(full::Full),
        MethodName::Random => Box::new(random::Random::new(device)),
        MethodName::Gstds | MethodName::Saln => {
            Box::new(spectral::Spectral::new(name, device, bank?, options)?)
        }
        MethodName::Guided => Box::new(guided::Guided::new(&device.burn, &graph?, inputs.guide)),
        MethodName::Loss => Box::new(loss::Loss),
        MethodName::Jest => {
            let method = jest::Jest::new(&device.burn, reference?, inputs.temperature);
            Box::new(method.reweighted(inputs.reweight))
        }
        MethodName::StratifiedLearnability => {
            let (bank, reference) = (bank?, reference?);
            let method = stratified_learnability::StratifiedLearnability::new(
                device, bank, reference, options,
            );
            Box::new(method?)
        }
        MethodName::SpectralGuided => {
            let (bank, reference) = (bank?, reference?);
            let method = spectral_guided::SpectralGuided::new(device, bank, reference, options);
            Box::new(method?)
        }
    })
}
