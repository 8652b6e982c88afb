//! Whether any two sampled rows have a negative similarity. One dispatch; up to m²d/2 multiply-adds
//! for m sampled rows where features of both signs keep the answer open, else next to none.

use crate::{
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Negative(Kernel);

impl Negative {
    pub fn new(device: &wgpu::Device) -> Self {
        use Access::{Read, Uniform, Write};
        Self(Kernel::new(
            device,
            &Source {
                name: "gstds negative",
                wgsl: shader("negative", &[]),
                bindings: &[Uniform, Read, Write],
                constants: &[],
            },
        ))
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        self.0.bind_all(device, &[&ws.params, &ws.unit, &ws.facts])
    }

    /// Few enough workgroups that it costs little where nothing needs looking at, and more for more
    /// features, so that each has few turns to take.
    pub fn record(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        bound: &wgpu::BindGroup,
        sampled: u32,
        features: u32,
    ) {
        let tiles = sampled.div_ceil(64);
        let groups = (1024 * features.div_ceil(512)).min(65_535);
        self.0.record(pass, bound, [groups.min(tiles * tiles), 1]);
    }
}
