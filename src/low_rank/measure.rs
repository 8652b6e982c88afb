//! Scale, norm and validity of every row. One dispatch a chunk; reads n·d elements twice, writes
//! 12n bytes.

use super::rows::team_groups;
use crate::{
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Measure(Kernel);

impl Measure {
    pub fn new(device: &wgpu::Device, rows: &wgpu::BindGroupLayout, kind: f64) -> Self {
        use Access::{Uniform, Write};
        let source = Source {
            name: "gstds measure",
            wgsl: shader("measure", &[]),
            bindings: &[Uniform, Write, Write, Write],
            constants: &[("element_kind", kind)],
        };
        Self(Kernel::with_second_group(device, &source, rows))
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        let buffers = [&ws.params, &ws.factors, &ws.valid, &ws.facts];
        self.0.bind_all(device, &buffers)
    }

    pub fn record(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        bound: &wgpu::BindGroup,
        chunk: &wgpu::BindGroup,
        rows: u32,
    ) {
        self.0.record_with(pass, bound, chunk, team_groups(rows));
    }
}

/// Norm of each valid row and 0 for the others, in f64.
pub fn twin(features: &[f32], columns: usize) -> Vec<f64> {
    let norm = |row: &[f32]| {
        let largest = row.iter().fold(0.0f64, |m, &x| m.max(f64::from(x).abs()));
        let usable = largest >= f64::from(f32::MIN_POSITIVE) && row.iter().all(|x| x.is_finite());
        let squares: f64 = row.iter().map(|&x| (f64::from(x) / largest).powi(2)).sum();
        if usable {
            squares.sqrt() * largest
        } else {
            0.0
        }
    };
    features.chunks(columns).map(norm).collect()
}
