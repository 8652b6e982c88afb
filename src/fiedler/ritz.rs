//! The Fiedler vector from the Lanczos basis. One dispatch; reads 4n bytes a step.

use super::{lanczos::Relation, tridiagonal};
use crate::{
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Ritz(Kernel);

impl Ritz {
    pub fn new(device: &wgpu::Device) -> Self {
        use Access::{Read, Uniform, Write};
        Self(Kernel::new(
            device,
            &Source {
                name: "gstds ritz",
                wgsl: shader("ritz", &[]),
                bindings: &[Uniform, Read, Read, Read, Write, Write],
                constants: &[],
            },
        ))
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        let buffers = [
            &ws.params,
            &ws.state,
            &ws.basis,
            &ws.root,
            &ws.fiedler,
            &ws.scores,
        ];
        self.0.bind_all(device, &buffers)
    }

    /// Over the columns of the low-rank dual, whose vector `lift` makes scores of: the ones written
    /// here land among the partial sums, which nothing reads any more.
    pub fn bind_columns(
        &self,
        device: &wgpu::Device,
        ws: &Workspace,
        columns: &wgpu::Buffer,
    ) -> wgpu::BindGroup {
        let buffers = [
            columns,
            &ws.state,
            &ws.dual_basis,
            &ws.column_sums,
            &ws.dual_vectors,
            &ws.group_sums,
        ];
        self.0.bind_all(device, &buffers)
    }

    /// A thread for each row of the padded batch.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup, rows: u32) {
        self.0.record(pass, bound, [rows.div_ceil(64), 1]);
    }
}

/// Largest Ritz value and its unit Ritz vector in f64.
pub fn twin(relation: &Relation) -> (f64, Vec<f64>) {
    let (value, coefficients) = tridiagonal::twin(&relation.alpha, &relation.beta);
    (value, combination(&coefficients, &relation.basis))
}

/// The combination of basis vectors that an eigenvector of T names.
pub(super) fn combination(coefficients: &[f64], basis: &[Vec<f64>]) -> Vec<f64> {
    let mut vector = vec![0.0; basis[0].len()];
    for (coefficient, basis) in coefficients.iter().zip(basis) {
        for (entry, b) in vector.iter_mut().zip(basis) {
            *entry += coefficient * b;
        }
    }
    vector
}
