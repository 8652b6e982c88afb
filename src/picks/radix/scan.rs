//! From counts of digits to places. One dispatch of 256 workgroups; reads n bytes, writes n/2.

use crate::{
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Scan(Kernel);

impl Scan {
    pub fn new(device: &wgpu::Device) -> Self {
        use Access::{Uniform, Write};
        Self(Kernel::new(
            device,
            &Source {
                name: "gstds radix scan",
                wgsl: shader("radix_scan", &[]),
                bindings: &[Uniform, Write],
                constants: &[],
            },
        ))
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        self.0.bind_all(device, &[&ws.params, &ws.counts])
    }

    /// A workgroup a digit.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup) {
        self.0.record(pass, bound, [256, 1]);
    }
}

/// The total of every line, then the lines with each entry replaced by the sum of those before it.
#[cfg(test)]
pub(super) fn twin(counts: &[u32]) -> Vec<u32> {
    let lines = || counts.chunks(counts.len() / 256);
    let totals = lines().map(|line| line.iter().sum());
    let before = lines().flat_map(|line| {
        line.iter().scan(0, |sum, count| {
            *sum += count;
            Some(*sum - count)
        })
    });
    totals.chain(before).collect()
}
