//! The largest Ritz pairs of the Lanczos matrix, beyond the first. One dispatch of one workgroup.

use super::{lanczos::Relation, ritz, tridiagonal};
use crate::{
    Options,
    graph::laplacian::symmetric,
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Pairs(Kernel);

impl Pairs {
    pub fn new(device: &wgpu::Device, options: &Options) -> Self {
        use Access::{Read, Write};
        Self(Kernel::new(
            device,
            &Source {
                name: "gstds spectrum",
                wgsl: shader("spectrum", &[]),
                bindings: &[Read, Write, Write],
                constants: &[
                    ("symmetric", symmetric(options)),
                    ("vectors", f64::from(options.vectors)),
                ],
            },
        ))
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        self.0
            .bind_all(device, &[&ws.state, &ws.spectrum, &ws.pairs])
    }

    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup) {
        self.0.record(pass, bound, [1, 1]);
    }
}

/// The `count` largest Ritz values and their unit Ritz vectors in f64, or as many as there are.
pub fn twin(relation: &Relation, count: usize) -> Vec<(f64, Vec<f64>)> {
    let pairs = tridiagonal::pairs(&relation.alpha, &relation.beta, count);
    let combined = |(value, coefficients): (f64, Vec<f64>)| {
        (value, ritz::combination(&coefficients, &relation.basis))
    };
    pairs.into_iter().map(combined).collect()
}
