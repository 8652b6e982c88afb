//! Lanczos steps of one dispatch each over a similarity matrix: Gram-Schmidt with delayed
//! reorthogonalisation.

use crate::{
    Affinity, GramSchmidt, Options, Solver,
    kernel::{Binder, BoundKernel, table},
    path_choice::Processor,
    recorder::Recorder,
};

/// Rows at most: the most of which 128 workgroups take all. Each goes through the whole basis.
const MOST_ROWS: usize = 4096;
/// The same on a GPU of few multiprocessors. By the model of docs/benchmarks/isa.md, what the
/// workgroups repeat takes it as long at 2,048 rows as a dispatch and a single workgroup less.
const MOST_INTEGRATED_ROWS: usize = 1024;
/// Rows of a team of lanes, as in `shaders/delayed_step.wgsl`.
const TEAM_ROWS: u32 = 4;
/// Teams of a workgroup at most, as there.
const MOST_TEAMS: u32 = 8;
/// Dispatches after those of the steps: the last step's β follows from a further product, and
/// whether it was the last from a look at that.
const FURTHER_DISPATCHES: u32 = 2;

/// Teams of a workgroup where a dense solve over so many rows takes such steps.
pub(crate) fn teams(options: &Options, rows: usize, processor: Processor) -> Option<u32> {
    let takes = options.solver == Solver::Lanczos && options.affinity != Affinity::Knn;
    let most = match (options.gram_schmidt, processor) {
        (GramSchmidt::Twice, _) | (GramSchmidt::Auto, Processor::Software) => 0,
        (GramSchmidt::Auto, Processor::Integrated) => MOST_INTEGRATED_ROWS,
        (GramSchmidt::Auto, Processor::Gpu) | (GramSchmidt::Delayed, _) => MOST_ROWS,
    };
    let is_taken = takes && options.is_spectral() && rows <= most;
    let teams = match (processor, rows) {
        // The fewer workgroups, the less they repeat.
        (Processor::Integrated, _) => MOST_TEAMS,
        (_, 0..=1024) => 2,
        (_, 1025..=2048) => 4,
        _ => MOST_TEAMS,
    };
    is_taken.then_some(teams)
}

/// Workgroups of so many teams that take these rows.
pub(crate) fn workgroups(rows: u32, teams: u32) -> u32 {
    rows.div_ceil(TEAM_ROWS * teams)
}

/// Bytes of what the workgroups of a step leave for the next: the number of the step, whether the
/// solve has ended, and a pair of sums for each basis vector and for y.
pub(crate) fn sum_bytes(rows: usize, teams: u32, basis_rows: usize) -> u64 {
    8 + 8 * (basis_rows as u64 + 1) * u64::from(workgroups(rows as u32, teams))
}

/// The kernels of steps with an even number and of those with an odd one, bound to a workspace.
#[derive(Debug)]
pub(crate) struct DelayedSteps {
    kernels: [BoundKernel; 2],
    teams: u32,
}

impl DelayedSteps {
    pub fn new(binder: &Binder<'_>, teams: u32) -> Self {
        let workspace = binder.workspace;
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
            teams,
        }
    }

    /// Records that the first step is step 0, of a solve that has not ended.
    pub fn begin(binder: &Binder<'_>, encoder: &mut wgpu::CommandEncoder) {
        encoder.clear_buffer(&binder.workspace.even_sums, 0, Some(8));
    }

    /// Records this many steps.
    pub fn record(&self, pass: &mut Recorder<'_, '_>, rows: u32, steps: u32) {
        // The last workgroup decides whether the solve goes on.
        let workgroups = [workgroups(rows, self.teams) + 1, 1, 1];
        for number in 0..Self::dispatches(steps) {
            self.kernels[number as usize % 2].record_groups(pass, workgroups);
        }
    }

    /// Dispatches of this many steps.
    pub fn dispatches(steps: u32) -> u32 {
        steps + FURTHER_DISPATCHES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_takes_such_steps_as_far_as_it_gains_by_them() {
        let auto = Options::default();
        let of = |rows, processor| teams(&auto, rows, processor);
        let large = [1, 1024, 1025, 2048, 4096, 4097].map(|rows| of(rows, Processor::Gpu));
        assert_eq!(large, [Some(2), Some(2), Some(4), Some(4), Some(8), None]);
        let small = [1, 1024, 1025].map(|rows| of(rows, Processor::Integrated));
        assert_eq!(small, [Some(8), Some(8), None]);
        assert_eq!(of(1024, Processor::Software), None);
        for rows in 1..=4096 {
            let teams = of(rows, Processor::Gpu).unwrap();
            assert!(workgroups(rows as u32, teams) <= 128, "{rows}");
        }
    }

    #[test]
    fn the_options_decide_for_every_processor() {
        for processor in [Processor::Gpu, Processor::Integrated, Processor::Software] {
            let with = |gram_schmidt| {
                let options = Options::default().gram_schmidt(gram_schmidt);
                teams(&options, 3000, processor)
            };
            assert_eq!(with(GramSchmidt::Twice), None, "{processor:?}");
            assert_eq!(with(GramSchmidt::Delayed), Some(8), "{processor:?}");
        }
    }
}
