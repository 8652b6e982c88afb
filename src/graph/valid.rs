//! Which rows are valid, without their unit rows. One dispatch; reads n·d elements, writes 4n bytes.
//!
//! The twin is that of [`super::normalize`].

use crate::{
    features::Placed,
    kernel::{Access, Kernel, Source, grid, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Valid(Kernel);

impl Valid {
    pub fn new(device: &wgpu::Device) -> Self {
        use Access::{Read, Uniform, Write};
        Self(Kernel::new(
            device,
            &Source {
                name: "gstds valid",
                wgsl: shader("valid", &[]),
                bindings: &[Uniform, Read, Read, Write],
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
        let no_list = ws.no_list.as_entire_buffer_binding();
        let bindings = [
            ws.params.as_entire_buffer_binding(),
            placed.matrix.clone(),
            placed.list.clone().unwrap_or(no_list),
            ws.valid.as_entire_buffer_binding(),
        ];
        self.0.bind(device, &bindings)
    }

    /// 64 rows of the padded batch a workgroup, so that padding rows are invalid.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup, rows: u32) {
        self.0.record(pass, bound, grid(rows.div_ceil(64)));
    }
}
