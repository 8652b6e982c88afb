//! Rows that have a similar one, found on the host or on the device.

use gstds::adapter::Gpu;
use gstds::{Features, NeighbourLists, NeighbourOptions, Neighbours, Shape};

use super::groups::closeness;
use crate::error::{Error, Result};
use crate::neighbour_search;
use crate::pool::{Pool, RowSet};
use crate::solve::upload::{self, Upload};
use crate::units::{self, Units};

/// Neighbours of a row that the device looks for. A row that has as many near-duplicates is compared
/// with all others of its kind on the host.
const LISTED: u32 = 16;
/// No candidate.
const NONE: u32 = u32::MAX;

/// Rows of a part that have a similar one.
pub(super) struct Candidates {
    units: Units,
    /// The row of each candidate among `units`.
    unit_of: Vec<usize>,
    /// Places in the part, ascending.
    pub(super) places: Vec<usize>,
    /// Numbers of candidates, ascending in each set: no row is similar to one of another set.
    pub(super) sets: Vec<Vec<usize>>,
}

impl Candidates {
    /// Compares all pairs on the host's cores: n²d/2 multiply-adds and 4nd bytes.
    pub(super) fn on_host(
        pool: &mut Pool,
        rows: &RowSet,
        least: f64,
        done: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<Self> {
        let units = Units::read(pool, rows)?;
        let closeness = closeness(units.rows(), &|a, b| units.similarity(a, b), least, done)?;
        let places: Vec<usize> = (0..units.rows()).filter(|&at| closeness[at] > 0).collect();
        Ok(Self {
            units,
            unit_of: places.clone(),
            sets: vec![(0..places.len()).collect()],
            places,
        })
    }

    /// Has the device look for the nearest rows of each: n²d multiply-adds there. Its similarities
    /// are f32 and sums in another order, so that candidates are those which may be similar enough
    /// within the bound on their rounding.
    pub(super) fn on_device(
        gpu: &Gpu,
        pool: &mut Pool,
        rows: &RowSet,
        least: f64,
        done: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<Self> {
        let lists = nearest(gpu, pool, rows, done)?;
        let least = least - rounding(pool.layout().features);
        let count = rows.len();
        let near = |row: usize| {
            let similar = lists.of(row);
            similar
                .take_while(|(_, similarity)| f64::from(*similarity) >= least)
                .map(|(other, _)| other as usize)
        };
        let mut number = vec![NONE; count];
        for row in 0..count {
            for other in near(row) {
                (number[row], number[other]) = (0, 0);
            }
        }
        let places: Vec<usize> = (0..count).filter(|&row| number[row] == 0).collect();
        for (at, &place) in (0..).zip(&places) {
            number[place] = at;
        }
        let mut linked = Linked::new(places.len());
        // Lists that are full may lack near-duplicates, but none whose own list is not full.
        let mut full = None;
        for (at, &place) in places.iter().enumerate() {
            near(place).for_each(|other| linked.link(at, number[other] as usize));
            if near(place).count() == LISTED as usize {
                linked.link(at, *full.get_or_insert(at));
            }
        }
        let sets = linked.sets();
        check_sets(&sets)?;
        let listed = places.iter().map(|&place| rows.at(place) as u32).collect();
        Ok(Self {
            units: Units::read(pool, &RowSet::List(listed))?,
            unit_of: (0..places.len()).collect(),
            sets,
            places,
        })
    }

    /// The cosine similarity of two candidates.
    pub(super) fn similarity(&self, a: usize, b: usize) -> f64 {
        self.units.similarity(self.unit_of[a], self.unit_of[b])
    }
}

/// Refuses a set of more candidates than are compared on the host.
fn check_sets(sets: &[Vec<usize>]) -> Result<()> {
    let rows = sets.iter().map(Vec::len).max().unwrap_or(0);
    let limit = super::MAX_HOST_COMPARED_ROWS;
    match rows > limit {
        true => Err(Error::TooManyAlike { rows, limit }),
        false => Ok(()),
    }
}

/// By how much a similarity of the device may be off: the bound on the rounding of two norms and a
/// product, each a sum of so many f32.
fn rounding(features: usize) -> f64 {
    2.0 * (features + 16) as f64 * f64::from(f32::EPSILON)
}

/// The nearest rows of each, by their places.
fn nearest(
    gpu: &Gpu,
    pool: &mut Pool,
    rows: &RowSet,
    done: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<NeighbourLists> {
    let shape = Shape {
        rows: rows.len(),
        features: pool.layout().features,
    };
    let bytes = feature_bytes(shape, pool.layout().row_bytes());
    let mut upload = Upload::new(gpu, bytes)?;
    upload.push(pool, rows, &mut |_| done(0))?;
    upload.finish()?;
    let search = Neighbours::prepare(&gpu.device, shape, &options())?;
    let features = Features::new(upload.buffer()).dtype(upload::dtype(pool.layout().element()));
    neighbour_search::search(gpu, &search, features, shape.rows, done)
}

fn options() -> NeighbourOptions {
    NeighbourOptions::default().neighbours(LISTED)
}

/// Bytes of the buffer that features are written to.
fn feature_bytes(shape: Shape, row_bytes: u64) -> u64 {
    let bytes = row_bytes.saturating_mul(shape.rows as u64);
    bytes.checked_next_multiple_of(4).unwrap_or(bytes)
}

/// Bytes on the device where it compares a part of this shape: of the features, and beside them.
///
/// # Errors
/// [`gstds::Error::DeviceLimit`].
pub(crate) fn device_bytes(
    shape: Shape,
    row_bytes: u64,
    limits: &wgpu::Limits,
) -> gstds::Result<[u64; 2]> {
    let (needed, allowed) = (feature_bytes(shape, row_bytes), limits.max_buffer_size);
    if needed > allowed {
        return Err(gstds::Error::DeviceLimit {
            what: "features",
            needed,
            limit: "max_buffer_size",
            allowed,
        });
    }
    Ok([
        needed,
        Neighbours::workspace_bytes(shape, &options(), limits)?,
    ])
}

/// Bytes on the host for a part of so many rows: unit rows of all, at most, and their lists.
pub(crate) fn host_bytes(rows: usize, features: usize) -> u64 {
    let width = 4 * features.next_multiple_of(units::LANES) as u64;
    let lists = match rows > super::FEWEST_ON_GPU {
        true => 8 * u64::from(LISTED),
        false => 0,
    };
    (rows as u64).saturating_mul(width + lists)
}

/// Sets of numbers, each of which is linked to another of its set.
struct Linked(Vec<usize>);

impl Linked {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn first(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    fn link(&mut self, a: usize, b: usize) {
        let (a, b) = (self.first(a), self.first(b));
        self.0[a.max(b)] = a.min(b);
    }

    /// The sets by their first numbers.
    fn sets(mut self) -> Vec<Vec<usize>> {
        let mut sets: Vec<Vec<usize>> = Vec::new();
        let mut set_of = vec![usize::MAX; self.0.len()];
        for at in 0..self.0.len() {
            // The lowest number of a set, which comes first.
            let first = self.first(at);
            if first == at {
                set_of[at] = sets.len();
                sets.push(Vec::new());
            }
            sets[set_of[first]].push(at);
        }
        sets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_that_the_host_would_take_long_for_are_refused() {
        let set = |count: usize| (0..count).collect::<Vec<_>>();
        let most = crate::MAX_HOST_COMPARED_ROWS;
        assert!(check_sets(&[set(most), set(2)]).is_ok());
        let message = check_sets(&[set(2), set(most + 1)])
            .unwrap_err()
            .to_string();
        assert!(message.starts_with("65537 rows may be"), "{message}");
    }

    #[test]
    fn links_make_sets() {
        let mut linked = Linked::new(7);
        for (a, b) in [(5, 2), (0, 6), (2, 3), (3, 5)] {
            linked.link(a, b);
        }
        assert_eq!(linked.sets(), [vec![0, 6], vec![1], vec![2, 3, 5], vec![4]]);
    }
}
