//! How often each digit occurs in each tile. One dispatch; reads 4n bytes, writes n/2.

use super::tiles;
use crate::{
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Count(Kernel);

impl Count {
    pub fn new(device: &wgpu::Device, shift: u32) -> Self {
        use Access::{Read, Uniform, Write};
        Self(Kernel::new(
            device,
            &Source {
                name: "gstds radix count",
                wgsl: shader("radix_count", &[]),
                bindings: &[Uniform, Read, Write],
                constants: &[("shift", f64::from(shift))],
            },
        ))
    }

    pub fn bind(
        &self,
        device: &wgpu::Device,
        ws: &Workspace,
        keys: &wgpu::Buffer,
    ) -> wgpu::BindGroup {
        self.0.bind_all(device, &[&ws.params, keys, &ws.counts])
    }

    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup, rows: u32) {
        self.0.record(pass, bound, [tiles(rows), 1]);
    }
}

/// A line a digit with an entry a tile.
#[cfg(test)]
pub(super) fn twin(keys: &[u32], shift: u32) -> Vec<u32> {
    let tiles = keys.len().div_ceil(super::TILE as usize);
    let mut counts = vec![0; 256 * tiles];
    for (at, key) in keys.iter().enumerate() {
        let digit = (!key >> shift) as usize % 256;
        counts[digit * tiles + at / super::TILE as usize] += 1;
    }
    counts
}
