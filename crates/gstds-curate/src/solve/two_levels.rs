//! Medoids of large parts in two levels: spectral clusters of the part, and medoids within each.
//!
//! k-means takes n·k·m multiply-adds an iteration for n rows, k clusters and m vectors. With √k
//! clusters first, and the medoids of each from its own graph, it takes about 2·n·√k·m where the
//! clusters are of like size, and more where one has most of the rows.

use std::cmp::Reverse;

use gstds::{Coverage, CoverageOptions, CoverageRule, Flags, Path, Shape};

use super::PartSolver;
use crate::error::Result;
use crate::partition::{PoolPart, part_seed, proportional};
use crate::pool::RowSet;

/// Rows times clusters times vectors up to which a part is clustered at once.
pub(crate) const MOST_CLUSTERED: u64 = 1 << 34;

/// A cluster of a part.
struct Cluster {
    /// Places of its rows in the part, ascending.
    places: Vec<u32>,
    rows: RowSet,
    /// Rows of it that were chosen before.
    before: usize,
    /// Rows that are kept of it.
    keep: usize,
}

impl PartSolver<'_> {
    /// Whether medoids of a part are chosen in two levels.
    pub(super) fn is_in_two_levels(&self, part: &PoolPart, options: &CoverageOptions) -> bool {
        let chosen = self.chosen(part);
        let vectors = u64::from(options.vectors_for(chosen));
        let products = (part.rows.len() as u64).saturating_mul(chosen as u64);
        let is_large = products.saturating_mul(vectors) > self.device.most_clustered;
        // All rows of a part are kept without a look at them.
        is_large && options.rule == CoverageRule::Medoids && chosen < part.rows.len()
    }

    /// Chooses medoids of a part in two levels; false, with nothing chosen, where the part is in
    /// one cluster or no graph was solved.
    pub(super) fn cover_in_two_levels(
        &mut self,
        options: &CoverageOptions,
        number: usize,
        part: &PoolPart,
    ) -> Result<bool> {
        let (device, seed) = (self.device, part_seed(options.seed, number));
        let clusters = self.chosen(part).isqrt().max(2);
        let shape = Shape {
            rows: part.rows.len(),
            ..device.shape
        };
        let mut coverage = Coverage::prepare(&device.gpu.device, shape, clusters, options)?;
        coverage.reseed(seed);
        let mut found = self.choose(&mut coverage, number, &part.rows, clusters, &[])?;
        let of_rows = coverage.read_clusters(&device.gpu.queue)?;
        drop(coverage);
        let (Some(of_rows), true) = (of_rows, found.status.steps > 0) else {
            return Ok(false);
        };
        let (mut groups, invalid) = self.clusters(part, &of_rows, clusters);
        if groups.len() < 2 {
            return Ok(false);
        }
        share(&mut groups, part.keep);
        let lists = self.medoids(options, number, &groups, &mut found.status.flags)?;
        let mut kept = merged(&lists);
        // Rows without a direction come last.
        kept.extend(invalid.into_iter().take(part.keep - kept.len()));
        if let Some(scores) = &found.scores {
            self.solved.score(part, scores);
        }
        found.status.kept = part.keep as u32;
        self.solved.take(number, part, &kept, found.status);
        Ok(true)
    }

    /// The clusters that have rows, and the rows that are in none and were not chosen before.
    fn clusters(
        &self,
        part: &PoolPart,
        of_rows: &[u32],
        clusters: usize,
    ) -> (Vec<Cluster>, Vec<u32>) {
        let already = self.device.plan.request.already();
        let mut places = vec![Vec::new(); clusters + 1];
        for (place, &cluster) in (0..).zip(of_rows) {
            places[cluster as usize].push(place);
        }
        let mut invalid = places.pop().unwrap_or_default();
        let mut taken = part.rows.places_of(already);
        taken.sort_unstable();
        invalid.retain(|place| taken.binary_search(place).is_err());
        let cluster = |places: Vec<u32>| {
            let row = |&place: &u32| part.rows.at(place as usize) as u32;
            let rows = RowSet::List(places.iter().map(row).collect());
            Cluster {
                before: rows.places_of(already).len(),
                places,
                rows,
                keep: 0,
            }
        };
        let some = places.into_iter().filter(|places| !places.is_empty());
        (some.map(cluster).collect(), invalid)
    }

    /// Medoids of each cluster, by their places in the part.
    fn medoids(
        &mut self,
        options: &CoverageOptions,
        number: usize,
        groups: &[Cluster],
        flags: &mut u32,
    ) -> Result<Vec<Vec<u32>>> {
        let device = self.device;
        let wanted = groups.iter().filter(|group| group.keep > 0);
        let rows = wanted.clone().map(|group| group.places.len()).max();
        let most = wanted.map(|group| group.keep + group.before).max();
        let (Some(rows), Some(most)) = (rows, most) else {
            return Ok(vec![Vec::new(); groups.len()]);
        };
        let shape = Shape {
            rows,
            ..device.shape
        };
        // The path of the part, whose buffers bound those of its clusters.
        let graph = match device.path {
            Path::LowRank => options.graph.clone().path(Path::LowRank),
            _ => options.graph.clone(),
        };
        let options = options.clone().graph(graph);
        let mut coverage = Coverage::prepare(&device.gpu.device, shape, most, &options)?;
        let seed = part_seed(options.seed, number);
        let mut lists = Vec::new();
        for (at, group) in groups.iter().enumerate() {
            let mut kept = Vec::new();
            if group.keep > 0 {
                coverage.reseed(part_seed(seed, at + 1));
                let already = group.rows.places_of(device.plan.request.already());
                let rows = &group.rows;
                let found = self.choose(&mut coverage, number, rows, group.keep, &already)?;
                *flags |= found.status.flags & Flags::UNCONVERGED.bits();
                let place = |&at: &u32| group.places[at as usize];
                kept = found.kept.iter().map(place).collect();
            }
            lists.push(kept);
        }
        Ok(lists)
    }
}

/// Shares in proportion to the rows of each cluster by largest remainder, rows chosen before counted
/// in; a cluster that has more of those than its share gives none.
fn share(groups: &mut [Cluster], keep: usize) {
    let mut open: Vec<usize> = (0..groups.len()).collect();
    loop {
        let before = open.iter().map(|&at| groups[at].before).sum::<usize>();
        let sizes: Vec<usize> = open.iter().map(|&at| groups[at].places.len()).collect();
        let shares = proportional(&sizes, keep + before);
        let pairs = open.iter().copied().zip(shares);
        let (fewer, enough): (Vec<_>, Vec<_>) =
            pairs.partition(|&(at, share)| share < groups[at].before);
        if fewer.is_empty() {
            for (at, share) in enough {
                let group = &mut groups[at];
                group.keep = share.min(group.places.len()) - group.before;
            }
            break;
        }
        open = enough.into_iter().map(|(at, _)| at).collect();
    }
    // What the open clusters do not have comes from the others.
    let mut left = keep - groups.iter().map(|group| group.keep).sum::<usize>();
    for group in groups {
        let more = left.min(group.places.len() - group.before - group.keep);
        group.keep += more;
        left -= more;
    }
}

/// The rows of all lists, so that any first ones hold of each list in proportion to its length.
fn merged(lists: &[Vec<u32>]) -> Vec<u32> {
    let mut all: Vec<(f64, Reverse<usize>, usize, u32)> = Vec::new();
    for (list, rows) in lists.iter().enumerate() {
        let count = rows.len();
        let at = |(place, &row): (usize, &u32)| {
            let share = (place as f64 + 0.5) / count as f64;
            (share, Reverse(count), list, row)
        };
        all.extend(rows.iter().enumerate().map(at));
    }
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    all.into_iter().map(|(_, _, _, row)| row).collect()
}

#[cfg(test)]
mod tests;
