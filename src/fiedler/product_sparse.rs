//! The kernel of a product with a sparse graph; `product` chooses it.

use crate::{
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

/// Rows of a workgroup.
pub(super) const ROWS: u32 = 8;

pub(super) fn kernel(
    device: &wgpu::Device,
    name: &'static str,
    constants: &[(&str, f64)],
) -> Kernel {
    use Access::{Read, Uniform, Write};
    let source = Source {
        name,
        wgsl: shader("product_sparse", &[]),
        bindings: &[Uniform, Read, Read, Read, Read, Read, Read, Write],
        constants,
    };
    Kernel::new(device, &source)
}

pub(super) fn bind(
    kernel: &Kernel,
    device: &wgpu::Device,
    ws: &Workspace,
    source: &wgpu::Buffer,
) -> wgpu::BindGroup {
    let buffers = [
        &ws.params,
        &ws.state,
        &ws.row_starts,
        &ws.entries,
        &ws.degree,
        &ws.root,
        source,
        &ws.product,
    ];
    kernel.bind_all(device, &buffers)
}
