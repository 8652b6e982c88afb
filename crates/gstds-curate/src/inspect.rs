//! A selection to look at: pictures of the pool, and what the spectrum of its graph shows.
//!
//! [`inspect`] does all of it. With a selection of one's own, [`InspectedPool::new`] orders the rows
//! and chooses those that are drawn, and [`InspectedPool::draw`] makes an [`Inspection`] of their
//! features: one HTML file and the pictures beside it.

mod facts;
mod files;
mod findings;
mod page;
mod pictures;
mod side_similarity;
mod solve;

pub use facts::{DuplicateCounts, Eigenvalue, InspectionFacts, SignSplit};
pub use files::{Inspection, PictureFile};
pub use side_similarity::SideSimilarity;

use std::path::{Path, PathBuf};

use gstds::adapter::Gpu;
use gstds::{Options, Selection};
use gstds_data::Progress;
use gstds_plot::decimate;

use crate::error::Result;
use crate::near_duplicates::{self, DuplicateGroups};
use crate::plan::{DevicePlan, PoolPlan};
use crate::pool::{Pool, RowSet, is_valid};
use crate::request::SelectRequest;

/// Rows at most in a similarity map: their pairs are pixels of a page.
pub const MOST_MAPPED: usize = 512;
/// Points at most in the plot of the scores.
pub const MOST_POINTS: usize = 1024;
/// Images at most in a contact sheet.
pub const MOST_IMAGES: usize = 160;

/// A pool and what was selected from it.
#[derive(Clone, Copy, Debug)]
pub struct InspectionInput<'a> {
    /// The options of the selection.
    pub options: &'a Options,
    /// The selection. The order of [`Selection::kept`] does not matter.
    pub selection: &'a Selection,
    /// Features of a row.
    pub width: usize,
    /// Rows that are in no graph: zero, NaN or infinite; ascending.
    pub invalid: &'a [u32],
    /// Groups of near-duplicates, where they were looked for.
    pub near_duplicates: Option<&'a DuplicateGroups>,
    /// The image of each row, where rows are images.
    pub paths: Option<&'a [PathBuf]>,
    /// What the paths are relative to.
    pub root: &'a Path,
}

/// Selects from a pool as one graph, and draws it. `request` is that of a selection from one graph;
/// see [`SelectRequest::for_inspection`].
///
/// # Errors
/// Those of [`PoolPlan::new`], [`DevicePlan::new`] and [`DevicePlan::inspect`].
pub fn inspect(
    pool: &mut Pool,
    request: &SelectRequest,
    gpu: &Gpu,
    progress: &mut dyn Progress,
) -> Result<Inspection> {
    let plan = PoolPlan::new(request, pool.layout(), pool.paths())?;
    DevicePlan::new(gpu, &plan)?.inspect(pool, progress)
}

impl DevicePlan<'_> {
    /// Selects from the pool that the plan was made for, and draws it. The first part is inspected,
    /// which is all of a pool that is not divided.
    ///
    /// # Errors
    /// [`Error::Data`](crate::Error::Data) for rows that cannot be read,
    /// [`Error::Selection`](crate::Error::Selection) for what the kernels report, and
    /// [`Error::Plot`](crate::Error::Plot) for a picture that cannot be drawn.
    pub fn inspect(&self, pool: &mut Pool, progress: &mut dyn Progress) -> Result<Inspection> {
        let (request, rows) = (self.plan.request, pool.layout().rows);
        let selection = solve::solve(self, pool, progress)?;
        let invalid = match selection.status.valid as usize == rows {
            true => Vec::new(),
            false => invalid_rows(pool)?,
        };
        let find = |threshold| near_duplicates::find(pool, &self.plan.parts, threshold, progress);
        let near_duplicates = request.near_duplicates.map(find).transpose()?;
        let root = pool.root().to_path_buf();
        let paths = pool.paths().map(<[PathBuf]>::to_vec);
        let inspected = InspectedPool::new(InspectionInput {
            options: &request.options,
            selection: &selection,
            width: pool.layout().features,
            invalid: &invalid,
            near_duplicates: near_duplicates.as_ref(),
            paths: paths.as_deref(),
            root: &root,
        });
        let features = features(pool, inspected.rows())?;
        inspected.draw(&features, progress)
    }
}

/// Features of these rows, `[rows, features]`, in their order.
fn features(pool: &mut Pool, rows: &[u32]) -> Result<Vec<f32>> {
    let width = pool.layout().features;
    let mut places: Vec<usize> = (0..rows.len()).collect();
    places.sort_unstable_by_key(|&place| rows[place]);
    let sorted = RowSet::List(places.iter().map(|&place| rows[place]).collect());
    let mut features = vec![0.0; rows.len() * width];
    let mut places = places.into_iter();
    pool.for_each_row(&sorted, |row| {
        if let Some(place) = places.next() {
            let line = &mut features[place * width..][..width];
            let values = line.iter_mut().zip(row);
            values.for_each(|(into, &value)| *into = value as f32);
        }
    })?;
    Ok(features)
}

/// Rows that are zero, NaN or infinite, ascending.
fn invalid_rows(pool: &mut Pool) -> Result<Vec<u32>> {
    let all = RowSet::Range(0..pool.layout().rows);
    let (mut number, mut found) = (0, Vec::new());
    pool.for_each_row(&all, |row| {
        if !is_valid(row) {
            found.push(number);
        }
        number += 1;
    })?;
    Ok(found)
}

/// A pool in the order of its Fiedler vector.
#[derive(Clone, Debug)]
pub struct InspectedPool<'a> {
    input: InspectionInput<'a>,
    facts: InspectionFacts,
    /// All rows by ascending score, those in no graph last; as they came where nothing was solved.
    order: Vec<u32>,
    /// Whether each row was kept, by its number.
    kept: Vec<bool>,
    /// Rows of the similarity maps, in the order.
    mapped: Vec<u32>,
}

impl<'a> InspectedPool<'a> {
    /// Orders the rows: `O(n log n)`, and five bytes a row.
    #[must_use]
    pub fn new(input: InspectionInput<'a>) -> Self {
        let selection = input.selection;
        let scores = &selection.scores;
        let mut order: Vec<u32> = (0..scores.len() as u32).collect();
        if selection.status.steps > 0 {
            let is_out = |row: u32| input.invalid.binary_search(&row).is_ok();
            order.sort_by(|&one, &other| {
                let score = |row: u32| scores[row as usize];
                let valid = is_out(one).cmp(&is_out(other));
                valid.then(score(one).total_cmp(&score(other)))
            });
        }
        let mut kept = vec![false; scores.len()];
        for &row in &selection.kept {
            if let Some(kept) = kept.get_mut(row as usize) {
                *kept = true;
            }
        }
        let mut pool = Self {
            facts: InspectionFacts::of(&input, &kept),
            input,
            order,
            kept,
            mapped: Vec::new(),
        };
        pool.mapped = pool.some(MOST_MAPPED);
        pool
    }

    /// The rows whose features [`InspectedPool::draw`] needs: [`MOST_MAPPED`] at most, in this order.
    #[must_use]
    pub fn rows(&self) -> &[u32] {
        &self.mapped
    }

    /// Draws everything from the features of [`InspectedPool::rows`], `[rows, width]`.
    ///
    /// Images of the contact sheet are decoded here; one that cannot be is listed with the reason.
    /// Costs up to some seconds, most of it PNG. The same input gives the same bytes.
    ///
    /// # Errors
    /// [`Error::Plot`](crate::Error::Plot) where the features are not those of the rows.
    pub fn draw(mut self, features: &[f32], progress: &mut dyn Progress) -> Result<Inspection> {
        self.facts.side_similarity = SideSimilarity::of(&self, features);
        let findings = findings::all(&self);
        let pictures = pictures::draw(&self, features, progress)?;
        let page = page::html(&self, &findings, &pictures)?;
        Ok(Inspection {
            page,
            pictures: pictures.files()?,
            facts: self.facts,
            findings,
        })
    }

    /// At most so many rows, in the order.
    fn some(&self, most: usize) -> Vec<u32> {
        let kept: Vec<bool> = self.order.iter().map(|&row| self.is_kept(row)).collect();
        let places = decimate(&kept, most);
        places.into_iter().map(|place| self.order[place]).collect()
    }

    fn is_kept(&self, row: u32) -> bool {
        self.kept[row as usize]
    }

    /// Whether there is a Fiedler vector.
    fn is_solved(&self) -> bool {
        self.facts.split.is_some()
    }

    /// A row by its number, and by its image where it has one.
    fn name(&self, row: u32) -> String {
        let path = self.input.paths.and_then(|paths| paths.get(row as usize));
        let named = path.map(|path| format!("row {row} ({})", path.display()));
        let name = named.unwrap_or_else(|| format!("row {row}"));
        // File names may hold control sequences of terminals.
        name.replace(char::is_control, "\u{fffd}")
    }
}

#[cfg(test)]
mod tests;
