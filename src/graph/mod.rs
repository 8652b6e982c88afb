//! From features to the Laplacian operator: unit rows, similarity, degrees.

pub(crate) mod degree;
pub(crate) mod laplacian;
pub(crate) mod normalize;
pub(crate) mod similarity;
mod valid;

use crate::{Options, features::Placed, workspace::Workspace};
use degree::Degree;
use laplacian::LaplacianOperator;
use normalize::Normalize;
use similarity::Similarity;
use valid::Valid;

/// What becomes of the caller's features.
#[derive(Debug)]
enum FeatureRows {
    Unit(Normalize),
    /// Where the rule needs no graph.
    Valid(Valid),
}

#[derive(Debug)]
pub(crate) struct Graph {
    feature_rows: FeatureRows,
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
            feature_rows: if options.is_spectral() {
                FeatureRows::Unit(Normalize::new(device))
            } else {
                FeatureRows::Valid(Valid::new(device))
            },
            similarity: Similarity::new(device),
            degree: Degree::new(device, options.affinity),
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
        match &self.feature_rows {
            FeatureRows::Unit(normalize) => normalize.bind(device, ws, placed),
            FeatureRows::Valid(valid) => valid.bind(device, ws, placed),
        }
    }

    /// Unit rows and which are valid; only the latter where the rule needs no graph.
    pub fn record_features(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        bound: &wgpu::BindGroup,
        rows: u32,
    ) {
        match &self.feature_rows {
            FeatureRows::Unit(normalize) => normalize.record(pass, bound, rows),
            FeatureRows::Valid(valid) => valid.record(pass, bound, rows),
        }
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
