//! From one Ritz pair to the next. One dispatch of one workgroup; copies 4n bytes.

use crate::{
    Options,
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Turn(Kernel);

impl Turn {
    pub fn new(device: &wgpu::Device, options: &Options) -> Self {
        use Access::{Read, Uniform, Write};
        Self(Kernel::new(
            device,
            &Source {
                name: "gstds turn",
                wgsl: shader("turn", &[]),
                bindings: &[Uniform, Write, Write, Write, Read, Write],
                constants: &[("vectors", f64::from(options.vectors))],
            },
        ))
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        let buffers = [
            &ws.params,
            &ws.state,
            &ws.spectrum,
            &ws.pairs,
            &ws.scores,
            &ws.vectors,
        ];
        self.0.bind_all(device, &buffers)
    }

    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup) {
        self.0.record(pass, bound, [1, 1]);
    }
}
