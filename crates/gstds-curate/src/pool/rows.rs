//! Numbers of rows, and the runs in which they are read.

use std::ops::Range;

/// Rows of a pool, by their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowSet {
    /// Rows that follow each other.
    Range(Range<usize>),
    /// Any rows; in ascending order where they are a part of a pool.
    List(Vec<u32>),
}

impl RowSet {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Range(range) => range.len(),
            Self::List(list) => list.len(),
        }
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row at a place in this set; places count from 0.
    ///
    /// # Panics
    /// For a place beyond the end of a list.
    #[must_use]
    pub fn at(&self, place: usize) -> usize {
        match self {
            Self::Range(range) => range.start + place,
            Self::List(list) => list[place] as usize,
        }
    }

    /// The places of those of these rows that are in this set, in their order.
    pub(crate) fn places_of(&self, rows: &[u32]) -> Vec<u32> {
        let place = |row: &u32| match self {
            Self::Range(range) => {
                let row = *row as usize;
                range.contains(&row).then(|| (row - range.start) as u32)
            }
            Self::List(list) => list.binary_search(row).ok().map(|place| place as u32),
        };
        rows.iter().filter_map(place).collect()
    }

    /// Rows that follow each other in the pool, up to `most` at once, in the order of this set.
    pub(crate) fn runs(&self, most: usize) -> Vec<Range<usize>> {
        match self {
            Self::Range(range) => {
                let starts = range.clone().step_by(most);
                starts
                    .map(|first| first..range.end.min(first + most))
                    .collect()
            }
            Self::List(list) => {
                let mut runs: Vec<Range<usize>> = Vec::new();
                for row in list.iter().map(|&row| row as usize) {
                    match runs.last_mut() {
                        Some(run) if run.end == row && run.len() < most => run.end += 1,
                        _ => runs.push(row..row + 1),
                    }
                }
                runs
            }
        }
    }
}
