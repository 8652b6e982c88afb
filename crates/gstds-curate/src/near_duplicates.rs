//! Near-duplicates: groups of rows that a chain of similar pairs connects.
//!
//! Every pair within a part is compared, on the host's cores: n²d/2 multiply-adds.

use gstds_data::Progress;
use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::partition::{Partition, PoolPart};
use crate::pool::{Pool, RowSet};
use crate::solve::go_on;

/// Rows at most in one part. Their pairs cost 10¹² multiply-adds at 512 features.
pub const MAX_COMPARED_ROWS: usize = 1 << 16;
/// How far below the threshold a similarity may be by rounding.
const ROUNDING: f64 = 2e-6;
/// Values of a row whose products are summed in f32; 16 additions a lane keep that within 1e-6.
const STRETCH: usize = 16 * LANES;
/// Rows that one pass over all later rows compares with: at 1024 features 256 KiB, a core's cache.
const BLOCK: usize = 64;
/// Sums that a product is divided among, so that it becomes vector instructions.
const LANES: usize = 16;

/// Groups of near-duplicates.
#[derive(Clone, Debug, PartialEq)]
pub struct DuplicateGroups {
    /// Cosine similarity from which a pair of rows is connected.
    pub threshold: f32,
    /// For each row the lowest row of its group, which is itself where it has no near-duplicate.
    pub lowest: Vec<u32>,
}

impl DuplicateGroups {
    /// Groups of at least two rows, each in ascending order.
    #[must_use]
    pub fn lists(&self) -> Vec<Vec<u32>> {
        let mut members = std::collections::BTreeMap::<u32, Vec<u32>>::new();
        for (row, &group) in (0_u32..).zip(&self.lowest) {
            if group != row {
                let list = members.entry(group).or_insert_with(|| vec![group]);
                list.push(row);
            }
        }
        members.into_values().collect()
    }
}

/// Finds the groups among all rows of a pool, without a device: n²d/2 multiply-adds and 4nd bytes
/// for n rows of d features. Zero, NaN and infinite rows are in none.
///
/// # Errors
/// [`Error::Threshold`] outside (0, 1], [`Error::TooManyPairs`] for more than
/// [`MAX_COMPARED_ROWS`] rows, [`Error::Data`] for rows that cannot be read, and [`Error::Stopped`]
/// where `progress` asks for it.
pub fn near_duplicates(
    pool: &mut Pool,
    threshold: f32,
    progress: &mut dyn Progress,
) -> Result<DuplicateGroups> {
    let rows = pool.layout().rows;
    if !(threshold > 0.0 && threshold <= 1.0) {
        return Err(Error::Threshold { threshold });
    }
    if rows > MAX_COMPARED_ROWS {
        let limit = MAX_COMPARED_ROWS;
        return Err(Error::TooManyPairs { rows, limit });
    }
    find(
        pool,
        &Partition::Whole.divide(rows, rows),
        threshold,
        progress,
    )
}

/// Finds the groups within every part. Zero, NaN and infinite rows are in none.
pub(crate) fn find(
    pool: &mut Pool,
    parts: &[PoolPart],
    threshold: f32,
    progress: &mut dyn Progress,
) -> Result<DuplicateGroups> {
    // At least above 0, which is how a row of zeros compares.
    let cosine = f64::from(threshold);
    let least = (cosine - ROUNDING).max(cosine / 2.0);
    let rows = pool.layout().rows;
    let mut lowest: Vec<u32> = (0..rows as u32).collect();
    let mut compared = 0;
    for part in parts {
        let units = Units::read(pool, &part.rows)?;
        let mut forest = Forest::new(part.rows.len());
        let starts: Vec<usize> = (0..part.rows.len()).step_by(BLOCK).collect();
        // A few blocks at a time, so that progress shows.
        for some in starts.chunks(8 * rayon::current_num_threads()) {
            let found: Vec<Vec<(u32, u32)>> = some
                .par_iter()
                .map(|&first| units.pairs_from(first, least))
                .collect();
            for (a, b) in found.into_iter().flatten() {
                forest.join(a, b);
            }
            compared = rows.min(compared + some.len() * BLOCK);
            progress.job("rows compared", compared, rows);
            go_on(progress)?;
        }
        // A row's root is the lowest place of its group; places are in the order of rows.
        for place in 0..part.rows.len() {
            let root = forest.root(place as u32) as usize;
            lowest[part.rows.at(place)] = part.rows.at(root) as u32;
        }
    }
    Ok(DuplicateGroups { threshold, lowest })
}

/// Bytes on the host for parts of up to `rows` rows.
pub(crate) fn bytes(rows: usize, features: usize) -> u64 {
    (rows as u64).saturating_mul(4 * features.next_multiple_of(LANES) as u64)
}

/// Rows of unit length, padded with zeros; a row of zeros where there is none.
struct Units {
    values: Vec<f32>,
    width: usize,
}

impl Units {
    fn read(pool: &mut Pool, rows: &RowSet) -> Result<Self> {
        let width = pool.layout().features.next_multiple_of(LANES);
        let mut values = Vec::with_capacity(rows.len() * width);
        pool.for_each_row(rows, |row| {
            unit(row, &mut values);
            values.resize(values.len().next_multiple_of(width), 0.0);
        })?;
        Ok(Self { values, width })
    }

    fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.width..(row + 1) * self.width]
    }

    fn rows(&self) -> usize {
        self.values.len() / self.width
    }

    /// Pairs that connect the same rows as all similar pairs of a block of rows with itself and all
    /// later rows: at most one for each later row, and those within the block.
    fn pairs_from(&self, first: usize, least: f64) -> Vec<(u32, u32)> {
        let end = self.rows().min(first + BLOCK);
        let mut pairs = Vec::new();
        let mut joined = [0_u64; BLOCK];
        for b in first + 1..self.rows() {
            let other = self.row(b);
            let mut head: Option<usize> = None;
            for a in first..end.min(b) {
                if dot(self.row(a), other) < least {
                    continue;
                }
                match head {
                    None => {
                        head = Some(a);
                        pairs.push((a as u32, b as u32));
                    }
                    Some(head) => {
                        // Both are connected to `b`; one pair between them is enough.
                        let bit = 1 << (a - first);
                        if joined[head - first] & bit == 0 {
                            joined[head - first] |= bit;
                            pairs.push((head as u32, a as u32));
                        }
                    }
                }
            }
        }
        pairs
    }
}

/// Appends a row of unit length; zeros where it has no direction.
fn unit(row: &[f64], values: &mut Vec<f32>) {
    let norm = row.iter().map(|value| value * value).sum::<f64>().sqrt();
    let scale = if norm.is_finite() && norm > 0.0 {
        1.0 / norm
    } else {
        0.0
    };
    values.extend(row.iter().map(|value| match scale > 0.0 {
        true => (value * scale) as f32,
        false => 0.0,
    }));
}

/// Lanes are added up in a fixed order, so that every machine finds the same groups; in f64 after
/// each stretch, so that wide rows lose no more than narrow ones.
fn dot(a: &[f32], b: &[f32]) -> f64 {
    let mut sum = 0.0;
    for (a, b) in a.chunks(STRETCH).zip(b.chunks(STRETCH)) {
        let mut sums = [0.0_f32; LANES];
        for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
            for lane in 0..LANES {
                sums[lane] += a[lane] * b[lane];
            }
        }
        sum += sums.iter().map(|&sum| f64::from(sum)).sum::<f64>();
    }
    sum
}

/// Disjoint sets whose roots are their lowest members.
struct Forest(Vec<u32>);

impl Forest {
    fn new(size: usize) -> Self {
        Self((0..size as u32).collect())
    }

    fn root(&mut self, mut member: u32) -> u32 {
        while self.0[member as usize] != member {
            let above = self.0[member as usize];
            self.0[member as usize] = self.0[above as usize];
            member = above;
        }
        member
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b) as usize] = a.min(b);
    }
}

#[cfg(test)]
mod tests;
