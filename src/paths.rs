//! The paths through the stages: each composes kernels of the stages over one workspace.

pub(crate) mod chunks;
mod dense;
pub(crate) mod fused;
mod low_rank;

use crate::{
    Path, Stage,
    features::FeatureBindings,
    kernel::{Binder, BoundKernel},
};
use chunks::BoundChunks;
use dense::DensePath;
use fused::FusedPath;
use low_rank::LowRankPath;

/// The features of a call, bound.
#[derive(Debug)]
pub(crate) enum BoundFeatures {
    /// In one binding: the kernel that normalises them.
    Whole(BoundKernel),
    /// In chunks, for the kernels that read them where they lie.
    Chunks(BoundChunks),
}

/// What one call records.
#[derive(Debug)]
pub(crate) struct EncodedCall {
    pub features: BoundFeatures,
    pub rows: u32,
    pub kept: u32,
    /// False where the rule or the count needs no Fiedler vector.
    pub spectral: bool,
}

/// One path over one workspace: its kernels, and the dispatches of each stage.
pub(crate) trait SelectionPath: std::fmt::Debug + wgpu::WasmNotSendSync {
    /// Rows at whose multiples a call's features may be split among bindings; 0 where one binding
    /// must cover all of them.
    fn chunk_rows(&self) -> usize {
        0
    }

    /// Binds a call's features and records what precedes the passes.
    fn begin(
        &self,
        binder: &Binder<'_>,
        encoder: &mut wgpu::CommandEncoder,
        features: &FeatureBindings<'_>,
    ) -> BoundFeatures;

    /// Records one stage; those a call has no use for record nothing.
    fn record(&self, stage: Stage, pass: &mut wgpu::ComputePass<'_>, call: &EncodedCall);

    /// Dispatches of a call with this many rows that keeps fewer.
    fn dispatches(&self, rows: u32) -> u32;
}

/// The path of a workspace, bound to it.
pub(crate) fn bind(binder: &Binder<'_>) -> Box<dyn SelectionPath> {
    match binder.workspace.sizes.path {
        Path::Auto | Path::Dense => Box::new(DensePath::new(binder)),
        Path::LowRank => Box::new(LowRankPath::new(binder)),
        Path::Fused => Box::new(FusedPath::new(binder)),
    }
}

/// Records the kernel that normalises whole features.
fn record_normalize(pass: &mut wgpu::ComputePass<'_>, call: &EncodedCall) {
    let BoundFeatures::Whole(normalize) = &call.features else {
        unreachable!("the path bound whole features");
    };
    normalize.record(pass, call.rows);
}
