//! What a solver does after each product, and after its last step: the same on every path that
//! records its steps.

use super::{lanczos::Lanczos, power::Power, tridiagonal::Tridiagonal};
use crate::{Options, Solver, workspace::Workspace};

#[derive(Debug)]
pub(crate) enum Step {
    Lanczos(Lanczos, Tridiagonal),
    Power(Power),
}

#[derive(Debug)]
pub(crate) struct StepBindings {
    step: wgpu::BindGroup,
    tridiagonal: Option<wgpu::BindGroup>,
}

impl Step {
    pub fn new(device: &wgpu::Device, options: &Options) -> Self {
        match options.solver {
            Solver::Lanczos => {
                Self::Lanczos(Lanczos::new(device, options), Tridiagonal::new(device))
            }
            Solver::Power => Self::Power(Power::new(device, options)),
        }
    }

    /// Over rows, or over the columns of the low-rank dual where its parameters are given.
    pub fn bind(
        &self,
        device: &wgpu::Device,
        ws: &Workspace,
        columns: Option<&wgpu::Buffer>,
    ) -> StepBindings {
        match self {
            Self::Lanczos(lanczos, tridiagonal) => StepBindings {
                step: match columns {
                    Some(columns) => lanczos.bind_columns(device, ws, columns),
                    None => lanczos.bind(device, ws),
                },
                tridiagonal: Some(tridiagonal.bind(device, ws)),
            },
            Self::Power(power) => StepBindings {
                step: power.bind(device, ws),
                tridiagonal: None,
            },
        }
    }

    /// What follows a product.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &StepBindings) {
        match self {
            Self::Lanczos(lanczos, _) => lanczos.record(pass, &bound.step),
            Self::Power(power) => power.record(pass, &bound.step),
        }
    }

    /// What follows the last step.
    pub fn record_end(&self, pass: &mut wgpu::ComputePass<'_>, bound: &StepBindings) {
        if let (Self::Lanczos(_, tridiagonal), Some(group)) = (self, &bound.tridiagonal) {
            tridiagonal.record(pass, group);
        }
    }

    /// Dispatches of [`Self::record_end`].
    pub fn end_dispatches(&self) -> u32 {
        u32::from(matches!(self, Self::Lanczos(..)))
    }
}
