//! The dense path on a matrix of the caller's, which is checked and copied where features would be
//! normalised and multiplied.

use super::{BoundFeatures, EncodedCall, SelectionPath, dense::DensePath};
use crate::{
    Stage,
    features::FeatureBindings,
    graph::bind_matrix,
    kernel::{Binder, BoundKernel, table},
    recorder::Recorder,
};

#[derive(Debug)]
pub(crate) struct MatrixPath {
    dense: DensePath,
}

/// The kernels that read the matrix of one call.
#[derive(Clone, Debug)]
pub(crate) struct BoundMatrix {
    valid: BoundKernel,
    weights: BoundKernel,
}

impl MatrixPath {
    pub fn new(binder: &Binder<'_>) -> Self {
        binder.compile(&table::MATRIX_VALID);
        binder.compile(&table::MATRIX_WEIGHTS);
        Self {
            dense: DensePath::new(binder),
        }
    }
}

impl SelectionPath for MatrixPath {
    fn bind(&self, binder: &Binder<'_>, features: &FeatureBindings<'_>) -> BoundFeatures {
        BoundFeatures::Matrix(BoundMatrix {
            valid: bind_matrix(binder, &table::MATRIX_VALID, features),
            weights: bind_matrix(binder, &table::MATRIX_WEIGHTS, features),
        })
    }

    fn begin(&self, binder: &Binder<'_>, encoder: &mut wgpu::CommandEncoder) {
        self.dense.begin(binder, encoder);
    }

    fn record(&self, stage: Stage, pass: &mut Recorder<'_, '_>, call: &EncodedCall) {
        let BoundFeatures::Matrix(matrix) = &call.features else {
            unreachable!("the path bound a matrix");
        };
        match stage {
            Stage::Normalize => matrix.valid.record(pass, call.rows),
            Stage::Similarity if call.spectral => matrix.weights.record(pass, call.rows),
            _ => self.dense.record(stage, pass, call),
        }
    }

    /// As many as with features: one kernel each stands for normalisation and similarity.
    fn dispatches(&self, rows: u32) -> u32 {
        self.dense.dispatches(rows)
    }
}
