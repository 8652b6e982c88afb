//! Unit rows of an evenly spaced sample. One dispatch a chunk; reads the sample's features and
//! writes them as f32, or does nothing where no row has a negative entry.

use super::rows::team_groups;
use crate::{
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Sample(Kernel);

impl Sample {
    pub fn new(device: &wgpu::Device, rows: &wgpu::BindGroupLayout, kind: f64) -> Self {
        use Access::{Read, Uniform, Write};
        let source = Source {
            name: "gstds sample",
            wgsl: shader("sample", &[]),
            bindings: &[Uniform, Read, Read, Write],
            constants: &[("element_kind", kind)],
        };
        Self(Kernel::with_second_group(device, &source, rows))
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        let buffers = [&ws.params, &ws.factors, &ws.facts, &ws.unit];
        self.0.bind_all(device, &buffers)
    }

    pub fn record(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        bound: &wgpu::BindGroup,
        chunk: &wgpu::BindGroup,
        sampled: u32,
    ) {
        let groups = team_groups(sampled);
        self.0.record_with(pass, bound, chunk, groups);
    }
}
