//! Weighted sums of unit rows, by workgroup. One dispatch a chunk; 2·n·d multiply-adds where rows
//! are weighed by their own product, else n·d; reads the features once.

use super::Plan;
use crate::{
    kernel::{Access, Kernel, Source, shader},
    workspace::Workspace,
};

/// What weighs the rows, as the override `weighting` numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weights {
    /// Each valid row counts once.
    Ones = 0,
    /// A vector over rows: the newest of the basis times the row scales, or the scores.
    Vector = 1,
    /// The row's product with a vector over columns, over its degree.
    Dual = 2,
}

#[derive(Debug)]
pub(crate) struct Gather {
    kernel: Kernel,
    weights: Weights,
    last: bool,
}

/// How a gather is specialised.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Special {
    pub weights: Weights,
    /// Whether it serves the product that follows the solver.
    pub last: bool,
    /// Whether the newest vector always lies in row 1 (power iteration).
    pub in_place: bool,
}

impl Gather {
    pub fn new(
        device: &wgpu::Device,
        rows: &wgpu::BindGroupLayout,
        kind: f64,
        special: Special,
    ) -> Self {
        use Access::{Read, Uniform, Write};
        let Special {
            weights,
            last,
            in_place,
        } = special;
        let source = Source {
            name: "gstds gather",
            wgsl: shader("gather", &[]),
            bindings: &[Uniform, Read, Read, Read, Read, Write],
            constants: &[
                ("element_kind", kind),
                ("weighting", f64::from(weights as u32)),
                ("last", f64::from(u8::from(last))),
                ("in_place", f64::from(u8::from(in_place))),
            ],
        };
        Self {
            kernel: Kernel::with_second_group(device, &source, rows),
            weights,
            last,
        }
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> wgpu::BindGroup {
        let (source, row_weights) = match (self.weights, self.last) {
            (Weights::Ones, _) => (&ws.valid, &ws.root),
            (Weights::Vector, false) => (&ws.basis, &ws.root),
            (Weights::Vector, true) => (&ws.scores, &ws.root),
            (Weights::Dual, false) => (&ws.dual_basis, &ws.degree),
            (Weights::Dual, true) => (&ws.dual_vectors, &ws.degree),
        };
        let buffers = [
            &ws.params,
            &ws.state,
            &ws.factors,
            source,
            row_weights,
            &ws.group_sums,
        ];
        self.kernel.bind_all(device, &buffers)
    }

    pub fn record(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        bound: &wgpu::BindGroup,
        chunk: &wgpu::BindGroup,
        rows: u32,
        plan: &Plan,
    ) {
        let groups = rows.div_ceil(plan.group_rows as u32);
        self.kernel.record_with(pass, bound, chunk, [groups, 1]);
    }
}

/// The sum of unit rows times their weights, in f64.
pub fn twin(unit: &[f64], columns: usize, weights: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; columns];
    for (row, weight) in unit.chunks(columns).zip(weights) {
        sum.iter_mut().zip(row).for_each(|(s, x)| *s += weight * x);
    }
    sum
}
