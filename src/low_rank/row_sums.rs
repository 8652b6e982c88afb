//! Row sums of S, and how alike the rows are, without S. One dispatch a chunk; reads the features
//! once, writes 8n bytes.

use super::rows::team_groups;
use crate::{
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct RowSums(Kernel);

impl RowSums {
    pub fn new(device: &wgpu::Device, rows: &wgpu::BindGroupLayout, kind: f64) -> Self {
        use Access::{Read, Uniform, Write};
        let source = Source {
            name: "gstds row sums",
            wgsl: shader("row_sums", &[]),
            bindings: &[Uniform, Read, Read, Read, Write, Write],
            constants: &[("element_kind", kind)],
        };
        Self(Kernel::with_second_group(device, &source, rows))
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        let buffers = [
            &ws.params,
            &ws.factors,
            &ws.column_sums,
            &ws.facts,
            &ws.row_sum,
            &ws.row_minimum,
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
