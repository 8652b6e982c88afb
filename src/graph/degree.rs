//! Sum and minimum of every row of S. One dispatch; reads 4n² bytes, writes 8n.

use crate::{
    Affinity,
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Degree(Kernel);

impl Degree {
    pub fn new(device: &wgpu::Device, affinity: Affinity) -> Self {
        use Access::{Read, Uniform, Write};
        Self(Kernel::new(
            device,
            &Source {
                name: "gstds degree",
                wgsl: shader("degree", &[]),
                bindings: &[Uniform, Read, Read, Write, Write],
                constants: &[("floor_similarity", floor(affinity))],
            },
        ))
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        let buffers = [
            &ws.params,
            &ws.similarity,
            &ws.valid,
            &ws.row_sum,
            &ws.row_minimum,
        ];
        self.0.bind_all(device, &buffers)
    }

    /// Four rows a workgroup.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup, rows: u32) {
        self.0.record(pass, bound, [rows.div_ceil(4), 1]);
    }
}

/// Similarities below it count as it; far below any of them where the affinity does not clamp.
pub(super) fn floor(affinity: Affinity) -> f64 {
    if affinity == Affinity::Clamp {
        0.0
    } else {
        -1e30
    }
}

/// Sums and minima of the rows of S over valid columns, in f64.
pub fn twin(similarity: &[f64], valid: &[bool], affinity: Affinity) -> (Vec<f64>, Vec<f64>) {
    let rows = valid.len();
    let lowest = floor(affinity);
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
