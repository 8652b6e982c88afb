//! From the dual's eigenvector to the Fiedler vector. One dispatch a chunk; 2·n·d multiply-adds,
//! reads the features once, writes 8n bytes.

use super::rows::team_groups;
use crate::{
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Lift(Kernel);

impl Lift {
    pub fn new(device: &wgpu::Device, rows: &wgpu::BindGroupLayout, kind: f64) -> Self {
        use Access::{Read, Uniform, Write};
        let source = Source {
            name: "gstds lift",
            wgsl: shader("lift", &[]),
            bindings: &[Uniform, Read, Read, Read, Read, Write, Write],
            constants: &[("element_kind", kind)],
        };
        Self(Kernel::with_second_group(device, &source, rows))
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        let buffers = [
            &ws.params,
            &ws.state,
            &ws.factors,
            &ws.dual_vectors,
            &ws.root,
            &ws.fiedler,
            &ws.product,
        ];
        self.0.bind_all(device, &buffers)
    }

    pub fn record(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        bound: &wgpu::BindGroup,
        chunk: &wgpu::BindGroup,
        rows: u32,
    ) {
        self.0.record_with(pass, bound, chunk, team_groups(rows));
    }
}
