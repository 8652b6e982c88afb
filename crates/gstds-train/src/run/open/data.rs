//! Opens and corrupts the data of a run.

use crate::{
    error::Result,
    run::{
        config::TrainConfig,
        progress::RunProgress,
        summary::corruption::{CorruptionSummary, corrupted},
    },
};
use gstds_data::{BadImage, CorruptedDataset, Dataset, Split};
use gstds_models::bank_cache::cache;

/// A data set as it is stored and as a run trains on it.
#[derive(Debug)]
pub(in crate::run) struct RunData {
    /// As stored.
    pub stored: Dataset,
    /// Corrupted as configured.
    pub corrupted: Option<CorruptedDataset>,
    /// Images that could not be decoded.
    pub left_out: Vec<BadImage>,
}

impl RunData {
    /// The data set that a configuration names.
    pub fn open(config: &TrainConfig, progress: &mut dyn RunProgress) -> Result<Self> {
        let folder = cache(config.no_cache);
        let mut decoding = |done, total| progress.job("images decoded", done, total);
        let opened = gstds_data::open(&config.data, folder.as_deref(), &mut decoding)?;
        for warning in &opened.warnings {
            progress.warn(warning);
        }
        let data = Self::new(config, opened.dataset)?;
        Ok(Self {
            left_out: opened.skipped,
            ..data
        })
    }

    /// A data set in memory.
    pub fn new(config: &TrainConfig, stored: Dataset) -> Result<Self> {
        config.check_images(stored.shape())?;
        Ok(Self {
            corrupted: corrupted(config, &stored)?,
            stored,
            left_out: Vec::new(),
        })
    }

    /// What is trained and tested on.
    pub fn dataset(&self) -> &Dataset {
        let corrupted = self.corrupted.as_ref();
        corrupted.map_or(&self.stored, |corrupted| &corrupted.dataset)
    }

    /// The images that features are of: the stored ones, whose rows are gathered, unless copies were
    /// altered.
    pub fn featured(&self) -> &Split {
        match &self.corrupted {
            Some(corrupted) if corrupted.is_altered() => &corrupted.dataset.train,
            _ => &self.stored.train,
        }
    }

    /// The corruption of the training data; none where they are clean.
    pub fn corruption(&self, config: &TrainConfig) -> Option<CorruptionSummary> {
        let corrupted = self.corrupted.as_ref()?;
        let conditions = config.data.corruption();
        Some(CorruptionSummary::new(conditions, corrupted))
    }
}

/// Opens the data set that a configuration names, corrupted as configured.
///
/// # Errors
/// A data set that cannot be opened, images that are not square, corruption that cannot be applied.
pub fn training_data(config: &TrainConfig, progress: &mut dyn RunProgress) -> Result<Dataset> {
    let data = RunData::open(config, progress)?;
    Ok(data.corrupted.map_or(data.stored, |it| it.dataset))
}
