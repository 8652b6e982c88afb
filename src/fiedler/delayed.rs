//! Lanczos steps of one dispatch each over a similarity matrix: Gram-Schmidt with delayed
//! reorthogonalisation.

use crate::{
    Affinity, GramSchmidt, Options, Solver,
    kernel::{Binder, BoundKernel, table},
    path_choice::Processor,
    recorder::Recorder,
};

/// Rows at most. Each workgroup goes through the whole basis, and these are the most of which 128
/// workgroups take all.
const MOST_ROWS: usize = 4096;
/// Rows of a team of lanes, as in `shaders/delayed_step.wgsl`.
const TEAM_ROWS: u32 = 4;
/// Dispatches after those of the steps: the last step's β follows from a further product, and
/// whether it was the last from a look at that.
const FURTHER_DISPATCHES: u32 = 2;

/// Whether a dense solve over this many rows takes such steps.
pub(crate) fn is_delayed(options: &Options, rows: usize, processor: Processor) -> bool {
    let wanted = match options.gram_schmidt {
        GramSchmidt::Auto => processor == Processor::Gpu,
        GramSchmidt::Twice => false,
        GramSchmidt::Delayed => true,
    };
    let takes = options.solver == Solver::Lanczos && options.affinity != Affinity::Knn;
    wanted && takes && options.is_spectral() && rows <= MOST_ROWS
}

/// Teams of a workgroup: so many that 128 workgroups take all rows.
fn teams(rows: usize) -> u32 {
    match rows {
        0..=1024 => 2,
        1025..=2048 => 4,
        _ => 8,
    }
}

/// Workgroups that take rows, of workspaces for so many.
pub(crate) fn workgroups(rows: usize) -> u32 {
    (rows as u32).div_ceil(TEAM_ROWS * teams(rows))
}

/// Bytes of what the workgroups of a step leave for the next: the number of the step, whether the
/// solve has ended, and a pair of sums for each basis vector and for y.
pub(crate) fn sum_bytes(rows: usize, basis_rows: usize) -> u64 {
    8 + 8 * (basis_rows as u64 + 1) * u64::from(workgroups(rows))
}

/// The kernels of steps with an even number and of those with an odd one, bound to a workspace.
#[derive(Debug)]
pub(crate) struct DelayedSteps {
    kernels: [BoundKernel; 2],
    /// Rows of a workgroup.
    group_rows: u32,
}

impl DelayedSteps {
    pub fn new(binder: &Binder<'_>) -> Self {
        let workspace = binder.workspace;
        let teams = teams(workspace.sizes.shape.rows);
        let sums = [&workspace.even_sums, &workspace.odd_sums];
        let bind = |[before, after]: [&wgpu::Buffer; 2]| {
            let given = [
                ("sums_before", before.as_entire_buffer_binding()),
                ("sums_after", after.as_entire_buffer_binding()),
            ];
            let constants = [("teams", f64::from(teams))];
            binder.bind_with(&table::DELAYED_STEP, &constants, &given)
        };
        Self {
            kernels: [bind(sums), bind([sums[1], sums[0]])],
            group_rows: TEAM_ROWS * teams,
        }
    }

    /// Records that the first step is step 0, of a solve that has not ended.
    pub fn begin(binder: &Binder<'_>, encoder: &mut wgpu::CommandEncoder) {
        encoder.clear_buffer(&binder.workspace.even_sums, 0, Some(8));
    }

    /// Records this many steps.
    pub fn record(&self, pass: &mut Recorder<'_, '_>, rows: u32, steps: u32) {
        // The last workgroup decides whether the solve goes on.
        let workgroups = [rows.div_ceil(self.group_rows) + 1, 1, 1];
        for number in 0..Self::dispatches(steps) {
            self.kernels[number as usize % 2].record_groups(pass, workgroups);
        }
    }

    /// Dispatches of this many steps.
    pub fn dispatches(steps: u32) -> u32 {
        steps + FURTHER_DISPATCHES
    }
}
