//! From features to the Laplacian operator: unit rows, similarity, degrees.

pub(crate) mod degree;
pub(crate) mod laplacian;
pub(crate) mod normalize;
pub(crate) mod similarity;

use crate::{Options, features::Placed, workspace::Workspace};
use degree::Degree;
use laplacian::LaplacianOperator;
use normalize::Normalize;
use similarity::Similarity;

#[derive(Debug)]
pub(crate) struct Graph {
    pub normalize: Normalize,
    similarity: Similarity,
    degree: Degree,
    laplacian: LaplacianOperator,
}

/// Bind groups of the stages whose buffers never change.
#[derive(Debug)]
pub(crate) struct GraphBindings {
    similarity: wgpu::BindGroup,
    degree: wgpu::BindGroup,
    laplacian: wgpu::BindGroup,
}

impl Graph {
    pub fn new(device: &wgpu::Device, options: &Options) -> Self {
        Self {
            normalize: Normalize::new(device),
            similarity: Similarity::new(device, options.affinity),
            degree: Degree::new(device),
            laplacian: LaplacianOperator::new(device, options),
        }
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> GraphBindings {
        GraphBindings {
            similarity: self.similarity.bind(device, ws),
            degree: self.degree.bind(device, ws),
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

    pub fn record_degrees(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        bindings: &GraphBindings,
        rows: u32,
    ) {
        self.degree.record(pass, &bindings.degree, rows);
    }

    pub fn record_laplacian(&self, pass: &mut wgpu::ComputePass<'_>, bindings: &GraphBindings) {
        self.laplacian.record(pass, &bindings.laplacian);
    }
}
