//! Where each row's entries start. One dispatch of one workgroup; reads and writes 4n bytes.

use crate::{
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Offsets(Kernel);

impl Offsets {
    pub fn new(device: &wgpu::Device) -> Self {
        use Access::{Uniform, Write};
        Self(Kernel::new(
            device,
            &Source {
                name: "gstds offsets",
                wgsl: shader("offsets", &[]),
                bindings: &[Uniform, Write],
                constants: &[],
            },
        ))
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        let buffers = [&ws.params, &ws.row_starts];
        self.0.bind_all(device, &buffers)
    }

    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup) {
        self.0.record(pass, bound, [1, 1]);
    }
}

/// Sums of all earlier rows' counts, and after the last row the sum of all.
pub fn twin(edges: &[Vec<u32>]) -> Vec<u32> {
    let mut starts = vec![0];
    for line in edges {
        starts.push(starts[starts.len() - 1] + line.len() as u32);
    }
    starts
}
