//! Near-duplicates: groups of rows that a chain of similar pairs connects.
//!
//! Every pair within a part is looked at, on the host's cores: n²d/2 multiply-adds.

use rayon::prelude::*;

use super::parts::{Part, Rows};
use crate::exit::Failure;
use gstds_data::matrix::Matrix;

/// Rows at most in one part. Their pairs cost 10¹² multiply-adds at 512 features.
pub(crate) const MOST_ROWS: usize = 1 << 16;
/// How far below the threshold a similarity may come out by rounding.
const ROUNDING: f64 = 2e-6;
/// Values of a row whose products are summed in f32; 16 additions a lane keep that within 1e-6.
const STRETCH: usize = 16 * LANES;
/// Rows that one pass over all later rows compares with: at 1024 features 256 KiB, a core's cache.
const BLOCK: usize = 64;
/// Sums that a product is divided among, so that it becomes vector instructions.
const LANES: usize = 16;

/// Finds the groups of every part: for each row the lowest row of its group, which is itself where
/// it has no near-duplicate. Zero, NaN and infinite rows have none.
pub(crate) fn groups(
    pool: &mut Matrix,
    parts: &[Part],
    threshold: f32,
    done: &mut dyn FnMut(usize),
) -> Result<Vec<u32>, Failure> {
    // Above nothing, for that is how a row of zeros compares.
    let threshold = f64::from(threshold);
    let least = (threshold - ROUNDING).max(threshold / 2.0);
    let mut groups: Vec<u32> = (0..pool.layout().rows as u32).collect();
    for part in parts {
        let units = Units::read(pool, &part.rows)?;
        let mut forest = Forest::new(part.rows.len());
        let starts: Vec<usize> = (0..part.rows.len()).step_by(BLOCK).collect();
        // Some blocks of work at a time, so that progress is seen.
        for some in starts.chunks(8 * rayon::current_num_threads()) {
            let found: Vec<Vec<(u32, u32)>> = some
                .par_iter()
                .map(|&first| units.pairs_from(first, least))
                .collect();
            for (a, b) in found.into_iter().flatten() {
                forest.join(a, b);
            }
            done(some.len() * BLOCK);
        }
        // A row's root is the lowest place of its group; places are in the order of rows.
        for place in 0..part.rows.len() {
            let root = forest.root(place as u32) as usize;
            groups[part.rows.at(place)] = part.rows.at(root) as u32;
        }
    }
    Ok(groups)
}

/// Bytes on the host for parts of up to so many rows.
pub(super) fn bytes(rows: usize, features: usize) -> u64 {
    (rows as u64).saturating_mul(4 * features.next_multiple_of(LANES) as u64)
}

/// Rows of unit length, padded with zeros; a row of zeros where there is none.
struct Units {
    values: Vec<f32>,
    width: usize,
}

impl Units {
    fn read(pool: &mut Matrix, rows: &Rows) -> Result<Self, Failure> {
        let layout = pool.layout().clone();
        let width = layout.features.next_multiple_of(LANES);
        let mut values = Vec::with_capacity(rows.len() * width);
        let mut stored = Vec::new();
        let mut row = vec![0.0; layout.features];
        let most = (super::upload::CHUNK as u64 / layout.row_bytes()).max(1) as usize;
        for run in rows.runs(most) {
            stored.clear();
            pool.read(run, &mut stored)?;
            for bytes in stored.chunks_exact(layout.row_bytes() as usize) {
                decode(bytes, layout.element(), &mut row);
                unit(&row, &mut values);
                values.resize(values.len().next_multiple_of(width), 0.0);
            }
        }
        Ok(Self { values, width })
    }

    fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.width..(row + 1) * self.width]
    }

    fn rows(&self) -> usize {
        self.values.len() / self.width
    }

    /// Pairs that connect what the similar pairs of a block of rows with it and all later rows
    /// connect: at most one a later row, and those within the block.
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
                        // Both are like `b`; one pair says so for good.
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

/// The values of a row as the device holds it.
pub(crate) fn decode(bytes: &[u8], element: gstds_data::matrix::DeviceElement, row: &mut [f64]) {
    let stored = bytes.chunks_exact(element.bytes() as usize);
    for (value, at) in row.iter_mut().zip(stored) {
        *value = match *at {
            [a, b] => half::f16::from_le_bytes([a, b]).to_f64(),
            [a, b, c, d] => f32::from_le_bytes([a, b, c, d]).into(),
            _ => f64::NAN,
        };
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
