//! Inspection of a selection: pictures of the pool, and findings from the spectrum of its graph.
//!
//! [`inspect`] does all of it. For a selection made elsewhere, [`InspectedPool::new`] orders the
//! rows and chooses those to draw, and [`InspectedPool::draw`] makes an [`Inspection`] from their
//! features: one HTML file and the pictures beside it.

mod facts;
mod files;
mod findings;
mod input;
mod inspected_pool;
mod page;
mod pictures;
mod sheet;
mod side_similarity;
mod solve;

use findings::Finding;

pub use facts::{
    DuplicateCounts, Eigenvalue, InspectionFacts, LabelSuspect, SideSimilarity, SignSplit,
};
pub use files::{Inspection, PictureFile};
pub use input::InspectionInput;
pub use inspected_pool::{InspectedPool, MOST_MAPPED};

use std::path::PathBuf;

use gstds::adapter::Gpu;
use gstds_data::Progress;

use crate::error::{Error, Result};
use crate::plan::{DevicePlan, PoolPlan};
use crate::pool::{Classes, Pool, RowSet};
use crate::request::SelectRequest;

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
    /// [`Error::NoValidRow`](crate::Error::NoValidRow),
    /// [`Error::Selection`](crate::Error::Selection) for what the kernels report, and
    /// [`Error::Plot`](crate::Error::Plot) for a picture that cannot be drawn.
    pub fn inspect(&self, pool: &mut Pool, progress: &mut dyn Progress) -> Result<Inspection> {
        self.inspect_chosen(pool, None, progress)
    }

    /// The same of rows of the pool that a rule of this name kept, whatever the plan's keeps.
    ///
    /// # Errors
    /// As [`DevicePlan::inspect`].
    pub fn inspect_kept(
        &self,
        pool: &mut Pool,
        rule: &'static str,
        kept: &[u32],
        progress: &mut dyn Progress,
    ) -> Result<Inspection> {
        self.inspect_chosen(pool, Some((rule, kept)), progress)
    }

    fn inspect_chosen(
        &self,
        pool: &mut Pool,
        chosen: Option<(&'static str, &[u32])>,
        progress: &mut dyn Progress,
    ) -> Result<Inspection> {
        let (request, rows) = (self.plan.request, pool.layout().rows);
        let (mut selection, invalid) = solve::solve(self, pool, progress)?;
        if invalid.len() == rows {
            return Err(Error::NoValidRow { rows });
        }
        if let Some((_, kept)) = chosen {
            selection.kept = kept.to_vec();
        }
        let find = |search| self.find_duplicates(pool, search, progress);
        let near_duplicates = request.near_duplicates.map(find).transpose()?;
        let label_losses = self.find_label_losses(pool, progress)?;
        let root = pool.root().to_path_buf();
        let paths = pool.paths().map(<[PathBuf]>::to_vec);
        let classes = request.label_suspects.as_ref();
        let classes = classes.or(request.partition.classes()).cloned();
        let classes = classes.or_else(|| paths.as_deref().map(Classes::of_folders));
        let mut inspected = InspectedPool::new(InspectionInput {
            options: &request.options,
            selection: &selection,
            width: pool.layout().features,
            invalid: &invalid,
            near_duplicates: near_duplicates.as_ref(),
            label_losses: label_losses.as_ref().zip(request.label_suspects.as_ref()),
            classes: classes.as_ref(),
            paths: paths.as_deref(),
            root: &root,
            decode_limit: pool.decode_limit(),
        });
        if let Some((rule, _)) = chosen {
            inspected.facts.rule = rule;
        }
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

impl InspectedPool<'_> {
    /// Draws everything from the features of [`InspectedPool::rows`], `[rows, width]`.
    ///
    /// Images of the contact sheet are decoded here; one that cannot be is listed with the reason.
    /// Takes up to a few seconds, mostly for encoding PNGs. The same input gives the same bytes.
    ///
    /// # Errors
    /// [`Error::Plot`](crate::Error::Plot) where the features are not those of the rows.
    pub fn draw(mut self, features: &[f32], progress: &mut dyn Progress) -> Result<Inspection> {
        self.facts.side_similarity = side_similarity::measure(&self, features);
        let findings = findings::all(&self);
        let pictures = pictures::draw(&self, features, progress)?;
        let page = page::html(&self, &findings, &pictures)?;
        Ok(Inspection {
            page,
            pictures: pictures.files()?,
            facts: self.facts,
            findings: findings.iter().map(Finding::text).collect(),
        })
    }
}

#[cfg(test)]
mod tests;
