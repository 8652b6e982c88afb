//! Near-duplicates: groups of rows that are alike enough to one of them, which survives.
//!
//! Every pair within a part is compared, on the host's cores: n²d/2 multiply-adds. Those that have
//! a similar row are candidates; what follows compares candidates alone, and looks at their images
//! where rows have such.

mod looks;
mod units;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use gstds_data::Progress;
use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::partition::{Partition, PoolPart};
use crate::pool::Pool;
use crate::solve::go_on;
use looks::Look;
use units::{LANES, Units};

/// Rows at most in one part. Their pairs cost 10¹² multiply-adds at 512 features.
pub const MAX_COMPARED_ROWS: usize = 1 << 16;
/// How far below the threshold a similarity may be by rounding.
const ROUNDING: f64 = 2e-6;
/// Rows that one pass over all later rows compares with: at 1024 features 256 KiB, a core's cache.
const BLOCK: usize = 64;
/// Fixed-point digits of a similarity: sums of integers do not depend on their order.
const DIGITS: f64 = (1 << 20) as f64;

/// Which row of a group survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Survivor {
    /// The one that is most similar to the others together.
    #[default]
    Medoid,
    /// The image with the most pixels.
    Largest,
    /// The image with the highest variance of its Laplacian, the usual measure of focus.
    Sharpest,
    /// The first.
    First,
}

impl Survivor {
    /// Every choice.
    pub const ALL: &[Self] = &[Self::Medoid, Self::Largest, Self::Sharpest, Self::First];

    /// The name used on command lines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Medoid => "medoid",
            Self::Largest => "largest",
            Self::Sharpest => "sharpest",
            Self::First => "first",
        }
    }
}

/// What counts as a near-duplicate, and what becomes of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DuplicateSearch {
    /// Cosine similarity to the survivor from which a row belongs to its group.
    pub threshold: f32,
    /// Which row of a group survives.
    pub survivor: Survivor,
    /// Leaves all but the survivors out of the selection; else the groups are told and kept rows do
    /// not depend on them.
    pub drop: bool,
}

impl DuplicateSearch {
    /// Finds groups with their medoids, and drops nothing.
    #[must_use]
    pub fn new(threshold: f32) -> Self {
        Self {
            threshold,
            survivor: Survivor::Medoid,
            drop: false,
        }
    }
}

/// Groups of near-duplicates.
#[derive(Clone, Debug, PartialEq)]
pub struct DuplicateGroups {
    /// Cosine similarity that every row of a group has, at least, to its survivor.
    pub threshold: f32,
    /// For each row the survivor of its group, which is itself where it survives or is in none.
    pub survivors: Vec<u32>,
    /// For each row the first one whose image file has the same bytes; none where rows have no
    /// images.
    pub copies: Option<Vec<u32>>,
}

impl DuplicateGroups {
    /// Groups of at least two rows: the survivor, then the others in ascending order; by survivor.
    #[must_use]
    pub fn lists(&self) -> Vec<Vec<u32>> {
        lists(&self.survivors)
    }

    /// Rows with files of the same bytes, at least two in each list; none where rows have no images.
    #[must_use]
    pub fn copy_lists(&self) -> Option<Vec<Vec<u32>>> {
        self.copies.as_deref().map(lists)
    }

    /// How many rows have another survivor than themselves.
    #[must_use]
    pub fn rows(&self) -> usize {
        others(&self.survivors)
    }

    /// How many rows are exact copies of an earlier one, where that is known.
    #[must_use]
    pub fn exact_copies(&self) -> Option<usize> {
        self.copies.as_deref().map(others)
    }
}

fn others(of: &[u32]) -> usize {
    (0_u32..)
        .zip(of)
        .filter(|&(row, &first)| row != first)
        .count()
}

fn lists(of: &[u32]) -> Vec<Vec<u32>> {
    let mut members = std::collections::BTreeMap::<u32, Vec<u32>>::new();
    for (row, &first) in (0_u32..).zip(of) {
        if first != row {
            members
                .entry(first)
                .or_insert_with(|| vec![first])
                .push(row);
        }
    }
    members.into_values().collect()
}

/// Finds the groups among all rows of a pool, without a device: n²d/2 multiply-adds and 4nd bytes
/// for n rows of d features. Zero, NaN and infinite rows are in none.
///
/// # Errors
/// [`Error::Threshold`] outside (0, 1], [`Error::SurvivorWithoutImages`] for a survivor that images
/// decide where there are none, [`Error::TooManyPairs`] for more than
/// [`MAX_COMPARED_ROWS`] rows, [`Error::Data`] for rows that cannot be read, and [`Error::Stopped`]
/// where `progress` asks for it.
pub fn near_duplicates(
    pool: &mut Pool,
    search: DuplicateSearch,
    progress: &mut dyn Progress,
) -> Result<DuplicateGroups> {
    let rows = pool.layout().rows;
    let threshold = search.threshold;
    if !(threshold > 0.0 && threshold <= 1.0) {
        return Err(Error::Threshold { threshold });
    }
    if rows > MAX_COMPARED_ROWS {
        let limit = MAX_COMPARED_ROWS;
        return Err(Error::TooManyPairs { rows, limit });
    }
    let parts = Partition::Whole.divide(rows, rows, &[]);
    find(pool, &parts, search, &[], progress)
}

/// Finds the groups within every part. Zero, NaN and infinite rows are in none.
///
/// Rows of `already`, which were chosen before, survive. The other candidates are taken in the order
/// of the survivor's rule, ties by row: one that is similar enough to an earlier survivor, and looks
/// like it, joins the first such; else it survives. So no two survivors are near-duplicates unless
/// both were chosen before, and no row is in a group whose survivor it is not like.
pub(crate) fn find(
    pool: &mut Pool,
    parts: &[PoolPart],
    search: DuplicateSearch,
    already: &[u32],
    progress: &mut dyn Progress,
) -> Result<DuplicateGroups> {
    let needs_images = matches!(search.survivor, Survivor::Largest | Survivor::Sharpest);
    if needs_images && pool.paths().is_none() {
        return Err(Error::SurvivorWithoutImages {
            survivor: search.survivor.name(),
        });
    }
    let rows = pool.layout().rows;
    let mut groups = DuplicateGroups {
        threshold: search.threshold,
        survivors: (0..rows as u32).collect(),
        copies: pool.paths().map(|_| (0..rows as u32).collect()),
    };
    let mut compared = 0;
    for part in parts {
        let mut done = |count| {
            compared = rows.min(compared + count);
            progress.job("rows compared", compared, rows);
            go_on(progress)
        };
        let units = Units::read(pool, &part.rows)?;
        let finder = Finder::new(&units, pool, part, search, already, &mut done)?;
        let row = |place: usize| part.rows.at(place) as u32;
        for (place, survivor) in finder.groups()? {
            groups.survivors[row(place) as usize] = row(survivor);
        }
        if let (Some(copies), Some(paths)) = (&mut groups.copies, pool.paths()) {
            for (place, first) in finder.copies(pool, part, paths) {
                copies[row(place) as usize] = row(first);
            }
        }
    }
    Ok(groups)
}

/// Bytes on the host for parts of up to `rows` rows.
pub(crate) fn bytes(rows: usize, features: usize) -> u64 {
    (rows as u64).saturating_mul(4 * features.next_multiple_of(LANES) as u64)
}

/// The candidates of a part.
struct Finder<'a> {
    units: &'a Units,
    least: f64,
    survivor: Survivor,
    /// Places in the part, ascending.
    candidates: Vec<usize>,
    /// Whether each candidate was chosen before.
    chosen: Vec<bool>,
    /// Of each candidate, where rows have images.
    looks: Vec<Option<Look>>,
}

impl<'a> Finder<'a> {
    fn new(
        units: &'a Units,
        pool: &Pool,
        part: &PoolPart,
        search: DuplicateSearch,
        already: &[u32],
        done: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<Self> {
        // At least above 0, which is how a row of zeros compares.
        let cosine = f64::from(search.threshold);
        let least = (cosine - ROUNDING).max(cosine / 2.0);
        let closeness = closeness(units.rows(), &|a, b| units.similarity(a, b), least, done)?;
        let candidates: Vec<usize> = (0..units.rows()).filter(|&at| closeness[at] > 0).collect();
        let mut chosen = vec![false; candidates.len()];
        for place in part.rows.places_of(already) {
            if let Ok(at) = candidates.binary_search(&(place as usize)) {
                chosen[at] = true;
            }
        }
        let looks = match pool.paths() {
            Some(paths) => {
                let of = |&place: &usize| &paths[part.rows.at(place)];
                let paths: Vec<&PathBuf> = candidates.iter().map(of).collect();
                looks::at(pool, &paths, search.survivor)
            }
            None => candidates.iter().map(|_| None).collect(),
        };
        Ok(Self {
            units,
            least,
            survivor: search.survivor,
            candidates,
            chosen,
            looks,
        })
    }

    /// The similarity of two candidates; 0 where their whole pictures differ.
    fn similarity(&self, a: usize, b: usize) -> f64 {
        let similarity = self
            .units
            .similarity(self.candidates[a], self.candidates[b]);
        let alike = match (&self.looks[a], &self.looks[b]) {
            (Some(one), Some(other)) => similarity < self.least || one.is_like(other),
            _ => true,
        };
        if alike { similarity } else { 0.0 }
    }

    /// Candidates in the order of the survivor's rule, those chosen before first.
    fn order(&self) -> Result<Vec<usize>> {
        let count = self.candidates.len();
        let mut order: Vec<usize> = (0..count).collect();
        match self.survivor {
            Survivor::First => {}
            Survivor::Medoid => {
                let pair = |a: usize, b: usize| self.similarity(a, b);
                let closeness = closeness(count, &pair, self.least, &mut |_| Ok(()))?;
                order.sort_by_key(|&at| std::cmp::Reverse(closeness[at]));
            }
            Survivor::Largest | Survivor::Sharpest => {
                let quality = |at: usize| self.looks[at].as_ref().map_or(-1.0, |look| look.quality);
                order.sort_by(|&a, &b| quality(b).total_cmp(&quality(a)));
            }
        }
        order.sort_by_key(|&at| !self.chosen[at]);
        Ok(order)
    }

    /// Places of rows with another survivor than themselves, and of those.
    fn groups(&self) -> Result<Vec<(usize, usize)>> {
        let mut survivors: Vec<usize> = Vec::new();
        let mut joined = Vec::new();
        let is_near = |a: usize, b: usize| self.similarity(a, b) >= self.least;
        for block in self.order()?.chunks(8 * BLOCK) {
            let before = survivors.len();
            let first = |&at: &usize| survivors.iter().copied().find(|&other| is_near(at, other));
            let found: Vec<Option<usize>> = block.par_iter().map(first).collect();
            for (&at, found) in block.iter().zip(found) {
                let later = || {
                    survivors[before..]
                        .iter()
                        .copied()
                        .find(|&other| is_near(at, other))
                };
                match found.or_else(later) {
                    Some(survivor) if !self.chosen[at] => {
                        joined.push((self.candidates[at], self.candidates[survivor]));
                    }
                    _ => survivors.push(at),
                }
            }
        }
        Ok(joined)
    }

    /// Places of rows whose file has the bytes of an earlier one's, and of those.
    fn copies(&self, pool: &Pool, part: &PoolPart, paths: &[PathBuf]) -> Vec<(usize, usize)> {
        let of = |&place: &usize| &paths[part.rows.at(place)];
        let paths: Vec<&PathBuf> = self.candidates.iter().map(of).collect();
        let copies = looks::copies(pool.root(), &paths);
        let pairs = copies
            .into_iter()
            .enumerate()
            .filter(|(at, first)| at != first);
        pairs
            .map(|(at, first)| (self.candidates[at], self.candidates[first]))
            .collect()
    }
}

/// The sum of each row's similarities of at least `least` to other rows, in fixed point; 0 where it
/// has none. `done` is called with the number of rows compared, and its error ends the work.
fn closeness(
    rows: usize,
    similarity: &(dyn Fn(usize, usize) -> f64 + Sync),
    least: f64,
    done: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Vec<u64>> {
    let sums: Vec<AtomicU64> = (0..rows).map(|_| AtomicU64::new(0)).collect();
    let starts: Vec<usize> = (0..rows).step_by(BLOCK).collect();
    // A few blocks at a time, so that progress shows.
    for some in starts.chunks(8 * rayon::current_num_threads()) {
        some.par_iter().for_each(|&first| {
            let end = rows.min(first + BLOCK);
            for b in first + 1..rows {
                for a in first..end.min(b) {
                    let value = similarity(a, b);
                    if value >= least {
                        let value = (value * DIGITS).max(1.0) as u64;
                        sums[a].fetch_add(value, Ordering::Relaxed);
                        sums[b].fetch_add(value, Ordering::Relaxed);
                    }
                }
            }
        });
        done(some.len() * BLOCK)?;
    }
    Ok(sums.into_iter().map(AtomicU64::into_inner).collect())
}

#[cfg(test)]
mod tests;
