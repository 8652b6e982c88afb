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

use crate::{
    Affinity,
    features::FeatureBindings,
    kernel::{Binder, BoundKernel, KernelSpec, table},
    matrix::Input,
    recorder::Recorder,
};

/// The graph's kernels, bound to a workspace.
#[derive(Debug)]
pub(crate) struct Graph {
    /// None where S is the caller's.
    similarity: Option<BoundKernel>,
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
            similarity: computed.then(|| binder.bind(&table::SIMILARITY)),
            degree: binder.bind(&table::DEGREE),
            sparse: sparse.iter().map(|spec| binder.bind(spec)).collect(),
            laplacian: binder.bind(&table::LAPLACIAN),
        }
    }

    pub fn record_similarity(&self, pass: &mut Recorder<'_, '_>, rows: u32) {
        if let Some(similarity) = &self.similarity {
            similarity.record(pass, rows);
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
    pub fn dispatches(&self) -> u32 {
        3 + self.sparse.len() as u32
    }
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
