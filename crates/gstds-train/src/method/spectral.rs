//! `gstds` and `saln`: rows chosen along the Fiedler vector of the batch's graph, by the kernels.

use super::{BatchRows, Chosen, Method, MethodName};
use crate::error::{Error, Result};
use gstds::{Keep, Options};
use gstds_burn::{FiedlerSelector, GpuDevice};
use gstds_models::bank::ResidentBank;

pub(super) struct Spectral {
    name: MethodName,
    selector: FiedlerSelector,
    bank: ResidentBank,
}

impl Spectral {
    pub(super) fn new(
        name: MethodName,
        device: &GpuDevice,
        bank: ResidentBank,
        options: &Options,
    ) -> Result<Self> {
        Ok(Self {
            name,
            selector: FiedlerSelector::new(device, options).map_err(Error::Gpu)?,
            bank,
        })
    }
}

impl Method for Spectral {
    fn name(&self) -> MethodName {
        self.name
    }

    fn choose(&mut self, batch: &BatchRows<'_>) -> Result<Chosen> {
        if batch.keeps_all() {
            return Ok(Chosen::all());
        }
        let keep = Keep::Count(batch.keep);
        let picked = self
            .bank
            .pick(&self.selector, batch.rows, keep, batch.seed)?;
        Ok(Chosen {
            positions: Some(picked.kept),
            status: Some(picked.status),
            ..Chosen::default()
        })
    }

    fn end_epoch(&mut self) -> Result<()> {
        self.selector.check_recorded().map_err(Error::Gpu)
    }
}
