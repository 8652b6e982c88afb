//! One stable pass of the sort: rows to their places by one digit. One dispatch; reads 8n bytes,
//! writes 8n in places that differ.

use super::{Rows, tiles};
use crate::{
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Scatter(Kernel);

impl Scatter {
    pub fn new(device: &wgpu::Device, shift: u32) -> Self {
        use Access::{Read, Uniform, Write};
        Self(Kernel::new(
            device,
            &Source {
                name: "gstds radix scatter",
                wgsl: shader("radix_scatter", &[]),
                bindings: &[Uniform, Read, Read, Read, Write, Write],
                constants: &[("shift", f64::from(shift))],
            },
        ))
    }

    pub fn bind(
        &self,
        device: &wgpu::Device,
        ws: &Workspace,
        from: &Rows<'_>,
        to: &Rows<'_>,
    ) -> wgpu::BindGroup {
        let buffers = [
            &ws.params, from.keys, from.rows, &ws.counts, to.keys, to.rows,
        ];
        self.0.bind_all(device, &buffers)
    }

    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup, rows: u32) {
        self.0.record(pass, bound, [tiles(rows), 1]);
    }
}

/// Keys and rows by one digit, larger digits first, equal ones in the order they came.
#[cfg(test)]
pub(super) fn twin(keys: &[u32], rows: &[u32], shift: u32) -> (Vec<u32>, Vec<u32>) {
    let mut pairs: Vec<_> = keys.iter().copied().zip(rows.iter().copied()).collect();
    pairs.sort_by_key(|(key, _)| (!key >> shift) % 256);
    pairs.into_iter().unzip()
}
