//! The dense path on a matrix of the caller's, which is checked and copied where features would be
//! normalised and multiplied.

use super::{BoundFeatures, EncodedCall, SelectionPath, dense::DenseSolve};
use crate::{
    Stage,
    error_scope::CallWatch,
    features::FeatureBindings,
    kernel::{Binder, BoundKernel, PerCallKernel, table},
    recorder::Recorder,
};

#[derive(Debug)]
pub(crate) struct MatrixPath {
    valid: PerCallKernel,
    weights: PerCallKernel,
    solve: DenseSolve,
}

/// The kernels that read the matrix of one call.
#[derive(Debug)]
pub(crate) struct BoundMatrix {
    valid: BoundKernel,
    weights: BoundKernel,
}

impl MatrixPath {
    pub fn new(binder: &Binder<'_>) -> Self {
        Self {
            valid: PerCallKernel::new(binder, &table::MATRIX_VALID),
            weights: PerCallKernel::new(binder, &table::MATRIX_WEIGHTS),
            solve: DenseSolve::new(binder),
        }
    }
}

impl SelectionPath for MatrixPath {
    fn begin(
        &mut self,
        binder: &Binder<'_>,
        watch: &mut CallWatch<'_>,
        encoder: &mut wgpu::CommandEncoder,
        features: &FeatureBindings<'_>,
    ) -> BoundFeatures {
        self.solve.begin(binder, encoder);
        let given = [("matrix", features.chunks[0].matrix.clone())];
        BoundFeatures::Matrix(BoundMatrix {
            valid: self.valid.bind(binder, watch, &given),
            weights: self.weights.bind(binder, watch, &given),
        })
    }

    fn record(&self, stage: Stage, pass: &mut Recorder<'_, '_>, call: &EncodedCall) {
        let BoundFeatures::Matrix(matrix) = &call.features else {
            unreachable!("the path bound a matrix");
        };
        match stage {
            Stage::Normalize => matrix.valid.record(pass, call.rows),
            Stage::Similarity if call.spectral => matrix.weights.record(pass, call.rows),
            _ => self.solve.record(stage, pass, call),
        }
    }

    /// As many as with features: one kernel each stands for normalisation and similarity.
    fn dispatches(&self, rows: u32) -> u32 {
        1 + self.solve.dispatches(rows)
    }
}
