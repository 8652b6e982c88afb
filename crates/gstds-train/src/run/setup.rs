//! What is made before the first step: data, features, and room for both.

use super::{config::TrainConfig, progress::Progress, summary::ReferenceCost};
use crate::{
    bank::ResidentBank,
    bank_cache::{self, Found},
    data::{self, Dataset, Opened, Split},
    error::{Error, Result},
    reference::{ReferenceConfig, home},
};
use gstds_burn::GpuDevice;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The cache folder, unless none is to be used or the system has none.
#[must_use]
pub fn cache(no_cache: bool) -> Option<PathBuf> {
    match no_cache {
        true => None,
        false => bank_cache::cache_folder(),
    }
}

/// The data set that a configuration names.
pub(crate) fn dataset(config: &TrainConfig, progress: &mut dyn Progress) -> Result<Opened> {
    let folder = cache(config.no_cache);
    let mut decoding = |done, total| progress.decoding(done, total);
    let opened = data::open(&config.data, folder.as_deref(), &mut decoding)?;
    for warning in &opened.warnings {
        progress.note(warning);
    }
    Ok(opened)
}

/// The features of `images` by a reference model: shipped, from `cache`, or computed where
/// [`home`] says, and the model's operations for all of them.
///
/// # Errors
/// As [`ReferenceConfig::open`] and [`bank_cache::find_or_compute`].
pub fn bank_of(
    config: &ReferenceConfig,
    images: &Split,
    device: &GpuDevice,
    cache: Option<&Path>,
    progress: &mut dyn Progress,
) -> Result<(Found, u64)> {
    let home = home(device);
    let reference = config.open(&home)?;
    let found =
        bank_cache::find_or_compute(reference.as_ref(), images, config.bank, &home, cache, |p| {
            progress.reference(p.done, p.total);
        })?;
    for warning in &found.warnings {
        progress.note(warning);
    }
    Ok((found, 2 * reference.multiply_adds() * images.len() as u64))
}

/// Features of the training images, on the device, and what they cost.
pub(crate) struct Features {
    pub bank: ResidentBank,
    /// What the bank was computed from.
    pub key: String,
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
    let folder = cache(config.no_cache);
    let (images, folder) = (&dataset.train, folder.as_deref());
    let (found, flops) = bank_of(&config.reference, images, device, folder, progress)?;
    Ok(Features {
        bank: ResidentBank::upload(&found.bank, device)?,
        key: found.bank.key().into(),
        flops,
        seconds: begun.elapsed().as_secs_f64(),
        cost: ReferenceCost {
            model: config.reference.model.name().into(),
            source: found.source.name().into(),
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
