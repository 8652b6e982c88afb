//! Which rows are selected among together: all of them, batch by batch, or class by class; and how
//! many each part keeps.

use std::ops::Range;

use super::input::labels::Classes;

/// How the rows are divided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Division {
    /// One graph of all rows.
    Whole,
    /// Batches of so many rows: as they lie, or in an order drawn from a seed.
    Batches { size: usize, shuffle: Option<u64> },
    /// Each class by itself.
    Classes(Share),
}

/// How the rows to be kept are shared among classes.
#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
pub(super) enum Share {
    /// As many of each class; what a small class lacks goes to the others.
    Equal,
    /// In proportion to the rows of each class.
    Proportional,
}

/// Rows that are selected among together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    pub(crate) rows: Rows,
    /// How many of them are kept; at most all.
    pub(crate) keep: usize,
    /// Its class, by its place among the names.
    pub(crate) class: Option<usize>,
}

/// Numbers of rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Rows {
    Range(Range<usize>),
    List(Vec<u32>),
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Range(range) => range.len(),
            Self::List(list) => list.len(),
        }
    }

    /// The row at a place in this part.
    pub(super) fn at(&self, place: usize) -> usize {
        match self {
            Self::Range(range) => range.start + place,
            Self::List(list) => list[place] as usize,
        }
    }

    /// Rows that follow each other in the pool, up to `most` at once, in the order of this part.
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

/// Divides `rows` rows, of which `keep` are kept. Classes are needed where they divide.
pub(super) fn divide(
    division: Division,
    rows: usize,
    keep: usize,
    classes: Option<&Classes>,
) -> Vec<Part> {
    let parts: Vec<(Rows, Option<usize>)> = match (division, classes) {
        (Division::Batches { size, shuffle }, _) => batches(rows, size, shuffle),
        (Division::Classes(_), Some(classes)) => by_class(classes),
        (Division::Whole | Division::Classes(_), _) => vec![(Rows::Range(0..rows), None)],
    };
    let sizes: Vec<usize> = parts.iter().map(|(rows, _)| rows.len()).collect();
    let kept = match division {
        Division::Classes(Share::Equal) => equal(&sizes, keep),
        _ => proportional(&sizes, keep),
    };
    let parts = parts.into_iter().zip(kept);
    parts
        .map(|((rows, class), keep)| Part { rows, keep, class })
        .collect()
}

fn batches(rows: usize, size: usize, shuffle: Option<u64>) -> Vec<(Rows, Option<usize>)> {
    let Some(seed) = shuffle else {
        let starts = (0..rows).step_by(size);
        let batch = |first: usize| Rows::Range(first..rows.min(first.saturating_add(size)));
        return starts.map(|first| (batch(first), None)).collect();
    };
    let mut order: Vec<u32> = (0..rows as u32).collect();
    order.sort_by_cached_key(|&row| (mixed(seed ^ mixed(row.into())), row));
    let batches = order.chunks(size);
    // Within a batch rows are in their own order, so that ties go as they do elsewhere.
    let sorted = |batch: &[u32]| {
        let mut batch = batch.to_vec();
        batch.sort_unstable();
        (Rows::List(batch), None)
    };
    batches.map(sorted).collect()
}

/// The seed that a part draws with: its own, so that equal parts do not keep the same places. The
/// first one has the run's.
pub(super) fn part_seed(seed: u64, number: usize) -> u64 {
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

/// One part a class that has rows, in the order of the names.
fn by_class(classes: &Classes) -> Vec<(Rows, Option<usize>)> {
    let mut lists = vec![Vec::new(); classes.names.len()];
    for (row, &class) in (0..).zip(&classes.of) {
        lists[class as usize].push(row);
    }
    let lists = lists.into_iter().enumerate();
    lists
        .filter(|(_, list)| !list.is_empty())
        .map(|(class, list)| (Rows::List(list), Some(class)))
        .collect()
}

/// Shares in proportion to the sizes, by largest remainder; ties to the earlier part.
fn proportional(sizes: &[usize], keep: usize) -> Vec<usize> {
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

    fn every_row_is_in_one_part(parts: &[Part], rows: usize) -> bool {
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
            let division = Division::Batches {
                size: 7,
                shuffle: Some(seed),
            };
            divide(division, 40, 10, None)
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
            let names = (0..5_u8).map(|class| vec![class]).collect();
            let classes = Classes { names, of: labels };
            let divisions = [
                Division::Whole,
                Division::Batches { size, shuffle: None },
                Division::Batches { size, shuffle: Some(seed) },
                Division::Classes(Share::Equal),
                Division::Classes(Share::Proportional),
            ];
            for division in divisions {
                let parts = divide(division, rows, keep, Some(&classes));
                prop_assert!(every_row_is_in_one_part(&parts, rows), "{division:?}");
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
