//! What is made before the first step: data, features, and room for both.

use super::{config::TrainConfig, progress::Progress};
use crate::{
    bank_cache::{self, Found},
    data::{self, Opened, Split},
    error::Result,
    reference::{ReferenceConfig, home},
};
use gstds_burn::GpuDevice;
use std::path::{Path, PathBuf};

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
        progress.warn(warning);
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
    log::debug!("features of {} images: {:?}", images.len(), found.source);
    for warning in &found.warnings {
        progress.warn(warning);
    }
    Ok((found, 2 * reference.multiply_adds() * images.len() as u64))
}
