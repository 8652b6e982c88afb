//! Solves the graphs of batches, for the methods that need them.

use super::BatchRows;
use crate::error::{Error, Result};
use gstds::{Keep, Options};
use gstds_burn::{FiedlerSelector, GpuDevice, Picked};
use gstds_models::bank::ResidentBank;

/// The kernels, and the features that they read.
pub(super) struct GraphSelector {
    kernels: FiedlerSelector,
    bank: ResidentBank,
}

impl GraphSelector {
    pub(super) fn new(device: &GpuDevice, bank: ResidentBank, options: &Options) -> Result<Self> {
        Ok(Self {
            kernels: FiedlerSelector::new(device, options).map_err(Error::Gpu)?,
            bank,
        })
    }

    /// Solves the graph of a batch of which not every row is kept.
    pub(super) fn pick(&self, batch: &BatchRows<'_>) -> Result<Picked> {
        let keep = Keep::Count(batch.keep);
        Ok(self
            .bank
            .pick(&self.kernels, batch.rows, keep, batch.seed)?)
    }

    /// Reports selections that failed after they were queued.
    pub(super) fn check_recorded(&self) -> Result<()> {
        self.kernels.check_recorded().map_err(Error::Gpu)
    }
}
