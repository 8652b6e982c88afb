//! What a method chooses by: features on the device, the reference's losses, and what both cost.

use super::{given::Given, progress::RunProgress, summary::ReferenceCost};
use crate::error::{Error, Result};
use burn::tensor::{Int, Tensor, TensorData};
use gstds_burn::GpuDevice;
use gstds_data::Split;
use gstds_models::bank::{FeatureBank, ResidentBank};
use gstds_models::linear_probe::{self, ProbeLosses};
use std::time::Instant;

/// What was found or made; nothing where the method goes by neither.
#[derive(Default)]
pub(super) struct Grounds {
    pub bank: Option<ResidentBank>,
    pub losses: Option<Tensor<1>>,
    /// What the features were computed from, where that is known.
    pub key: Option<String>,
    pub flops: u64,
    pub seconds: f64,
    pub cost: Option<ReferenceCost>,
}

/// Features of the training images, wherever they came from.
enum Features {
    Host(FeatureBank),
    Device(Tensor<2>),
}

/// Finds the features of a run's training images, unless `bank` has them, and what follows from
/// them.
pub(super) fn find(
    given: &Given<'_>,
    bank: Option<Tensor<2>>,
    progress: &mut dyn RunProgress,
) -> Result<Grounds> {
    let method = given.config.method;
    if !method.needs_features() {
        return Ok(Grounds::default());
    }
    let begun = Instant::now();
    let (features, mut flops, mut cost) = match bank {
        Some(bank) => {
            let cost = ReferenceCost {
                model: "given".into(),
                source: "given".into(),
                head_accuracy: None,
            };
            (Features::Device(bank), 0, cost)
        }
        None => features(given, progress)?,
    };
    features.check_rows(given.stored)?;
    let features = match given.conditioned {
        Some(under) => features.gathered(under.rows()),
        None => features,
    };
    let images = &given.dataset.train;
    let mut losses = None;
    if method.needs_reference_losses() {
        let fitted = features.losses(images, given.dataset.classes.len())?;
        progress.warn(&note(fitted.accuracy));
        cost.head_accuracy = Some(fitted.accuracy);
        flops += fitted.flops;
        let data = TensorData::new(fitted.losses, [images.len()]);
        losses = Some(Tensor::from_data(data, &given.device.burn));
    }
    let key = match &features {
        Features::Host(bank) => Some(bank.key().into()),
        Features::Device(_) => None,
    };
    let resident = method.solves_graphs();
    let bank = resident.then(|| features.resident(given.device));
    Ok(Grounds {
        bank: bank.transpose()?,
        losses,
        key,
        flops,
        seconds: begun.elapsed().as_secs_f64(),
        cost: Some(cost),
    })
}

/// The bank that the configuration describes.
fn features(
    given: &Given<'_>,
    progress: &mut dyn RunProgress,
) -> Result<(Features, u64, ReferenceCost)> {
    let config = given.config;
    let folder = gstds_models::bank_cache::cache(config.no_cache);
    let (images, folder) = (given.stored, folder.as_deref());
    let (found, flops) = gstds_models::bank_cache::bank_of(
        &config.reference.open()?,
        images,
        given.device,
        folder,
        progress,
    )?;
    let cost = ReferenceCost {
        model: config.reference.model.name().into(),
        source: found.origin.name().into(),
        head_accuracy: None,
    };
    Ok((Features::Host(found.bank), flops, cost))
}

fn note(accuracy: f64) -> String {
    format!(
        "reference: linear probes on its features reach {:.1} % accuracy on training images that they were not trained on; a learner that does better learns less from learnability than from random rows",
        100.0 * accuracy
    )
}

impl Features {
    /// Refuses features that belong to other images.
    fn check_rows(&self, images: &Split) -> Result<()> {
        let rows = match self {
            Self::Host(bank) => bank.rows(),
            Self::Device(bank) => bank.dims()[0],
        };
        match (rows, images.len()) {
            (rows, images) if rows != images => {
                Err(gstds_models::Error::BankRows { rows, images }.into())
            }
            _ => Ok(()),
        }
    }

    /// Those of `rows`, in that order.
    fn gathered(self, rows: &[usize]) -> Self {
        match self {
            Self::Host(bank) => Self::Host(bank.gathered(rows)),
            Self::Device(bank) => {
                let numbers: Vec<i32> = rows.iter().map(|&row| row as i32).collect();
                let numbers = TensorData::new(numbers, [rows.len()]);
                let numbers = Tensor::<1, Int>::from_data(numbers, &bank.device());
                Self::Device(bank.select(0, numbers))
            }
        }
    }

    fn losses(&self, images: &Split, classes: usize) -> Result<ProbeLosses> {
        let (values, width) = match self {
            Self::Host(bank) => {
                let rows = (0..bank.rows()).flat_map(|row| bank.row(row));
                (rows.collect(), bank.width())
            }
            Self::Device(bank) => {
                let values = bank.try_to_vec_as::<f32>();
                let values = values.map_err(|e| Error::DeviceLost {
                    reason: e.to_string(),
                })?;
                (values, bank.dims()[1])
            }
        };
        Ok(linear_probe::cross_fit(
            values,
            width,
            images.labels(),
            classes,
        )?)
    }

    fn resident(self, device: &GpuDevice) -> Result<ResidentBank> {
        match self {
            Self::Host(bank) => Ok(ResidentBank::upload(&bank, device)?),
            Self::Device(bank) => Ok(bank.into()),
        }
    }
}
