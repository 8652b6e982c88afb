//! What is made before the first step: data, features, method.

use super::{config::TrainConfig, progress::Progress, summary::ReferenceCost};
use crate::{
    bank::{BankElement, ResidentBank},
    bank_cache::{self, Source},
    data::{self, Dataset, EMBEDDED_NAME},
    error::{Error, Result},
    reference::{EfficientNetLite0, Reference},
};
use burn::tensor::Device;
use gstds_burn::GpuDevice;
use std::time::Instant;

/// The data set of that name.
pub(crate) fn dataset(name: &str) -> Result<Dataset> {
    match name {
        EMBEDDED_NAME => data::embedded(),
        _ => Err(Error::UnknownName {
            what: "data set",
            name: name.into(),
            choices: EMBEDDED_NAME,
        }),
    }
}

/// Features of the training images, on the device, and what they cost.
pub(crate) struct Features {
    pub bank: ResidentBank,
    pub flops: u64,
    pub seconds: f64,
    pub cost: ReferenceCost,
}

/// Finds the features of a data set's training images, or computes them.
pub(crate) fn features(
    config: &TrainConfig,
    dataset: &Dataset,
    device: &GpuDevice,
    progress: &mut dyn Progress,
) -> Result<Features> {
    let begun = Instant::now();
    // Convolutions of this size take seconds on a software adapter, and fewer on the CPU proper.
    let home = match device.is_software() {
        true => Device::flex(),
        false => device.burn.clone(),
    };
    let reference = EfficientNetLite0::embedded(&home)?.with_input_side(config.reference_side)?;
    let folder = bank_cache::cache_folder();
    let found = bank_cache::find_or_compute(
        &reference,
        &dataset.train,
        BankElement::F16,
        &home,
        folder.as_deref(),
        |p| progress.reference(p.done, p.total),
    )?;
    for warning in &found.warnings {
        progress.note(warning);
    }
    let source = match found.source {
        Source::Shipped => "shipped",
        Source::Cached(_) => "cached",
        Source::Computed => "computed",
    };
    Ok(Features {
        bank: ResidentBank::upload(&found.bank, device)?,
        flops: 2 * reference.multiply_adds() * dataset.train.len() as u64,
        seconds: begun.elapsed().as_secs_f64(),
        cost: ReferenceCost {
            model: reference.name().into(),
            source,
        },
    })
}

/// Refuses a bank that belongs to other images.
pub(crate) fn check_rows(bank: &ResidentBank, dataset: &Dataset) -> Result<()> {
    let (found, expected) = (bank.rows(), dataset.train.len());
    match found == expected {
        true => Ok(()),
        false => Err(Error::BankRows { found, expected }),
    }
}
