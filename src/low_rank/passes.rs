//! The kernels that read features, together: their pipelines and their bind groups.

use super::{
    gather::{Gather, Special, Weights},
    has_dual,
    lift::Lift,
    measure::Measure,
    row_sums::RowSums,
    rows::ElementKind,
    sample::Sample,
    spread::Spread,
};
use crate::{Options, Solver, workspace::Workspace};

/// The kernels that read features, for one layout of their elements.
#[derive(Debug)]
pub(crate) struct Passes {
    pub measure: Measure,
    pub sample: Sample,
    pub ones: Gather,
    pub row_sums: RowSums,
    /// The newest vector over rows, summed up: each step, or the start of the dual.
    pub vector: Gather,
    pub products: Products,
}

#[derive(Debug)]
pub(crate) enum Products {
    Rows {
        spread: Spread,
        last: Gather,
        last_spread: Spread,
    },
    Dual {
        step: Gather,
        last: Gather,
        lift: Lift,
    },
}

impl Passes {
    pub fn new(
        device: &wgpu::Device,
        rows: &wgpu::BindGroupLayout,
        kind: ElementKind,
        options: &Options,
    ) -> Self {
        let kind = f64::from(kind as u32);
        let in_place = options.solver == Solver::Power;
        let gather = |weights, last| {
            let special = Special {
                weights,
                last,
                in_place,
            };
            Gather::new(device, rows, kind, special)
        };
        let products = if has_dual(options) {
            Products::Dual {
                step: gather(Weights::Dual, false),
                last: gather(Weights::Dual, true),
                lift: Lift::new(device, rows, kind),
            }
        } else {
            Products::Rows {
                spread: Spread::new(device, rows, kind, options, false),
                last: gather(Weights::Vector, true),
                last_spread: Spread::new(device, rows, kind, options, true),
            }
        };
        Self {
            measure: Measure::new(device, rows, kind),
            sample: Sample::new(device, rows, kind),
            ones: gather(Weights::Ones, false),
            row_sums: RowSums::new(device, rows, kind),
            vector: gather(Weights::Vector, false),
            products,
        }
    }
}

/// Bind groups of [`Passes`].
#[derive(Debug)]
pub(crate) struct PassBindings {
    pub measure: wgpu::BindGroup,
    pub sample: wgpu::BindGroup,
    pub ones: wgpu::BindGroup,
    pub row_sums: wgpu::BindGroup,
    pub vector: wgpu::BindGroup,
    /// Step, last product, and the kernel over rows that follows it.
    pub products: [wgpu::BindGroup; 3],
}

impl PassBindings {
    pub fn new(device: &wgpu::Device, passes: &Passes, ws: &Workspace) -> Self {
        let products = match &passes.products {
            Products::Rows {
                spread,
                last,
                last_spread,
            } => [
                spread.bind(device, ws),
                last.bind(device, ws),
                last_spread.bind(device, ws),
            ],
            Products::Dual { step, last, lift } => [
                step.bind(device, ws),
                last.bind(device, ws),
                lift.bind(device, ws),
            ],
        };
        Self {
            measure: passes.measure.bind(device, ws),
            sample: passes.sample.bind(device, ws),
            ones: passes.ones.bind(device, ws),
            row_sums: passes.row_sums.bind(device, ws),
            vector: passes.vector.bind(device, ws),
            products,
        }
    }
}
