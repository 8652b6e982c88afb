//! The ways through the stages. A path composes kernels of the stages' rooms over one workspace;
//! `cost` chooses it by shape.

mod cost;
mod dense;
pub(crate) mod fused;
mod low_rank;

pub(crate) use cost::choose;
pub use low_rank::MAX_LOW_RANK_ROWS;

use crate::{
    Options, Path, Stage, features::Placed, low_rank::rows::ElementKind, many::ManyPipelines,
    workspace::Workspace,
};
use dense::{Dense, DensePipelines};
use fused::{FusedPipelines, FusedWalk};
use low_rank::{LowRank, LowRankPipelines};
use std::sync::{Arc, OnceLock};

/// A call's features, bound.
#[derive(Debug)]
pub(crate) struct Bound {
    /// Bind groups of what reads the features: one for each chunk of rows.
    pub groups: Vec<wgpu::BindGroup>,
    /// Rows in each chunk.
    pub rows: Vec<u32>,
    pub kind: ElementKind,
}

impl Bound {
    /// Features that lie in one binding.
    fn whole(group: wgpu::BindGroup, placed: &Placed<'_>) -> Self {
        Self {
            groups: vec![group],
            rows: vec![placed.rows],
            kind: ElementKind::of(placed),
        }
    }
}

/// What one call records.
#[derive(Debug)]
pub(crate) struct Call {
    pub features: Bound,
    pub rows: u32,
    pub kept: u32,
    /// False where the rule or the count needs no Fiedler vector.
    pub spectral: bool,
}

/// One path over one workspace: its bind groups, and the dispatches of each stage.
pub(crate) trait Walk: std::fmt::Debug + Send + Sync {
    /// Rows at whose multiples a call's features may be split among bindings; 0 where one binding
    /// must cover all of them.
    fn chunk_rows(&self) -> usize {
        0
    }

    /// Binds a call's features and records what precedes the passes.
    fn begin(
        &self,
        device: &wgpu::Device,
        encoder: &mut wgpu::CommandEncoder,
        workspace: &Workspace,
        placed: &Placed<'_>,
    ) -> Bound;

    /// Records one stage; those a call has no use for record nothing.
    fn record(&self, stage: Stage, pass: &mut wgpu::ComputePass<'_>, call: &Call);

    /// Dispatches of a call with this many rows that keeps fewer.
    fn dispatches(&self, rows: u32) -> u32;
}

/// The pipelines of every path, each compiled when a shape first needs it.
#[derive(Debug, Default)]
pub(crate) struct Pipelines {
    dense: OnceLock<Arc<DensePipelines>>,
    low_rank: OnceLock<Arc<LowRankPipelines>>,
    /// For narrow and for wide workgroups.
    fused: [OnceLock<Arc<FusedPipelines>>; 2],
    many: [OnceLock<ManyPipelines>; 2],
}

impl Pipelines {
    /// Those that select in many graphs of up to this many rows at once.
    pub fn many(&self, device: &wgpu::Device, options: &Options, rows: usize) -> &ManyPipelines {
        let wide = fused::is_wide(rows);
        let made = || ManyPipelines::new(device, options, wide);
        self.many[usize::from(wide)].get_or_init(made)
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
                Box::new(Dense::new(device, pipelines, workspace))
            }
            Path::LowRank => {
                let made = || Arc::new(LowRankPipelines::new(device, options));
                let pipelines = self.low_rank.get_or_init(made).clone();
                Box::new(LowRank::new(device, pipelines, workspace))
            }
            Path::Fused => {
                let wide = fused::is_wide(workspace.sizes.shape.rows);
                let made = || Arc::new(FusedPipelines::new(device, options, wide));
                let pipelines = self.fused[usize::from(wide)].get_or_init(made).clone();
                Box::new(FusedWalk::new(device, pipelines, workspace))
            }
        }
    }
}
