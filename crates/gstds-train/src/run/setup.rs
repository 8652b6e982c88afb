//! The data set of a run, opened.

use super::{config::TrainConfig, progress::RunProgress};
use crate::error::Result;
use gstds_data::OpenedDataset;
use gstds_models::bank_cache::cache;

/// The data set that a configuration names.
pub(crate) fn dataset(
    config: &TrainConfig,
    progress: &mut dyn RunProgress,
) -> Result<OpenedDataset> {
    let folder = cache(config.no_cache);
    let mut decoding = |done, total| progress.job("images decoded", done, total);
    let opened = gstds_data::open(&config.data, folder.as_deref(), &mut decoding)?;
    for warning in &opened.warnings {
        progress.warn(warning);
    }
    Ok(opened)
}
