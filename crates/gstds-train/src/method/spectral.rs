//! `gstds` and `saln`: rows chosen along the Fiedler vector of the batch's graph, by the kernels.

use super::graph_selector::GraphSelector;
use super::{BatchRows, Chosen, Method, MethodName};
use crate::error::Result;
use gstds::Options;
use gstds_burn::GpuDevice;
use gstds_models::bank::ResidentBank;

pub(super) struct Spectral {
    name: MethodName,
    graphs: GraphSelector,
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
            graphs: GraphSelector::new(device, bank, options)?,
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
        let picked = self.graphs.pick(batch)?;
        Ok(Chosen {
            positions: Some(picked.kept),
            status: Some(picked.status),
            ..Chosen::default()
        })
    }

    fn end_epoch(&mut self) -> Result<()> {
        self.graphs.check_recorded()
    }
}
