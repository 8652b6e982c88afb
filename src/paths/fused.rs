//! The fused path: after the similarities one dispatch of one workgroup does the rest, a lane a
//! row. Three dispatches a selection; a solver step reads 4n² bytes through one workgroup, which is
//! less work than launching kernels for it as long as there are few rows.

use super::{BoundFeatures, EncodedCall, SelectionPath, record_normalize};
use crate::{
    Affinity, Error, Options, Path, Result, Solver, Stage, Storage,
    features::FeatureBindings,
    graph::bind_normalize,
    kernel::{Binder, BoundKernel, table},
};

/// Rows at most: a lane of the largest workgroup for each.
pub(crate) const MAX_FUSED_ROWS: usize = 512;
/// Solver steps at most.
const MAX_FUSED_STEPS: u32 = 96;
/// Rows at most on every device; more need a wider workgroup than WebGPU promises.
const NARROW_ROWS: usize = 256;
/// Bytes of workgroup memory that the wider one needs.
const WIDE_BYTES: u32 = 24 << 10;

/// Whether workspaces for this many rows take the wider workgroup.
pub(crate) fn is_wide(rows: usize) -> bool {
    rows > NARROW_ROWS
}

/// That the device has a workgroup for this many rows.
pub(crate) fn check_device(rows: usize, limits: &wgpu::Limits) -> Result<()> {
    let threads = limits.max_compute_invocations_per_workgroup;
    let across = limits.max_compute_workgroup_size_x;
    let needs = [
        ("max_compute_invocations_per_workgroup", threads, 512),
        ("max_compute_workgroup_size_x", across, 512),
        (
            "max_compute_workgroup_storage_size",
            limits.max_compute_workgroup_storage_size,
            WIDE_BYTES,
        ),
    ];
    let missing = needs.into_iter().find(|(_, has, needed)| has < needed);
    match missing.filter(|_| is_wide(rows)) {
        None => Ok(()),
        Some((limit, allowed, needed)) => Err(Error::DeviceTooSmall {
            limit,
            needed: needed.into(),
            allowed: allowed.into(),
        }),
    }
}

/// That the path takes this many rows under these options.
pub(crate) fn takes(rows: usize, options: &Options) -> Result<()> {
    let refused = |what, value: String, limit| {
        let path = Path::Fused.name();
        Err(Error::PathTakes {
            path,
            what,
            value,
            limit,
        })
    };
    if rows > MAX_FUSED_ROWS {
        return refused("rows", rows.to_string(), "at most 512");
    }
    if options.solver != Solver::Lanczos {
        return refused("solver", options.solver.to_string(), "lanczos");
    }
    if options.has_further() {
        return refused("vectors", options.vectors.to_string(), "1");
    }
    // All steps are turns of one thread, of which llvmpipe lets it take 65,535.
    if options.solver_steps() > MAX_FUSED_STEPS {
        return refused("steps", options.solver_steps().to_string(), "at most 96");
    }
    // An affinity that needs more than S itself is for another path.
    if !matches!(
        options.affinity,
        Affinity::Auto | Affinity::Raw | Affinity::Shift | Affinity::Clamp
    ) {
        let value = options.affinity.to_string();
        return refused("affinity", value, "auto, raw, shift or clamp");
    }
    if options.storage != Storage::Full {
        return refused("storage", options.storage.to_string(), "full");
    }
    Ok(())
}

/// The kernels that follow normalisation, for one graph or for many.
#[derive(Debug)]
pub(crate) struct FusedKernels {
    similarity: BoundKernel,
    rest: BoundKernel,
}

impl FusedKernels {
    /// `many` where each graph has its line in a table of graphs.
    pub fn new(binder: &Binder<'_>, many: bool) -> Self {
        let wide = is_wide(binder.workspace.sizes.shape.rows);
        Self {
            similarity: binder.bind(&table::SIMILARITY),
            rest: binder.bind(&table::fused(wide, many)),
        }
    }

    pub fn record_similarity(&self, pass: &mut wgpu::ComputePass<'_>, rows: u32, graphs: u32) {
        self.similarity.record_each(pass, rows, graphs);
    }

    pub fn record_rest(&self, pass: &mut wgpu::ComputePass<'_>, rows: u32, graphs: u32) {
        self.rest.record_each(pass, rows, graphs);
    }
}

#[derive(Debug)]
pub(crate) struct FusedPath {
    kernels: FusedKernels,
    spectral: bool,
}

impl FusedPath {
    pub fn new(binder: &Binder<'_>) -> Self {
        Self {
            kernels: FusedKernels::new(binder, false),
            spectral: binder.options().is_spectral(),
        }
    }
}

impl SelectionPath for FusedPath {
    fn begin(
        &self,
        binder: &Binder<'_>,
        _encoder: &mut wgpu::CommandEncoder,
        features: &FeatureBindings<'_>,
    ) -> BoundFeatures {
        BoundFeatures::Whole(bind_normalize(binder, &table::NORMALIZE, features))
    }

    /// The one dispatch counts as the Fiedler stage: it is most of it.
    fn record(&self, stage: Stage, pass: &mut wgpu::ComputePass<'_>, call: &EncodedCall) {
        match stage {
            Stage::Normalize => record_normalize(pass, call),
            Stage::Similarity if call.spectral => {
                self.kernels.record_similarity(pass, call.rows, 1);
            }
            Stage::Fiedler => self.kernels.record_rest(pass, call.rows, 1),
            Stage::Similarity | Stage::Laplacian | Stage::Scores | Stage::Kept => {}
        }
    }

    fn dispatches(&self, _rows: u32) -> u32 {
        2 + u32::from(self.spectral)
    }
}
