//! Cosine similarity of every pair of rows, or its weight under exp, with each row's sum and
//! minimum by tiles. One dispatch; n²d/2 multiply-adds, 4n² + n²/8 bytes written, 2n² + n²/8 in
//! half storage.

use crate::{
    Affinity, Options,
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Similarity(Kernel);

impl Similarity {
    pub fn new(device: &wgpu::Device, options: &Options) -> Self {
        use Access::{Read, Uniform, Write};
        Self(Kernel::new(
            device,
            &Source {
                name: "gstds similarity",
                wgsl: shader("similarity", options.storage.variants()),
                bindings: &[Uniform, Read, Read, Write, Write, Write],
                constants: &[
                    ("floor_similarity", floor(options.affinity)),
                    ("decay", decay(options)),
                ],
            },
        ))
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        let buffers = [
            &ws.params,
            &ws.unit,
            &ws.valid,
            &ws.similarity,
            &ws.partials,
            &ws.diagonal,
        ];
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

/// Similarities below it count as it; far below any of them where the affinity does not clamp.
pub(super) fn floor(affinity: Affinity) -> f64 {
    if affinity == Affinity::Clamp {
        0.0
    } else {
        -1e30
    }
}

/// 1/τ of the exp affinity, within f32; 0 where the kernel leaves similarities as they are.
fn decay(options: &Options) -> f64 {
    if options.affinity == Affinity::Exp {
        (1.0 / options.tau).clamp(1e-30, 1e30)
    } else {
        0.0
    }
}

/// The weight of one similarity under exp in f64.
pub(super) fn weight(similarity: f64, options: &Options) -> f64 {
    ((similarity - 1.0) * decay(options))
        .clamp(-87.0, 0.0)
        .exp()
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
