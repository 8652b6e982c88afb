//! Edges as sparse rows with weights, and degrees. One dispatch; reads n²/8 bytes, writes 8 bytes
//! for each end of an edge.

use crate::{
    graph::laplacian::ROUNDING,
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Entries(Kernel);

impl Entries {
    pub fn new(device: &wgpu::Device) -> Self {
        use Access::{Read, Uniform, Write};
        Self(Kernel::new(
            device,
            &Source {
                name: "gstds entries",
                wgsl: shader("entries", &[]),
                bindings: &[Uniform, Read, Read, Read, Write, Write],
                constants: &[("rounding", ROUNDING)],
            },
        ))
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        let buffers = [
            &ws.params,
            &ws.similarity,
            &ws.edges,
            &ws.row_starts,
            &ws.entries,
            &ws.row_sum,
        ];
        self.0.bind_all(device, &buffers)
    }

    /// One workgroup a row.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup, rows: u32) {
        self.0.record(pass, bound, [rows, 1]);
    }
}

/// W as a full matrix in f64: max(s, 0) on edges, rounding aside, and a self-loop of weight 1 on
/// valid rows without any. Beside it the sum of each row's edges.
pub fn twin(similarity: &[f64], valid: &[bool], edges: &[Vec<u32>]) -> (Vec<f64>, Vec<f64>) {
    let rows = valid.len();
    let mut affinity = vec![0.0; rows * rows];
    let mut sums = vec![0.0; rows];
    for (i, line) in edges.iter().enumerate() {
        for j in line.iter().map(|j| *j as usize) {
            let similar = similarity[i * rows + j];
            let weight = if similar > ROUNDING { similar } else { 0.0 };
            affinity[i * rows + j] = weight;
            sums[i] += weight;
        }
        if sums[i] <= 0.0 && valid[i] {
            affinity[i * rows + i] = 1.0;
        }
    }
    (affinity, sums)
}
