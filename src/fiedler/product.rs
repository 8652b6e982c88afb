//! One product with the graph. One dispatch; reads 4n² bytes, 2n² in half storage, or 8 bytes for
//! each end of an edge of a sparse graph, and writes 4n.

use super::product_sparse;
use crate::{
    Affinity, Options, Solver,
    graph::laplacian::symmetric,
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Product {
    kernel: Kernel,
    sparse: bool,
}

impl Product {
    /// The operator applied to the newest basis vector.
    pub fn step(device: &wgpu::Device, options: &Options) -> Self {
        let in_place = f64::from(u8::from(options.solver == Solver::Power));
        let constants = [("symmetric", symmetric(options)), ("in_place", in_place)];
        Self::new(device, options, "gstds product", &constants)
    }

    /// W applied to the scores, for residual and polish.
    pub fn last(device: &wgpu::Device, options: &Options) -> Self {
        let constants = [("symmetric", symmetric(options)), ("last", 1.0)];
        Self::new(device, options, "gstds last product", &constants)
    }

    fn new(
        device: &wgpu::Device,
        options: &Options,
        name: &'static str,
        constants: &[(&str, f64)],
    ) -> Self {
        let sparse = options.affinity == Affinity::Knn;
        let kernel = if sparse {
            product_sparse::kernel(device, name, constants)
        } else {
            dense_kernel(device, options, name, constants)
        };
        Self { kernel, sparse }
    }

    pub fn bind(
        &self,
        device: &wgpu::Device,
        ws: &Workspace,
        source: &wgpu::Buffer,
    ) -> wgpu::BindGroup {
        if self.sparse {
            return product_sparse::bind(&self.kernel, device, ws, source);
        }
        let buffers = [
            &ws.params,
            &ws.state,
            &ws.similarity,
            &ws.degree,
            &ws.root,
            source,
            &ws.product,
        ];
        self.kernel.bind_all(device, &buffers)
    }

    /// Four rows a workgroup, eight of a sparse graph.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &wgpu::BindGroup, rows: u32) {
        let at_once = if self.sparse { product_sparse::ROWS } else { 4 };
        self.kernel.record(pass, bound, [rows.div_ceil(at_once), 1]);
    }
}

fn dense_kernel(
    device: &wgpu::Device,
    options: &Options,
    name: &'static str,
    constants: &[(&str, f64)],
) -> Kernel {
    use Access::{Read, Uniform, Write};
    let source = Source {
        name,
        wgsl: shader("product", &variants(device, options)),
        bindings: &[Uniform, Read, Read, Read, Read, Read, Write],
        constants,
    };
    Kernel::new(device, &source)
}

/// The permutation for the storage and for what the device can do.
fn variants(device: &wgpu::Device, options: &Options) -> Vec<&'static str> {
    let mut variants = options.storage.variants().to_vec();
    if device.features().contains(wgpu::Features::SUBGROUP) {
        variants.push("subgroup");
    }
    variants
}
