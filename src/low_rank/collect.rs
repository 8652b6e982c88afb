//! Partial sums to one vector over columns. One dispatch; reads the partial sums once.

use crate::{
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

/// Which sums are collected, and where to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Collected {
    /// Of all unit rows, before there is a Laplacian.
    ColumnSums,
    /// Of a solver step.
    Step,
    /// Of the product after the solver, over rows.
    Last,
    /// Of the product after the solver, in the dual.
    LastDual,
}

#[derive(Debug)]
pub(crate) struct Collect {
    kernel: Kernel,
    what: Collected,
}

impl Collect {
    pub fn new(device: &wgpu::Device, rows: &wgpu::BindGroupLayout, what: Collected) -> Self {
        use Access::{Read, Uniform, Write};
        let flag = |on: bool| f64::from(u8::from(on));
        let source = Source {
            name: "gstds collect",
            wgsl: shader("collect", &[]),
            bindings: &[Uniform, Read, Read, Write],
            constants: &[
                ("first", flag(what == Collected::ColumnSums)),
                (
                    "last",
                    flag(matches!(what, Collected::Last | Collected::LastDual)),
                ),
                ("place", flag(what == Collected::LastDual)),
            ],
        };
        Self {
            kernel: Kernel::with_second_group(device, &source, rows),
            what,
        }
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        let to = match self.what {
            Collected::ColumnSums => &ws.column_sums,
            Collected::Step | Collected::Last => &ws.collected,
            Collected::LastDual => &ws.dual_vectors,
        };
        let buffers = [&ws.params, &ws.state, &ws.group_sums, to];
        self.kernel.bind_all(device, &buffers)
    }

    /// 64 columns a workgroup.
    pub fn record(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        bound: &wgpu::BindGroup,
        chunk: &wgpu::BindGroup,
        width: usize,
    ) {
        let groups = (width / 64) as u32;
        self.kernel.record_with(pass, bound, chunk, [groups, 1]);
    }
}
