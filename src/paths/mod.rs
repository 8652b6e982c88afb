//! The ways through the stages. A path composes kernels of the stages' rooms over one workspace;
//! `cost` chooses it by shape.

mod cost;
pub(crate) mod dense;
pub(crate) mod fused;

pub(crate) use cost::choose;

use crate::{Options, Path, Stage, features::Placed, many::ManyPipelines, workspace::Workspace};
use dense::DensePipelines;
use fused::{FusedPipelines, FusedWalk};
use std::sync::{Arc, OnceLock};

/// What one call records.
#[derive(Debug)]
pub(crate) struct Call {
    /// Bind groups of the stages that read the caller's features.
    pub features: Vec<wgpu::BindGroup>,
    pub rows: u32,
    pub kept: u32,
    /// False where the rule or the count needs no Fiedler vector.
    pub spectral: bool,
}

/// One path over one workspace: its bind groups, and the dispatches of each stage.
pub(crate) trait Walk: std::fmt::Debug + Send + Sync {
    /// Binds a call's features.
    fn bind_features(
        &self,
        device: &wgpu::Device,
        workspace: &Workspace,
        placed: &Placed<'_>,
    ) -> Vec<wgpu::BindGroup>;

    /// Records one stage; those a call has no use for record nothing.
    fn record(&self, stage: Stage, pass: &mut wgpu::ComputePass<'_>, call: &Call);

    /// Dispatches of a call with this many rows that keeps fewer.
    fn dispatches(&self, rows: u32) -> u32;
}

/// The pipelines of every path, each compiled when a shape first needs it.
#[derive(Debug, Default)]
pub(crate) struct Pipelines {
    dense: OnceLock<Arc<DensePipelines>>,
    fused: OnceLock<Arc<FusedPipelines>>,
    many: OnceLock<ManyPipelines>,
}

impl Pipelines {
    /// Those that select in many graphs at once.
    pub fn many(&self, device: &wgpu::Device, options: &Options) -> &ManyPipelines {
        self.many
            .get_or_init(|| ManyPipelines::new(device, options))
    }

    /// Binds a workspace to the pipelines of its path.
    pub fn walk(
        &self,
        device: &wgpu::Device,
        options: &Options,
        workspace: &Workspace,
    ) -> Box<dyn Walk> {
        match workspace.sizes.path {
            Path::Auto | Path::Dense => {
                let made = || Arc::new(DensePipelines::new(device, options));
                let pipelines = self.dense.get_or_init(made).clone();
                Box::new(dense::Dense::new(device, pipelines, workspace))
            }
            Path::Fused => {
                let made = || Arc::new(FusedPipelines::new(device, options));
                let pipelines = self.fused.get_or_init(made).clone();
                Box::new(FusedWalk::new(device, pipelines, workspace))
            }
        }
    }
}
