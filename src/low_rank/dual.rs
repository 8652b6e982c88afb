//! Trivial and start vector of the dual. One dispatch of one workgroup over the columns.

use crate::{
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Dual(Kernel);

impl Dual {
    pub fn new(device: &wgpu::Device) -> Self {
        use Access::{Read, Uniform, Write};
        Self(Kernel::new(
            device,
            &Source {
                name: "gstds dual",
                wgsl: shader("dual", &[]),
                bindings: &[Uniform, Write, Read, Read, Write],
                constants: &[],
            },
        ))
    }

    /// `columns` are parameters in whose place of rows stand the dual's columns.
    pub fn bind(
        &self,
        device: &wgpu::Device,
        ws: &Workspace,
        columns: &wgpu::Buffer,
    ) -> wgpu::BindGroup {
        let buffers = [
            columns,
            &ws.state,
            &ws.column_sums,
            &ws.collected,
            &ws.dual_basis,
        ];
        self.0.bind_all(device, &buffers)
    }

    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup) {
        self.0.record(pass, bound, [1, 1]);
    }
}
