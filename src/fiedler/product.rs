//! One product with the graph. One dispatch; reads 4n² bytes, writes 4n.

use crate::{
    Options, Solver,
    graph::laplacian::symmetric,
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Product(Kernel);

impl Product {
    /// The operator applied to the newest basis vector.
    pub fn step(device: &wgpu::Device, options: &Options) -> Self {
        let in_place = f64::from(u8::from(options.solver == Solver::Power));
        let constants = [("symmetric", symmetric(options)), ("in_place", in_place)];
        Self::new(device, "gstds product", &constants)
    }

    /// W applied to the scores, for residual and polish.
    pub fn last(device: &wgpu::Device, options: &Options) -> Self {
        let constants = [("symmetric", symmetric(options)), ("last", 1.0)];
        Self::new(device, "gstds last product", &constants)
    }

    fn new(device: &wgpu::Device, name: &'static str, constants: &[(&str, f64)]) -> Self {
        use Access::{Read, Uniform, Write};
        let bindings = &[Uniform, Read, Read, Read, Read, Read, Write];
        let wgsl = shader("product", &[]);
        Self(Kernel::new(
            device,
            &Source {
                name,
                wgsl,
                bindings,
                constants,
            },
        ))
    }

    pub fn bind(
        &self,
        device: &wgpu::Device,
        ws: &Workspace,
        source: &wgpu::Buffer,
    ) -> wgpu::BindGroup {
        let buffers = [
            &ws.params,
            &ws.state,
            &ws.similarity,
            &ws.degree,
            &ws.root,
            source,
            &ws.product,
        ];
        self.0.bind_all(device, &buffers)
    }

    /// Four rows a workgroup.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup, rows: u32) {
        self.0.record(pass, bound, [rows.div_ceil(4), 1]);
    }
}
