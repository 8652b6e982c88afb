//! Near-duplicates: groups of rows that are alike enough to one of them, which survives.
//!
//! Every pair within a part is compared, on the host's cores or tile by tile on the device. Rows that
//! have a similar one are candidates; what follows compares candidates alone, on the host, and looks
//! at their images where rows have such.

mod candidates;
mod groups;
mod looks;

use gstds::adapter::Gpu;
use gstds_data::Progress;

use crate::error::{Error, Result};
use crate::partition::{Partition, PoolPart};
use crate::pool::Pool;
use crate::solve::go_on;
use candidates::Candidates;
pub(crate) use candidates::{device_bytes, host_bytes};
use groups::Finder;

/// Rows at most in one part, with a device. Their pairs cost 2.8·10¹⁴ multiply-adds at 512 features
/// each way.
pub const MAX_COMPARED_ROWS: usize = gstds::MAX_COVERED_ROWS;
/// Rows at most in one part without a device. Their pairs cost 10¹² multiply-adds at 512 features.
pub const MAX_HOST_COMPARED_ROWS: usize = 1 << 16;
/// Rows in one part from which a GPU compares them, as long as it is one; a software adapter is no
/// faster than the host, which compares each pair once.
const FEWEST_ON_GPU: usize = 1 << 12;
/// How far below the threshold a similarity may be by rounding.
const ROUNDING: f64 = 2e-6;

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

/// What near-duplicates are looked for by.
#[derive(Clone, Copy)]
pub(crate) struct Comparison<'a> {
    pub(crate) search: DuplicateSearch,
    /// Rows that were chosen before.
    pub(crate) already: &'a [u32],
    /// The device, and the number of rows in a part beyond which it compares them.
    pub(crate) device: Option<(&'a Gpu, usize)>,
}

impl<'a> Comparison<'a> {
    /// On the host alone.
    fn on_host(search: DuplicateSearch) -> Self {
        Self {
            search,
            already: &[],
            device: None,
        }
    }

    /// On the device where parts are large.
    pub(crate) fn with(gpu: &'a Gpu, search: DuplicateSearch, already: &'a [u32]) -> Self {
        Self {
            search,
            already,
            device: Some((gpu, most_on_host(gpu))),
        }
    }

    /// The cosine similarity from which rows are near-duplicates, up to rounding; above 0, which is
    /// how a row of zeros compares.
    fn least(&self) -> f64 {
        let cosine = f64::from(self.search.threshold);
        (cosine - ROUNDING).max(cosine / 2.0)
    }
}

/// Rows in a part up to which the host compares them though there is a device.
pub(crate) fn most_on_host(gpu: &Gpu) -> usize {
    match gpu.adapter.get_info().device_type {
        wgpu::DeviceType::Cpu => MAX_HOST_COMPARED_ROWS,
        _ => FEWEST_ON_GPU,
    }
}

/// Finds the groups among all rows of a pool, without a device: n²d/2 multiply-adds and 4nd bytes
/// for n rows of d features. Zero, NaN and infinite rows are in none.
///
/// # Errors
/// [`Error::Threshold`] outside (0, 1], [`Error::SurvivorWithoutImages`] for a survivor that images
/// decide where there are none, [`Error::TooManyPairs`] for more than
/// [`MAX_HOST_COMPARED_ROWS`] rows, [`Error::Data`] for rows that cannot be read, and
/// [`Error::Stopped`] where `progress` asks for it.
pub fn near_duplicates(
    pool: &mut Pool,
    search: DuplicateSearch,
    progress: &mut dyn Progress,
) -> Result<DuplicateGroups> {
    let comparison = Comparison::on_host(search);
    find_whole(pool, &comparison, MAX_HOST_COMPARED_ROWS, progress)
}

/// The same with a device, of up to [`MAX_COMPARED_ROWS`] rows. The groups are the same to the row.
///
/// A GPU compares pools of more than 4,096 rows, and a software adapter those of more than 65,536:
/// tile by tile without the n x n matrix, n²d multiply-adds for n rows of d features. It takes the
/// bytes of the features and those of [`gstds::Neighbours`] with lists of 16. The host then compares
/// pairs within each set of rows that are alike, and all rows that have 16 near-duplicates or more
/// with each other: d/2 multiply-adds a pair, and 4d bytes for each row that has a near-duplicate.
///
/// # Errors
/// As [`near_duplicates`], and [`Error::Selection`] for what the device cannot hold.
pub fn near_duplicates_on(
    gpu: &Gpu,
    pool: &mut Pool,
    search: DuplicateSearch,
    progress: &mut dyn Progress,
) -> Result<DuplicateGroups> {
    let comparison = Comparison::with(gpu, search, &[]);
    find_whole(pool, &comparison, MAX_COMPARED_ROWS, progress)
}

fn find_whole(
    pool: &mut Pool,
    comparison: &Comparison<'_>,
    limit: usize,
    progress: &mut dyn Progress,
) -> Result<DuplicateGroups> {
    let rows = pool.layout().rows;
    let threshold = comparison.search.threshold;
    if !(threshold > 0.0 && threshold <= 1.0) {
        return Err(Error::Threshold { threshold });
    }
    if rows > limit {
        return Err(Error::TooManyPairs { rows, limit });
    }
    let parts = Partition::Whole.divide(rows, rows, &[]);
    find(pool, &parts, comparison, progress)
}

/// Finds the groups within every part. Zero, NaN and infinite rows are in none.
///
/// Rows that were chosen before survive. The other candidates are taken in the order of the
/// survivor's rule, ties by row: one that is similar enough to an earlier survivor, and looks like
/// it, joins the first such; else it survives. So no two survivors are near-duplicates unless both
/// were chosen before, and no row is in a group whose survivor it is not like.
pub(crate) fn find(
    pool: &mut Pool,
    parts: &[PoolPart],
    comparison: &Comparison<'_>,
    progress: &mut dyn Progress,
) -> Result<DuplicateGroups> {
    let search = comparison.search;
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
        let least = comparison.least();
        let candidates = match comparison.device {
            Some((gpu, most)) if part.rows.len() > most => {
                Candidates::on_device(gpu, pool, &part.rows, least, &mut done)?
            }
            _ => Candidates::on_host(pool, &part.rows, least, &mut done)?,
        };
        let finder = Finder::new(candidates, pool, part, comparison);
        let row = |place: usize| part.rows.at(place) as u32;
        for (place, survivor) in finder.groups(&mut done)? {
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

#[cfg(test)]
mod tests;
