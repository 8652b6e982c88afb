//! From features to the Laplacian operator: unit rows, similarity, degrees.

#[cfg(feature = "twin")]
pub(crate) mod degree;
#[cfg(feature = "twin")]
pub(crate) mod laplacian;
#[cfg(feature = "twin")]
pub(crate) mod matrix;
#[cfg(feature = "twin")]
pub(crate) mod normalize;
#[cfg(feature = "twin")]
pub(crate) mod similarity;
#[cfg(feature = "twin")]
pub(crate) mod sparse;
#[cfg(all(test, feature = "twin"))]
mod tests;

use crate::{
    Affinity,
    features::FeatureBindings,
    kernel::{Binder, BoundKernel, KernelSpec, Piece, PiecedKernel, pieces::WORK_OF_A_TILE, table},
    matrix::Input,
    recorder::Recorder,
    workspace::WorkspaceSizes,
};

/// The graph's kernels, bound to a workspace.
#[derive(Debug)]
pub(crate) struct Graph {
    /// None where S is the caller's.
    similarity: Option<Similarity>,
    degree: BoundKernel,
    /// From similarities to sparse rows, under knn.
    sparse: Vec<BoundKernel>,
    laplacian: BoundKernel,
}

impl Graph {
    pub fn new(binder: &Binder<'_>) -> Self {
        let sparse: &[KernelSpec] = match binder.options().affinity {
            Affinity::Knn => &[
                table::NEIGHBOURS,
                table::EDGES,
                table::OFFSETS,
                table::ENTRIES,
            ],
            _ => &[],
        };
        let computed = binder.pipelines.input() == Input::Features;
        Self {
            similarity: computed.then(|| Similarity::new(binder)),
            degree: binder.bind(&table::DEGREE),
            sparse: sparse.iter().map(|spec| binder.bind(spec)).collect(),
            laplacian: binder.bind(&table::LAPLACIAN),
        }
    }

    pub fn record_similarity(&self, pass: &mut Recorder<'_, '_>, rows: u32) {
        if let Some(similarity) = &self.similarity {
            similarity.record(pass, rows, 1);
        }
    }

    /// Sums and minima of rows; under knn the sparse graph and the sums of its rows.
    pub fn record_degrees(&self, pass: &mut Recorder<'_, '_>, rows: u32) {
        self.degree.record(pass, rows);
        self.sparse
            .iter()
            .for_each(|kernel| kernel.record(pass, rows));
    }

    pub fn record_laplacian(&self, pass: &mut Recorder<'_, '_>, rows: u32) {
        self.laplacian.record(pass, rows);
    }

    /// Dispatches of similarities, degrees and Laplacian.
    pub fn dispatches(&self, rows: u32) -> u32 {
        let similarity = self.similarity.as_ref().map_or(1, |s| s.dispatches(rows));
        similarity + 2 + self.sparse.len() as u32
    }
}

/// The similarities of all pairs of rows, in each of many graphs.
#[derive(Debug)]
pub(crate) struct Similarity {
    kernel: PiecedKernel,
    /// Work of a tile.
    of_tile: u64,
}

impl Similarity {
    pub fn new(binder: &Binder<'_>) -> Self {
        let sizes = &binder.workspace.sizes;
        let of_tile = WORK_OF_A_TILE.saturating_mul(sizes.padded as u64);
        let spec = match sizes.splits_features {
            true => &table::SIMILARITY_SPLIT,
            false => &table::SIMILARITY,
        };
        let kernel = PiecedKernel::new(binder, spec, pieces(sizes, of_tile));
        Self { kernel, of_tile }
    }

    pub fn record(&self, pass: &mut Recorder<'_, '_>, rows: u32, graphs: u32) {
        self.kernel.record(pass, rows, graphs, self.of_tile);
    }

    /// Dispatches for one graph.
    pub fn dispatches(&self, rows: u32) -> u32 {
        self.kernel.dispatches(rows)
    }
}

fn pieces(sizes: &WorkspaceSizes, of_tile: u64) -> Vec<Piece> {
    let tiles = sizes.shape.rows.div_ceil(64);
    if sizes.graphs == 1 {
        return Piece::above_diagonal(tiles, of_tile, sizes.piece_work);
    }
    let of_graph = of_tile.saturating_mul((tiles * (tiles + 1) / 2) as u64);
    Piece::along(2, sizes.graphs, of_graph, sizes.piece_work)
}

/// Binds a kernel that reads a caller's matrix.
pub(crate) fn bind_matrix(
    binder: &Binder<'_>,
    spec: &KernelSpec,
    matrix: &FeatureBindings<'_>,
) -> BoundKernel {
    let given = [("matrix", matrix.chunks[0].matrix.clone())];
    binder.bind_with(spec, &[], &given)
}

/// Binds what normalises the rows of a call, whose features lie in one binding.
pub(crate) fn bind_normalize(
    binder: &Binder<'_>,
    spec: &KernelSpec,
    features: &FeatureBindings<'_>,
) -> BoundKernel {
    let no_list = binder.workspace.no_list.as_entire_buffer_binding();
    let given = [
        ("features", features.chunks[0].matrix.clone()),
        ("list", features.list.clone().unwrap_or(no_list)),
    ];
    binder.bind_with(spec, &[], &given)
}
