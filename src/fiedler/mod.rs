//! The Fiedler vector, and further ones: deflated Lanczos or power iteration over products with the
//! graph.

pub(crate) mod further;
pub(crate) mod lanczos;
pub(crate) mod power;
pub(crate) mod product;
mod product_sparse;
pub(crate) mod ritz;
pub(crate) mod spectrum;
pub(crate) mod step;
pub(crate) mod tridiagonal;
mod turn;

use crate::{Options, Solver, workspace::Workspace};
use product::Product;
use ritz::Ritz;
use step::{Step, StepBindings};

/// Solver steps of a call with `rows` rows; more would leave the space orthogonal to the trivial
/// vector. Power iteration reuses one vector and is not bound by it.
pub(crate) fn steps_for(options: &Options, rows: u32) -> u32 {
    match options.solver {
        Solver::Lanczos => options.solver_steps().min(rows.saturating_sub(1)),
        Solver::Power => options.solver_steps(),
    }
}

#[derive(Debug)]
pub(crate) struct Fiedler {
    product: Product,
    step: Step,
    ritz: Ritz,
    last: Product,
    options: Options,
}

#[derive(Debug)]
pub(crate) struct FiedlerBindings {
    product: wgpu::BindGroup,
    step: StepBindings,
    ritz: wgpu::BindGroup,
    last: wgpu::BindGroup,
}

impl Fiedler {
    pub fn new(device: &wgpu::Device, options: &Options) -> Self {
        Self {
            product: Product::step(device, options),
            step: Step::new(device, options),
            ritz: Ritz::new(device),
            last: Product::last(device, options),
            options: options.clone(),
        }
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> FiedlerBindings {
        FiedlerBindings {
            product: self.product.bind(device, ws, &ws.basis),
            step: self.step.bind(device, ws, None),
            ritz: self.ritz.bind(device, ws),
            last: self.last.bind(device, ws, &ws.scores),
        }
    }

    /// All solver steps and the eigenpair of what they leave.
    pub fn record_steps(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        bound: &FiedlerBindings,
        rows: u32,
    ) {
        for _ in 0..steps_for(&self.options, rows) {
            self.product.record(pass, &bound.product, rows);
            self.step.record(pass, &bound.step);
        }
        self.step.record_end(pass, &bound.step);
    }

    /// The Ritz vector of the pair in the state, and W times its unpolished scores.
    pub fn record_vector(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        bound: &FiedlerBindings,
        rows: u32,
    ) {
        self.ritz.record(pass, &bound.ritz, rows);
        self.last.record(pass, &bound.last, rows);
    }

    /// Dispatches that [`Self::record_steps`] makes.
    pub fn dispatches(&self, rows: u32) -> u32 {
        2 * steps_for(&self.options, rows) + self.step.end_dispatches()
    }

    /// Dispatches that [`Self::record_vector`] makes.
    pub const VECTOR_DISPATCHES: u32 = 2;
}
