//! Which ranks are kept, and the status block, for many rows: marks for the rows kept, or the rows
//! themselves in rank order. One dispatch; reads 8k bytes, writes 4k.
//!
//! The twin is that of [`super::keep`].

use super::{keep::choice, radix::tiles};
use crate::{
    Options,
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Mark(Kernel);

impl Mark {
    pub fn new(device: &wgpu::Device, options: &Options) -> Self {
        use Access::{Read, Uniform, Write};
        Self(Kernel::new(
            device,
            &Source {
                name: "gstds mark",
                wgsl: shader("mark", &[]),
                bindings: &[Uniform, Read, Read, Write, Write, Write],
                constants: &choice(options),
            },
        ))
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        let buffers = [
            &ws.params, &ws.state, &ws.order, &ws.keys, &ws.kept, &ws.status,
        ];
        self.0.bind_all(device, &buffers)
    }

    /// As many workgroups as picks could need; the count kept is known on the device.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup, rows: u32) {
        self.0.record(pass, bound, [tiles(rows), 1]);
    }
}
