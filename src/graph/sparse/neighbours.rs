//! The most similar rows of every row, as bits. One dispatch; reads 4n² bytes and more the more
//! neighbours are looked for, writes n²/8.

use crate::{
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Neighbours(Kernel);

impl Neighbours {
    pub fn new(device: &wgpu::Device, neighbours: u32) -> Self {
        use Access::{Read, Uniform, Write};
        Self(Kernel::new(
            device,
            &Source {
                name: "gstds neighbours",
                wgsl: shader("neighbours", &[]),
                bindings: &[Uniform, Read, Read, Write],
                constants: &[("neighbours", f64::from(neighbours))],
            },
        ))
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        let buffers = [&ws.params, &ws.valid, &ws.similarity, &ws.chosen];
        self.0.bind_all(device, &buffers)
    }

    /// A workgroup for every row of the padded batch, whose bits are zero.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup, rows: u32) {
        self.0.record(pass, bound, [rows.next_multiple_of(64), 1]);
    }
}

/// The `neighbours` most similar valid rows of each row, ties by row number, in ascending order.
pub fn twin(similarity: &[f64], valid: &[bool], neighbours: usize) -> Vec<Vec<u32>> {
    let rows = valid.len();
    let of = |i: usize| {
        let line = &similarity[i * rows..(i + 1) * rows];
        let mut others: Vec<usize> = (0..rows)
            .filter(|&j| j != i && valid[i] && valid[j])
            .collect();
        // Stable, so that ties stay in the order of row numbers.
        others.sort_by(|&a, &b| line[b].total_cmp(&line[a]));
        let mut nearest: Vec<u32> = others.iter().take(neighbours).map(|j| *j as u32).collect();
        nearest.sort_unstable();
        nearest
    };
    (0..rows).map(of).collect()
}
