//! Sum and minimum of every row of S, from what its tiles left of them. One dispatch; reads n²/8
//! bytes, writes 8n.

use crate::{
    Affinity,
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Degree(Kernel);

impl Degree {
    pub fn new(device: &wgpu::Device) -> Self {
        use Access::{Read, Uniform, Write};
        Self(Kernel::new(
            device,
            &Source {
                name: "gstds degree",
                wgsl: shader("degree", &[]),
                bindings: &[Uniform, Read, Read, Write, Write],
                constants: &[],
            },
        ))
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        let buffers = [
            &ws.params,
            &ws.partials,
            &ws.diagonal,
            &ws.row_sum,
            &ws.row_minimum,
        ];
        self.0.bind_all(device, &buffers)
    }

    /// A thread a row.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup, rows: u32) {
        self.0.record(pass, bound, [rows.div_ceil(64), 1]);
    }
}

/// Sums and minima of the rows of S over valid columns, in f64.
pub fn twin(similarity: &[f64], valid: &[bool], affinity: Affinity) -> (Vec<f64>, Vec<f64>) {
    let rows = valid.len();
    let lowest = super::similarity::floor(affinity);
    let sum = |row: &[f64]| -> f64 {
        (0..rows)
            .filter(|&j| valid[j])
            .map(|j| row[j].max(lowest))
            .sum()
    };
    let smallest = |row: &[f64]| {
        (0..rows)
            .filter(|&j| valid[j])
            .fold(2.0f64, |least, j| least.min(row[j]))
    };
    let lines = || similarity.chunks(rows);
    (lines().map(sum).collect(), lines().map(smallest).collect())
}
