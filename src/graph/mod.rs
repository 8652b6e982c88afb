//! From features to the Laplacian operator: unit rows, similarity, degrees.

pub(crate) mod degree;
pub(crate) mod laplacian;
pub(crate) mod normalize;
pub(crate) mod similarity;
pub(crate) mod sparse;

use crate::{Options, features::Placed, workspace::Workspace};
use degree::Degree;
use laplacian::LaplacianOperator;
use normalize::Normalize;
use similarity::Similarity;
use sparse::{Sparse, SparseBindings};

#[derive(Debug)]
pub(crate) struct Graph {
    pub normalize: Normalize,
    similarity: Similarity,
    degree: Degree,
    sparse: Option<Sparse>,
    laplacian: LaplacianOperator,
}

/// Bind groups of the stages whose buffers never change.
#[derive(Debug)]
pub(crate) struct GraphBindings {
    similarity: wgpu::BindGroup,
    degree: wgpu::BindGroup,
    sparse: Option<SparseBindings>,
    laplacian: wgpu::BindGroup,
}

impl Graph {
    pub fn new(device: &wgpu::Device, options: &Options) -> Self {
        Self {
            normalize: Normalize::new(device, options.storage),
            similarity: Similarity::new(device, options),
            degree: Degree::new(device),
            sparse: Sparse::new(device, options),
            laplacian: LaplacianOperator::new(device, options),
        }
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> GraphBindings {
        GraphBindings {
            similarity: self.similarity.bind(device, ws),
            degree: self.degree.bind(device, ws),
            sparse: self.sparse.as_ref().map(|s| s.bind(device, ws)),
            laplacian: self.laplacian.bind(device, ws),
        }
    }

    pub fn bind_features(
        &self,
        device: &wgpu::Device,
        ws: &Workspace,
        placed: &Placed<'_>,
    ) -> wgpu::BindGroup {
        self.normalize.bind(device, ws, placed)
    }

    pub fn record_similarity(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        bindings: &GraphBindings,
        rows: u32,
    ) {
        self.similarity.record(pass, &bindings.similarity, rows);
    }

    /// Sums and minima of rows; under knn the sparse graph and the sums of its rows.
    pub fn record_degrees(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        bindings: &GraphBindings,
        rows: u32,
    ) {
        self.degree.record(pass, &bindings.degree, rows);
        if let (Some(sparse), Some(bound)) = (&self.sparse, &bindings.sparse) {
            sparse.record(pass, bound, rows);
        }
    }

    pub fn record_laplacian(&self, pass: &mut wgpu::ComputePass<'_>, bindings: &GraphBindings) {
        self.laplacian.record(pass, &bindings.laplacian);
    }

    /// Dispatches of a call beside that of the Laplacian and of normalisation.
    pub fn dispatches(&self) -> u32 {
        2 + self.sparse.as_ref().map_or(0, |_| Sparse::DISPATCHES)
    }
}
