//! Edges of the graph from each row's neighbours, and how many each row has. One dispatch; reads
//! n²/4 bytes, writes n²/8.

use crate::{
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Edges(Kernel);

impl Edges {
    pub fn new(device: &wgpu::Device) -> Self {
        use Access::{Read, Uniform, Write};
        Self(Kernel::new(
            device,
            &Source {
                name: "gstds edges",
                wgsl: shader("edges", &[]),
                bindings: &[Uniform, Read, Write, Write],
                constants: &[],
            },
        ))
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        let buffers = [&ws.params, &ws.chosen, &ws.edges, &ws.row_starts];
        self.0.bind_all(device, &buffers)
    }

    /// A lane for every row of the padded batch.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup, rows: u32) {
        self.0.record(pass, bound, [rows.div_ceil(64), 1]);
    }
}

/// Rows that share an edge with each row, in ascending order: where either chose the other.
pub fn twin(chosen: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let mut edges = chosen.to_vec();
    for (i, nearest) in (0u32..).zip(chosen) {
        nearest.iter().for_each(|j| edges[*j as usize].push(i));
    }
    for line in &mut edges {
        line.sort_unstable();
        line.dedup();
    }
    edges
}
