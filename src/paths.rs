//! The paths through the stages: each composes kernels of the stages over one workspace.

pub(crate) mod chunks;
mod dense;
pub(crate) mod fused;
mod low_rank;
mod matrix;

use crate::{
    Path, Stage,
    features::FeatureBindings,
    kernel::{Binder, BoundKernel, table},
    matrix::Input,
    recorder::Recorder,
};
use chunks::BoundChunks;
use dense::DensePath;
use fused::FusedPath;
use low_rank::LowRankPath;
use matrix::{BoundMatrix, MatrixPath};

/// The features of a call, bound.
#[derive(Clone, Debug)]
pub(crate) enum BoundFeatures {
    /// In one binding: the kernel that normalises them.
    Whole(BoundKernel),
    /// A matrix in place of features.
    Matrix(BoundMatrix),
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

    /// Binds a call's features.
    fn bind(&self, binder: &Binder<'_>, features: &FeatureBindings<'_>) -> BoundFeatures;

    /// Records what precedes the passes.
    fn begin(&self, _binder: &Binder<'_>, _encoder: &mut wgpu::CommandEncoder) {}

    /// Records one stage; those a call has no use for record nothing.
    fn record(&self, stage: Stage, pass: &mut Recorder<'_, '_>, call: &EncodedCall);

    /// Dispatches of a call with this many rows that keeps fewer.
    fn dispatches(&self, rows: u32) -> u32;
}

/// The path of a workspace, bound to it.
pub(crate) fn bind(binder: &Binder<'_>) -> Box<dyn SelectionPath> {
    if binder.pipelines.input() != Input::Features {
        return Box::new(MatrixPath::new(binder));
    }
    let path = binder.workspace.sizes.path;
    if path != Path::LowRank {
        // Bound to the features of each call.
        binder.compile(&table::NORMALIZE);
    }
    match path {
        Path::Auto | Path::Dense => Box::new(DensePath::new(binder)),
        Path::LowRank => Box::new(LowRankPath::new(binder)),
        Path::Fused => Box::new(FusedPath::new(binder)),
    }
}

/// Records the kernel that normalises whole features.
fn record_normalize(pass: &mut Recorder<'_, '_>, call: &EncodedCall) {
    let BoundFeatures::Whole(normalize) = &call.features else {
        unreachable!("the path bound whole features");
    };
    normalize.record(pass, call.rows);
}
