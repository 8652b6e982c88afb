//! The Fiedler vector, and further ones: deflated Lanczos or power iteration over products with the
//! graph.

pub(crate) mod delayed;
pub(crate) mod further;
#[cfg(feature = "twin")]
pub(crate) mod lanczos;
#[cfg(feature = "twin")]
pub(crate) mod power;
#[cfg(feature = "twin")]
pub(crate) mod ritz;
pub(crate) mod spread;
#[cfg(feature = "twin")]
pub(crate) mod tridiagonal;

use delayed::DelayedSteps;

use crate::{
    Affinity, Options, Solver,
    kernel::{Binder, BoundKernel, table},
    recorder::Recorder,
};

/// Solver steps of a call with `rows` rows; more would leave the space orthogonal to the trivial
/// vector. Power iteration reuses one vector and is not bound by it.
pub(crate) fn steps_for(options: &Options, rows: u32) -> u32 {
    match options.solver {
        Solver::Lanczos => options.solver_steps().min(rows.saturating_sub(1)),
        Solver::Power => options.solver_steps(),
    }
}

/// Whether the solver leaves a Lanczos matrix, whose top eigenpair follows the last step.
pub(crate) fn ends_with_tridiagonal(options: &Options) -> bool {
    options.solver == Solver::Lanczos
}

/// The kernels of a solver step.
#[derive(Debug)]
enum Steps {
    Two {
        product: BoundKernel,
        rest: BoundKernel,
    },
    Delayed(DelayedSteps),
}

/// The solver over a matrix, bound to a workspace.
#[derive(Debug)]
pub(crate) struct Fiedler {
    steps: Steps,
    tridiagonal: Option<BoundKernel>,
    ritz: BoundKernel,
    last_product: BoundKernel,
    options: Options,
}

impl Fiedler {
    pub fn new(binder: &Binder<'_>) -> Self {
        let options = binder.options();
        let (product, last_product) = match options.affinity {
            Affinity::Knn => (table::SPARSE_PRODUCT, table::LAST_SPARSE_PRODUCT),
            _ => (table::PRODUCT, table::LAST_PRODUCT),
        };
        let tridiagonal = ends_with_tridiagonal(options);
        Self {
            steps: match binder.workspace.sizes.delayed_teams {
                Some(teams) => Steps::Delayed(DelayedSteps::new(binder, teams)),
                None => Steps::Two {
                    product: binder.bind(&product),
                    rest: bind_step(binder),
                },
            },
            tridiagonal: tridiagonal.then(|| binder.bind(&table::TRIDIAGONAL)),
            ritz: binder.bind(&table::RITZ),
            last_product: binder.bind(&last_product),
            options: options.clone(),
        }
    }

    /// What a call records before its passes.
    pub fn begin(&self, binder: &Binder<'_>, encoder: &mut wgpu::CommandEncoder) {
        if matches!(self.steps, Steps::Delayed(_)) {
            DelayedSteps::begin(binder, encoder);
        }
    }

    /// All solver steps and the eigenpair of what they leave.
    pub fn record_steps(&self, pass: &mut Recorder<'_, '_>, rows: u32) {
        let steps = steps_for(&self.options, rows);
        match &self.steps {
            Steps::Delayed(delayed) => delayed.record(pass, rows, steps),
            Steps::Two { product, rest } => {
                for _ in 0..steps {
                    product.record(pass, rows);
                    rest.record(pass, rows);
                }
            }
        }
        if let Some(tridiagonal) = &self.tridiagonal {
            tridiagonal.record(pass, rows);
        }
    }

    /// The Ritz vector of the pair in the state, and W times its unpolished scores.
    pub fn record_vector(&self, pass: &mut Recorder<'_, '_>, rows: u32) {
        self.ritz.record(pass, rows);
        self.last_product.record(pass, rows);
    }

    /// Dispatches that [`Self::record_steps`] makes.
    pub fn dispatches(&self, rows: u32) -> u32 {
        let steps = steps_for(&self.options, rows);
        let of_steps = match self.steps {
            Steps::Two { .. } => 2 * steps,
            Steps::Delayed(_) => DelayedSteps::dispatches(steps),
        };
        of_steps + u32::from(self.tridiagonal.is_some())
    }

    /// Dispatches that [`Self::record_vector`] makes.
    pub const VECTOR_DISPATCHES: u32 = 2;
}

/// What a solver over rows does after each product.
pub(crate) fn bind_step(binder: &Binder<'_>) -> BoundKernel {
    binder.bind(match binder.options().solver {
        Solver::Lanczos => &table::LANCZOS,
        Solver::Power => &table::POWER,
    })
}
