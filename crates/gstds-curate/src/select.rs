//! A selection from a pool, from the request to the kept rows.

use std::time::Duration;

use gstds::adapter::Gpu;
use gstds::profile::Clock;
use gstds::{Path, Status};
use gstds_data::Progress;

use crate::error::Result;
use crate::near_duplicates::{self, DuplicateGroups};
use crate::plan::{DevicePlan, PoolPlan};
use crate::pool::{Pool, is_valid};
use crate::request::SelectRequest;
use crate::solve;

/// What was selected from a pool.
#[derive(Clone, Debug)]
pub struct PoolSelection {
    /// Kept rows in the requested order; in rank order those of one part after those of another.
    pub kept: Vec<u32>,
    /// Each row's score within its part; 0 where nothing was solved.
    pub scores: Vec<f32>,
    /// The kernels' status of each part; none where it keeps no row.
    pub statuses: Vec<Option<Status>>,
    /// Near-duplicates, where requested.
    pub near_duplicates: Option<DuplicateGroups>,
    /// The path that was taken.
    pub path: Path,
    /// Under a coverage rule, of all chosen rows with those chosen before: for facility location
    /// the sum over rows of the largest similarity to a chosen one, for k-center the largest cosine
    /// distance of a row to its nearest chosen one. Of several parts the sum, or the largest.
    pub objective: Option<f64>,
    /// Time on the device.
    pub time: Duration,
    /// The clock that measured it.
    pub clock: Clock,
}

/// Selects from a pool: plans, reads the rows, solves the parts on the device and waits for the
/// result.
///
/// To look at a plan before it is carried out, make a [`PoolPlan`] and a [`DevicePlan`] and call
/// [`DevicePlan::select`].
///
/// # Errors
/// Those of [`PoolPlan::new`], [`DevicePlan::new`] and [`DevicePlan::select`].
pub fn select(
    pool: &mut Pool,
    request: &SelectRequest,
    gpu: &Gpu,
    progress: &mut dyn Progress,
) -> Result<PoolSelection> {
    let plan = PoolPlan::new(request, pool.layout(), pool.paths())?;
    DevicePlan::new(gpu, &plan)?.select(pool, progress)
}

impl DevicePlan<'_> {
    /// Carries the plan out on the pool that it was made for.
    ///
    /// # Errors
    /// [`Error::Data`](crate::Error::Data) for rows that cannot be read, and
    /// [`Error::Selection`](crate::Error::Selection) or [`Error::Part`](crate::Error::Part) for
    /// what the kernels report, among it rows that strict options refuse.
    pub fn select(&self, pool: &mut Pool, progress: &mut dyn Progress) -> Result<PoolSelection> {
        let request = self.plan.request;
        if request.options.strict {
            self.check_unsolved(pool)?;
        }
        let solved = solve::solve(self, pool, progress)?;
        let find = |threshold| near_duplicates::find(pool, &self.plan.parts, threshold, progress);
        Ok(PoolSelection {
            near_duplicates: request.near_duplicates.map(find).transpose()?,
            kept: solved.kept,
            scores: solved.scores,
            statuses: solved.statuses,
            path: solved.path,
            objective: solved.objective,
            time: solved.time,
            clock: solved.clock,
        })
    }

    /// Refuses zero, NaN and infinite rows in parts that keep no row, which the device never sees.
    fn check_unsolved(&self, pool: &mut Pool) -> Result<()> {
        let parts = &self.plan.parts;
        for (number, part) in parts.iter().enumerate().filter(|(_, part)| part.keep == 0) {
            let mut count = 0;
            pool.for_each_row(&part.rows, |row| count += u32::from(!is_valid(row)))?;
            if count > 0 {
                let rows = part.rows.len() as u32;
                let invalid = gstds::Error::InvalidRows { count, rows };
                return Err(solve::in_part(number, parts.len(), invalid));
            }
        }
        Ok(())
    }
}
