//! A selection from a pool, from the request to the kept rows.

use std::time::Duration;

use gstds::adapter::Gpu;
use gstds::profile::Clock;
use gstds::{Path, Spectrum, Status};
use gstds_data::Progress;

use crate::draw;
use crate::error::{Error, Result};
use crate::label_losses::{LabelLosses, label_losses};
use crate::near_duplicates::{self, Comparison, DuplicateGroups, DuplicateSearch};
use crate::partition::PoolPart;
use crate::plan::{DevicePlan, PoolPlan};
use crate::pool::Pool;
use crate::request::SelectRequest;
use crate::solve;

/// What was selected from a pool.
#[derive(Clone, Debug)]
pub struct PoolSelection {
    /// Kept rows in the requested order; in rank order those of one part after those of another.
    pub kept: Vec<u32>,
    /// Each row's score within its part; NaN where it has none: rows that are zero, NaN or infinite,
    /// and all rows where nothing was solved.
    pub scores: Vec<f32>,
    /// Scores along each vector, where [`Options::vectors`](field@gstds::Options::vectors) asks for
    /// more than one: one a row, 0 where nothing was solved.
    pub vectors: Vec<Vec<f32>>,
    /// The spectrum of each part, under the same condition; none where nothing was solved.
    pub spectra: Vec<Option<Spectrum>>,
    /// Rows that are zero, NaN or infinite, ascending; none where the features were not read.
    pub invalid: Option<Vec<u32>>,
    /// The kernels' status of each part; none where it keeps no row.
    pub statuses: Vec<Option<Status>>,
    /// Near-duplicates, where requested.
    pub near_duplicates: Option<DuplicateGroups>,
    /// The loss of each row's label, where requested.
    pub label_losses: Option<LabelLosses>,
    /// The path that was taken; without a meaning where no graph was solved.
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
    /// [`Error::Data`](crate::Error::Data) for rows that cannot be read,
    /// [`Error::NoValidRow`](crate::Error::NoValidRow), and
    /// [`Error::Selection`](crate::Error::Selection) or [`Error::Part`](crate::Error::Part) for
    /// what the kernels report, among it rows that strict options refuse;
    /// [`Error::Stopped`](crate::Error::Stopped) where `progress` asks for it.
    pub fn select(&self, pool: &mut Pool, progress: &mut dyn Progress) -> Result<PoolSelection> {
        let mut selection = self.select_rows(pool, progress)?;
        selection.label_losses = self.find_label_losses(pool, progress)?;
        Ok(selection)
    }

    /// The losses of labels, where requested.
    pub(crate) fn find_label_losses(
        &self,
        pool: &mut Pool,
        progress: &mut dyn Progress,
    ) -> Result<Option<LabelLosses>> {
        let request = self.plan.request;
        let find = |labels| label_losses(pool, labels, request.options.seed, progress);
        request.label_suspects.as_ref().map(find).transpose()
    }

    fn select_rows(&self, pool: &mut Pool, progress: &mut dyn Progress) -> Result<PoolSelection> {
        let search = self.plan.request.near_duplicates;
        if self.plan.request.options.strict {
            self.check_unseen(pool)?;
        }
        let Some(search) = search.filter(|search| search.drop) else {
            let mut selection = self.select_all(pool, progress)?;
            let find = |search| self.find_duplicates(pool, search, progress);
            selection.near_duplicates = search.map(find).transpose()?;
            return Ok(selection);
        };
        let groups = self.find_duplicates(pool, search, progress)?;
        let plan = self.plan.without_duplicates(&groups)?;
        let mut selection = self.narrowed(&plan).select_all(pool, progress)?;
        selection.near_duplicates = Some(groups);
        Ok(selection)
    }

    /// Groups of near-duplicates within the plan's parts.
    pub(crate) fn find_duplicates(
        &self,
        pool: &mut Pool,
        search: DuplicateSearch,
        progress: &mut dyn Progress,
    ) -> Result<DuplicateGroups> {
        let comparison = Comparison::with(self.gpu, search, self.plan.request.already());
        near_duplicates::find(pool, &self.plan.parts, &comparison, progress)
    }

    /// Selects among all rows of the plan's parts.
    fn select_all(&self, pool: &mut Pool, progress: &mut dyn Progress) -> Result<PoolSelection> {
        let solved = match self.plan.solves() {
            true => solve::solve(self, pool, progress)?,
            false => draw::draw(self, pool)?,
        };
        let rows = pool.layout().rows;
        if solved
            .invalid
            .as_ref()
            .is_some_and(|invalid| invalid.len() == rows)
        {
            return Err(Error::NoValidRow { rows });
        }
        Ok(PoolSelection {
            near_duplicates: None,
            label_losses: None,
            kept: solved.kept,
            scores: solved.scores,
            vectors: solved.vectors,
            spectra: solved.spectra,
            invalid: solved.invalid,
            statuses: solved.statuses,
            path: solved.path,
            objective: solved.objective,
            time: solved.time,
            clock: solved.clock,
        })
    }

    /// Refuses zero, NaN and infinite rows in parts that the device never sees: those that keep no
    /// row, and all under the rule random.
    fn check_unseen(&self, pool: &mut Pool) -> Result<()> {
        let parts = &self.plan.parts;
        let unseen = |part: &PoolPart| part.keep == 0 || !self.plan.solves();
        for (number, part) in parts.iter().enumerate().filter(|(_, part)| unseen(part)) {
            let count = pool.invalid_among(&part.rows)?.len() as u32;
            if count > 0 {
                let rows = part.rows.len() as u32;
                let invalid = gstds::Error::InvalidRows { count, rows };
                return Err(solve::in_part(number, parts.len(), invalid));
            }
        }
        Ok(())
    }
}
