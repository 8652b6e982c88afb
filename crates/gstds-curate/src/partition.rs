//! Which rows are selected from together: all of them, batch by batch, or class by class; and how
//! many each part keeps.

use crate::pool::{Classes, RowSet};

/// How the rows of a pool are divided into parts, each with its own graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Partition {
    /// One graph of all rows.
    #[default]
    Whole,
    /// Batches of `size` rows, which is 1 or more: in order, or drawn at random from a seed.
    Batches {
        /// Rows of each batch; the last may have fewer.
        size: usize,
        /// Draws batches at random from this seed.
        shuffle: Option<u64>,
    },
    /// Each class by itself.
    Classes {
        /// The class of each row.
        classes: Classes,
        /// How the rows to be kept are shared among the classes.
        share: Share,
    },
}

/// How the rows to be kept are shared among classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// The same number from each class; what a small class cannot fill goes to the others.
    Equal,
    /// In proportion to the rows of each class.
    Proportional,
}

/// Rows that are selected from together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolPart {
    /// Its rows.
    pub rows: RowSet,
    /// How many of them are kept; at most all.
    pub keep: usize,
    /// Its class, by its place in [`Classes::names`].
    pub class: Option<usize>,
}

/// Rows before it is known how many of them are kept.
struct RowGroup {
    rows: RowSet,
    class: Option<usize>,
}

impl Partition {
    /// The class of each row, where classes divide the rows.
    #[must_use]
    pub fn classes(&self) -> Option<&Classes> {
        match self {
            Self::Classes { classes, .. } => Some(classes),
            Self::Whole | Self::Batches { .. } => None,
        }
    }

    /// How classes share the rows to be kept, where they divide the rows.
    pub(crate) fn class_share(&self) -> Option<Share> {
        match self {
            Self::Classes { share, .. } => Some(*share),
            Self::Whole | Self::Batches { .. } => None,
        }
    }

    /// Divides `rows` rows, of which `keep` are kept beside those chosen already. Shares are of the
    /// rows that are left.
    pub(crate) fn divide(&self, rows: usize, keep: usize, already: &[u32]) -> Vec<PoolPart> {
        let groups = match self {
            Self::Whole => vec![RowGroup {
                rows: RowSet::Range(0..rows),
                class: None,
            }],
            Self::Batches { size, shuffle } => batches(rows, (*size).max(1), *shuffle),
            Self::Classes { classes, .. } => by_class(classes),
        };
        let left = |group: &RowGroup| group.rows.len() - group.rows.places_of(already).len();
        let sizes: Vec<usize> = groups.iter().map(left).collect();
        let kept = self.share(&sizes, keep);
        let part = |(RowGroup { rows, class }, keep)| PoolPart { rows, keep, class };
        groups.into_iter().zip(kept).map(part).collect()
    }

    /// How many rows parts of these sizes keep, of `keep` together.
    pub(crate) fn share(&self, sizes: &[usize], keep: usize) -> Vec<usize> {
        match self {
            Self::Classes {
                share: Share::Equal,
                ..
            } => equal(sizes, keep),
            _ => proportional(sizes, keep),
        }
    }
}

fn batches(rows: usize, size: usize, shuffle: Option<u64>) -> Vec<RowGroup> {
    let group = |rows| RowGroup { rows, class: None };
    let Some(seed) = shuffle else {
        let starts = (0..rows).step_by(size);
        let batch = |first: usize| RowSet::Range(first..rows.min(first.saturating_add(size)));
        return starts.map(|first| group(batch(first))).collect();
    };
    let order = shuffled(rows, seed);
    // Within a batch rows are in ascending order, so that ties are broken as everywhere.
    let sorted = |batch: &[u32]| {
        let mut batch = batch.to_vec();
        batch.sort_unstable();
        group(RowSet::List(batch))
    };
    order.chunks(size).map(sorted).collect()
}

/// All rows in an order drawn from a seed.
pub(crate) fn shuffled(rows: usize, seed: u64) -> Vec<u32> {
    let mut order: Vec<u32> = (0..rows as u32).collect();
    order.sort_by_cached_key(|&row| (mixed(seed ^ mixed(row.into())), row));
    order
}

/// The seed of a part, so that equal parts keep different places. The first part has the
/// selection's.
pub(crate) fn part_seed(seed: u64, number: usize) -> u64 {
    match number {
        0 => seed,
        number => mixed(seed ^ mixed(number as u64)),
    }
}

/// SplitMix64's finaliser of the next state: a bijection without visible pattern.
fn mixed(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// One group for each class that has rows, in the order of the names.
fn by_class(classes: &Classes) -> Vec<RowGroup> {
    let mut lists = vec![Vec::new(); classes.names().len()];
    for (row, &class) in (0..).zip(classes.of_rows()) {
        lists[class as usize].push(row);
    }
    let lists = lists.into_iter().enumerate();
    let groups = lists.filter(|(_, list)| !list.is_empty());
    groups
        .map(|(class, list)| RowGroup {
            rows: RowSet::List(list),
            class: Some(class),
        })
        .collect()
}

/// Shares in proportion to the sizes, by largest remainder; ties to the earlier part.
pub(crate) fn proportional(sizes: &[usize], keep: usize) -> Vec<usize> {
    let total: usize = sizes.iter().sum();
    let exact = |size: usize| size as u128 * keep as u128;
    let total = (total as u128).max(1);
    let mut shares: Vec<usize> = sizes
        .iter()
        .map(|&size| (exact(size) / total) as usize)
        .collect();
    let left = keep.saturating_sub(shares.iter().sum());
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|&part| (std::cmp::Reverse(exact(sizes[part]) % total), part));
    for &part in order.iter().take(left) {
        shares[part] += 1;
    }
    shares
}

/// Equal shares; a part smaller than its share keeps all it has, and the rest is shared among the
/// others. What does not divide goes to the smallest parts, of equal ones to the earlier.
fn equal(sizes: &[usize], keep: usize) -> Vec<usize> {
    let mut shares = vec![0; sizes.len()];
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|&part| sizes[part]);
    let mut left = keep;
    for (done, &part) in order.iter().enumerate() {
        shares[part] = left.div_ceil(sizes.len() - done).min(sizes[part]);
        left -= shares[part];
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shares_follow_sizes_or_are_alike() {
        assert_eq!(proportional(&[50, 30, 20], 10), [5, 3, 2]);
        assert_eq!(proportional(&[1, 1, 1], 2), [1, 1, 0]);
        assert_eq!(proportional(&[7, 3], 1), [1, 0]);
        assert_eq!(equal(&[50, 30, 20], 9), [3, 3, 3]);
        assert_eq!(equal(&[50, 2, 20], 12), [5, 2, 5]);
        assert_eq!(equal(&[5, 5, 5], 11), [4, 4, 3]);
    }

    fn every_row_is_in_one_part(parts: &[PoolPart], rows: usize) -> bool {
        let mut all: Vec<usize> = parts
            .iter()
            .flat_map(|part| (0..part.rows.len()).map(|place| part.rows.at(place)))
            .collect();
        all.sort_unstable();
        all == Vec::from_iter(0..rows)
    }

    #[test]
    fn shuffled_batches_depend_on_the_seed_alone() {
        let with = |seed| {
            let partition = Partition::Batches {
                size: 7,
                shuffle: Some(seed),
            };
            partition.divide(40, 10, &[])
        };
        assert_eq!(with(1), with(1));
        assert_ne!(with(1), with(2));
        assert_eq!(with(1).len(), 6);
    }

    proptest! {
        #[test]
        fn parts_share_all_rows_and_keep_what_was_asked(
            labels in prop::collection::vec(0_u32..5, 1..200),
            size in 1_usize..250,
            share in 0.0_f64..=1.0,
            seed: u64,
            most in 1_usize..50,
        ) {
            let rows = labels.len();
            let keep = ((rows as f64 * share) as usize).max(1);
            let labels: Vec<i64> = labels.into_iter().map(i64::from).collect();
            let classes = Classes::of_numbers(&labels);
            let by_class = |share| Partition::Classes { classes: classes.clone(), share };
            let partitions = [
                Partition::Whole,
                Partition::Batches { size, shuffle: None },
                Partition::Batches { size, shuffle: Some(seed) },
                by_class(Share::Equal),
                by_class(Share::Proportional),
            ];
            for partition in partitions {
                let parts = partition.divide(rows, keep, &[]);
                prop_assert!(every_row_is_in_one_part(&parts, rows), "{partition:?}");
                prop_assert_eq!(parts.iter().map(|part| part.keep).sum::<usize>(), keep);
                for part in &parts {
                    prop_assert!(part.keep <= part.rows.len());
                    let runs = part.rows.runs(most);
                    prop_assert!(runs.iter().all(|run| (1..=most).contains(&run.len())));
                    let along: Vec<usize> = runs.into_iter().flatten().collect();
                    let placed: Vec<usize> = (0..part.rows.len()).map(|at| part.rows.at(at)).collect();
                    prop_assert_eq!(along, placed);
                }
            }
        }
    }
}
