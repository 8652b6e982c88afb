//! The fused path: after the similarities one dispatch of one workgroup does the rest, a lane a
//! row. Three dispatches a selection; a solver step reads 4n² bytes through one workgroup, which is
//! less work than launching kernels for it as long as there are few rows.

use super::{BoundFeatures, EncodedCall, SelectionPath, record_normalize};
use crate::{
    Path, Stage,
    features::FeatureBindings,
    graph::{Similarity, bind_normalize},
    kernel::{Binder, Piece, PiecedKernel, pieces::WORK_OF_A_BYTE, table},
    path_choice::is_wide,
    recorder::Recorder,
    work::SelectionWork,
};

/// The kernels that follow normalisation, for one graph or for many.
#[derive(Debug)]
pub(crate) struct FusedKernels {
    similarity: Similarity,
    rest: PiecedKernel,
    /// Work of `rest` for one graph.
    of_graph: u64,
}

impl FusedKernels {
    /// `many` where each graph has its line in a table of graphs.
    pub fn new(binder: &Binder<'_>, many: bool) -> Self {
        let (sizes, options) = (&binder.workspace.sizes, binder.options());
        let steps = options.solver_steps();
        let work = SelectionWork::new(Path::Fused, sizes.shape, options, steps);
        let of_graph = work.serial().bytes.saturating_mul(WORK_OF_A_BYTE);
        let pieces = Piece::along(0, sizes.graphs, of_graph, sizes.piece_work);
        let rest = table::fused(is_wide(sizes.shape.rows), many);
        Self {
            similarity: Similarity::new(binder),
            rest: PiecedKernel::new(binder, &rest, pieces),
            of_graph,
        }
    }

    pub fn record_similarity(&self, pass: &mut Recorder<'_, '_>, rows: u32, graphs: u32) {
        self.similarity.record(pass, rows, graphs);
    }

    pub fn record_rest(&self, pass: &mut Recorder<'_, '_>, rows: u32, graphs: u32) {
        self.rest.record(pass, rows, graphs, self.of_graph);
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
    fn bind(&self, binder: &Binder<'_>, features: &FeatureBindings<'_>) -> BoundFeatures {
        BoundFeatures::Whole(bind_normalize(binder, &table::NORMALIZE, features))
    }

    /// The one dispatch counts as the Fiedler stage: it is most of it.
    fn record(&self, stage: Stage, pass: &mut Recorder<'_, '_>, call: &EncodedCall) {
        match stage {
            Stage::Normalize => record_normalize(pass, call),
            Stage::Similarity if call.spectral => {
                self.kernels.record_similarity(pass, call.rows, 1);
            }
            Stage::Fiedler => self.kernels.record_rest(pass, call.rows, 1),
            Stage::Similarity | Stage::Laplacian | Stage::Scores | Stage::Kept => {}
        }
    }

    fn dispatches(&self, rows: u32) -> u32 {
        let similarity = self.kernels.similarity.dispatches(rows);
        2 + if self.spectral { similarity } else { 0 }
    }
}
