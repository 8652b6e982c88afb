//! Products of unit rows with a vector over columns. One dispatch a chunk; n·d multiply-adds,
//! reads the features once.

use super::rows::team_groups;
use crate::{
    Options, Solver,
    graph::laplacian::symmetric,
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Spread {
    kernel: Kernel,
    symmetric: bool,
    last: bool,
}

impl Spread {
    /// The operator applied to the newest basis vector, or (`last`) W applied to the scores.
    pub fn new(
        device: &wgpu::Device,
        rows: &wgpu::BindGroupLayout,
        kind: f64,
        options: &Options,
        last: bool,
    ) -> Self {
        use Access::{Read, Uniform, Write};
        let flag = |on: bool| f64::from(u8::from(on));
        let source = Source {
            name: "gstds spread",
            wgsl: shader("spread", &[]),
            bindings: &[Uniform, Read, Read, Read, Read, Read, Write],
            constants: &[
                ("element_kind", kind),
                ("symmetric", symmetric(options)),
                ("last", flag(last)),
                ("in_place", flag(options.solver == Solver::Power)),
            ],
        };
        Self {
            kernel: Kernel::with_second_group(device, &source, rows),
            symmetric: symmetric(options) > 0.0,
            last,
        }
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        let buffers = [
            &ws.params,
            &ws.state,
            &ws.factors,
            &ws.collected,
            if self.symmetric { &ws.root } else { &ws.degree },
            if self.last { &ws.scores } else { &ws.basis },
            &ws.product,
        ];
        self.kernel.bind_all(device, &buffers)
    }

    pub fn record(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        bound: &wgpu::BindGroup,
        chunk: &wgpu::BindGroup,
        rows: u32,
    ) {
        let groups = team_groups(rows);
        self.kernel.record_with(pass, bound, chunk, groups);
    }
}

/// Products of unit rows with a vector over columns, in f64.
pub fn twin(unit: &[f64], columns: usize, vector: &[f64]) -> Vec<f64> {
    let dot = |row: &[f64]| row.iter().zip(vector).map(|(x, z)| x * z).sum();
    unit.chunks(columns).map(dot).collect()
}
