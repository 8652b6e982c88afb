//! Cosine similarity of every pair of rows. One dispatch; n²d/2 multiply-adds, 4n² bytes written.

use crate::{
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Similarity(Kernel);

impl Similarity {
    pub fn new(device: &wgpu::Device) -> Self {
        use Access::{Read, Uniform, Write};
        Self(Kernel::new(
            device,
            &Source {
                name: "gstds similarity",
                wgsl: shader("similarity", &[]),
                bindings: &[Uniform, Read, Write],
                constants: &[],
            },
        ))
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        let buffers = [&ws.params, &ws.unit, &ws.similarity];
        self.0.bind_all(device, &buffers)
    }

    /// A workgroup for each tile; those below the diagonal leave at once.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup, rows: u32) {
        self.record_many(pass, bound, rows, 1);
    }

    /// The same for each of many graphs.
    pub fn record_many(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        bound: &wgpu::BindGroup,
        rows: u32,
        graphs: u32,
    ) {
        let tiles = rows.div_ceil(64);
        self.0.record_each(pass, bound, [tiles, tiles], graphs);
    }
}

/// S = U Uᵀ in f64.
pub fn twin(unit: &[f64], columns: usize) -> Vec<f64> {
    let rows = unit.len() / columns;
    let mut similarity = vec![0.0; rows * rows];
    for i in 0..rows {
        let left = &unit[i * columns..(i + 1) * columns];
        for j in i..rows {
            let right = &unit[j * columns..(j + 1) * columns];
            let dot = dot(left, right);
            similarity[i * rows + j] = dot;
            similarity[j * rows + i] = dot;
        }
    }
    similarity
}

/// In eight lanes, because a plain sum may not be reordered and would not vectorise.
fn dot(left: &[f64], right: &[f64]) -> f64 {
    let (a, b) = (left.chunks_exact(8), right.chunks_exact(8));
    let rest = a.remainder().iter().zip(b.remainder());
    let mut sum: f64 = rest.map(|(x, y)| x * y).sum();
    let mut lanes = [0.0; 8];
    for (x, y) in a.zip(b) {
        for lane in 0..8 {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    sum += lanes.iter().sum::<f64>();
    sum
}
