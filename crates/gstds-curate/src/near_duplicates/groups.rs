//! Groups around survivors, from rows that have similar ones.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::candidates::Candidates;
use super::looks::{self, Look};
use super::{Comparison, Survivor};
use crate::error::Result;
use crate::partition::PoolPart;
use crate::pool::Pool;

/// Rows that one pass over all later rows compares with: at 1024 features 256 KiB, a core's cache.
pub(super) const BLOCK: usize = 64;
/// Fixed-point digits of a similarity: sums of integers do not depend on their order.
const DIGITS: f64 = (1 << 20) as f64;
/// Candidates of a set up to which sets are grouped side by side, each by one core.
const SMALL_SET: usize = 1024;

/// Called with a number of rows compared; its error ends the work.
type Done<'a> = &'a mut dyn FnMut(usize) -> Result<()>;

/// The candidates of a part.
pub(super) struct Finder {
    candidates: Candidates,
    least: f64,
    survivor: Survivor,
    /// Whether each candidate was chosen before.
    chosen: Vec<bool>,
    /// Of each candidate, where rows have images.
    looks: Vec<Option<Look>>,
}

impl Finder {
    pub(super) fn new(
        candidates: Candidates,
        pool: &Pool,
        part: &PoolPart,
        comparison: &Comparison<'_>,
    ) -> Self {
        let places = &candidates.places;
        let mut chosen = vec![false; places.len()];
        for place in part.rows.places_of(comparison.already) {
            if let Ok(at) = places.binary_search(&(place as usize)) {
                chosen[at] = true;
            }
        }
        let survivor = comparison.search.survivor;
        let looks = match pool.paths() {
            Some(paths) => {
                let of = |&place: &usize| &paths[part.rows.at(place)];
                let paths: Vec<&PathBuf> = places.iter().map(of).collect();
                looks::at(pool, &paths, survivor)
            }
            None => places.iter().map(|_| None).collect(),
        };
        Self {
            candidates,
            least: comparison.least(),
            survivor,
            chosen,
            looks,
        }
    }

    /// The similarity of two candidates; 0 where their whole pictures differ.
    fn similarity(&self, a: usize, b: usize) -> f64 {
        let similarity = self.candidates.similarity(a, b);
        let alike = match (&self.looks[a], &self.looks[b]) {
            (Some(one), Some(other)) => similarity < self.least || one.is_like(other),
            _ => true,
        };
        if alike { similarity } else { 0.0 }
    }

    /// Candidates of a set in the order of the survivor's rule, those chosen before first.
    fn order(&self, set: &[usize], done: Done<'_>) -> Result<Vec<usize>> {
        let mut order = set.to_vec();
        match self.survivor {
            Survivor::First => {}
            Survivor::Medoid => {
                let pair = |a: usize, b: usize| self.similarity(set[a], set[b]);
                let closeness = closeness(set.len(), &pair, self.least, &mut |_| done(0))?;
                let mut places: Vec<usize> = (0..set.len()).collect();
                places.sort_by_key(|&at| std::cmp::Reverse(closeness[at]));
                order = places.into_iter().map(|at| set[at]).collect();
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
    pub(super) fn groups(&self, done: Done<'_>) -> Result<Vec<(usize, usize)>> {
        let (small, large): (Vec<_>, Vec<_>) = self
            .candidates
            .sets
            .iter()
            .partition(|set| set.len() <= SMALL_SET);
        let mut joined = Vec::new();
        for some in small.chunks(SMALL_SET) {
            done(0)?;
            let of = |set: &&Vec<usize>| self.groups_of(set, &mut |_| Ok(()));
            let found: Result<Vec<_>> = some.par_iter().map(of).collect();
            joined.extend(found?.into_iter().flatten());
        }
        for set in large {
            joined.extend(self.groups_of(set, done)?);
        }
        Ok(joined)
    }

    /// The same among the candidates of a set.
    fn groups_of(&self, set: &[usize], done: Done<'_>) -> Result<Vec<(usize, usize)>> {
        let mut survivors: Vec<usize> = Vec::new();
        let mut joined = Vec::new();
        let is_near = |a: usize, b: usize| self.similarity(a, b) >= self.least;
        for block in self.order(set, done)?.chunks(8 * BLOCK) {
            done(0)?;
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
                        let places = &self.candidates.places;
                        joined.push((places[at], places[survivor]));
                    }
                    _ => survivors.push(at),
                }
            }
        }
        Ok(joined)
    }

    /// Places of rows whose file has the bytes of an earlier one's, and of those.
    pub(super) fn copies(
        &self,
        pool: &Pool,
        part: &PoolPart,
        paths: &[PathBuf],
    ) -> Vec<(usize, usize)> {
        let places = &self.candidates.places;
        let of = |&place: &usize| &paths[part.rows.at(place)];
        let paths: Vec<&PathBuf> = places.iter().map(of).collect();
        let copies = looks::copies(pool.root(), &paths);
        let pairs = copies
            .into_iter()
            .enumerate()
            .filter(|(at, first)| at != first);
        pairs
            .map(|(at, first)| (places[at], places[first]))
            .collect()
    }
}

/// The sum of each row's similarities of at least `least` to other rows, in fixed point; 0 where it
/// has none.
pub(super) fn closeness(
    rows: usize,
    similarity: &(dyn Fn(usize, usize) -> f64 + Sync),
    least: f64,
    done: Done<'_>,
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
