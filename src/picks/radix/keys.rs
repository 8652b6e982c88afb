//! The key of every row. One dispatch; reads 8n bytes, writes 4n.

use super::tiles;
use crate::{
    Rule,
    kernel::{Access, Kernel, Source, shader},
    picks::rank::key_kind,
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Keys(Kernel);

impl Keys {
    pub fn new(device: &wgpu::Device, rule: Rule) -> Self {
        use Access::{Read, Uniform, Write};
        Self(Kernel::new(
            device,
            &Source {
                name: "gstds radix keys",
                wgsl: shader("radix_keys", &[]),
                bindings: &[Uniform, Read, Read, Read, Write],
                constants: &[("key_kind", key_kind(rule))],
            },
        ))
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        let buffers = [&ws.params, &ws.state, &ws.scores, &ws.valid, &ws.keys];
        self.0.bind_all(device, &buffers)
    }

    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup, rows: u32) {
        self.0.record(pass, bound, [tiles(rows), 1]);
    }
}
