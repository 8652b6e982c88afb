//! Feature rows to unit rows. One dispatch; reads n·d elements, writes 4·n·d bytes,
//! 2·n·d in half storage.

use crate::{
    Storage,
    features::Placed,
    kernel::{Access, Kernel, Source, grid, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Normalize(Kernel);

impl Normalize {
    pub fn new(device: &wgpu::Device, storage: Storage) -> Self {
        Self::variant(device, storage.variants(), 5)
    }

    /// For many graphs at once, each with its line in a table of calls.
    pub fn many(device: &wgpu::Device) -> Self {
        Self::variant(device, &["many"], 6)
    }

    fn variant(device: &wgpu::Device, variants: &[&str], bindings: usize) -> Self {
        use Access::{Read, Uniform, Write};
        let all = [Uniform, Read, Read, Write, Write, Read];
        Self(Kernel::new(
            device,
            &Source {
                name: "gstds normalize",
                wgsl: shader("normalize", variants),
                bindings: &all[..bindings],
                constants: &[],
            },
        ))
    }

    pub fn bind(
        &self,
        device: &wgpu::Device,
        ws: &Workspace,
        placed: &Placed<'_>,
    ) -> wgpu::BindGroup {
        self.0.bind(device, &Self::bindings(ws, placed))
    }

    pub fn bind_many(
        &self,
        device: &wgpu::Device,
        ws: &Workspace,
        placed: &Placed<'_>,
    ) -> wgpu::BindGroup {
        let mut bindings = Self::bindings(ws, placed);
        bindings.push(ws.calls.as_entire_buffer_binding());
        self.0.bind(device, &bindings)
    }

    fn bindings<'a>(ws: &'a Workspace, placed: &Placed<'a>) -> Vec<wgpu::BufferBinding<'a>> {
        let no_list = ws.no_list.as_entire_buffer_binding();
        vec![
            ws.params.as_entire_buffer_binding(),
            placed.chunks[0].matrix.clone(),
            placed.list.clone().unwrap_or(no_list),
            ws.unit.as_entire_buffer_binding(),
            ws.valid.as_entire_buffer_binding(),
        ]
    }

    /// One workgroup for every row of the padded batch, so that padding rows are zero.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup, rows: u32) {
        self.0.record(pass, bound, grid(rows.next_multiple_of(64)));
    }

    /// The same for each of many graphs.
    pub fn record_many(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        bound: &wgpu::BindGroup,
        rows: u32,
        graphs: u32,
    ) {
        self.0
            .record_each(pass, bound, [rows.next_multiple_of(64), 1], graphs);
    }
}

/// Unit rows in f64 and which of them are valid.
pub fn twin(features: &[f32], columns: usize) -> (Vec<f64>, Vec<bool>) {
    let mut unit = Vec::with_capacity(features.len());
    let mut valid = Vec::new();
    for row in features.chunks(columns) {
        let largest = row.iter().fold(0.0f64, |m, &x| m.max(f64::from(x).abs()));
        let usable = largest >= f64::from(f32::MIN_POSITIVE) && row.iter().all(|x| x.is_finite());
        let scaled = row.iter().map(|&x| f64::from(x) / largest);
        let norm = scaled.clone().map(|x| x * x).sum::<f64>().sqrt();
        unit.extend(scaled.map(|x| if usable { x / norm } else { 0.0 }));
        valid.push(usable);
    }
    (unit, valid)
}
