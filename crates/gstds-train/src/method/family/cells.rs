//! The cells of nested strata by rank: how a batch is cut, and how many rows are taken of each
//! cell.

use std::ops::Range;

/// Bins along each of the first two vectors.
const BINS: usize = 4;

/// For every rank of a batch, whose bins lie one behind the other.
#[derive(Debug, PartialEq)]
pub(super) struct Cells {
    /// The first rank of the bin after cutting along vector 2, along 3 too, and along 4 too.
    pub starts: [Vec<i32>; 3],
    /// Rows taken of the cell.
    pub taken: Vec<i32>,
}

impl Cells {
    /// Of a batch that keeps `keep` of its rows, fewer than all.
    pub fn new(rows: usize, keep: usize) -> Self {
        let first = cut(std::slice::from_ref(&(0..rows)), BINS);
        let second = cut(&first, BINS);
        let third = cut(&second, (keep / (BINS * BINS)).max(1));
        let counts = counts(&third, rows, keep);
        let taken = third.iter().zip(counts);
        let taken = taken.flat_map(|(cell, count)| std::iter::repeat_n(count as i32, cell.len()));
        Self {
            taken: taken.collect(),
            starts: [first, second, third].map(|bins| starts(&bins)),
        }
    }
}

/// Each range in this many parts, before the places round(i·n/parts), halves upwards.
fn cut(ranges: &[Range<usize>], parts: usize) -> Vec<Range<usize>> {
    let of = |range: &Range<usize>| {
        let (start, length) = (range.start, range.len());
        let place = move |i: usize| start + (2 * i * length + parts) / (2 * parts);
        (0..parts).map(move |i| place(i)..place(i + 1))
    };
    ranges.iter().flat_map(of).collect()
}

fn starts(bins: &[Range<usize>]) -> Vec<i32> {
    let of = |bin: &Range<usize>| std::iter::repeat_n(bin.start as i32, bin.len());
    bins.iter().flat_map(of).collect()
}

/// One of each cell where that makes `keep`; else in proportion to sizes, by largest remainder,
/// ties to the lower cell.
fn counts(cells: &[Range<usize>], rows: usize, keep: usize) -> Vec<usize> {
    if cells.len() == keep {
        return vec![1; keep];
    }
    let mut counts: Vec<usize> = cells.iter().map(|c| keep * c.len() / rows).collect();
    let missing = keep - counts.iter().sum::<usize>();
    let mut by_remainder: Vec<usize> = (0..cells.len()).collect();
    by_remainder.sort_by_key(|&cell| std::cmp::Reverse(keep * cells[cell].len() % rows));
    by_remainder[..missing]
        .iter()
        .for_each(|&cell| counts[cell] += 1);
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_cut_before_rounded_quarters_and_counts_go_by_largest_remainder() {
        let cells = Cells::new(10, 3);
        // 2.5 and 7.5 round upwards.
        assert_eq!(cells.starts[0], [0, 0, 0, 3, 3, 5, 5, 5, 8, 8]);
        // 3 rows in quarters: before 0.75, 1.5 and 2.25; 2 rows: before 0.5, 1 and 1.5.
        assert_eq!(cells.starts[1], (0..10).collect::<Vec<i32>>());
        assert_eq!(cells.starts[2], cells.starts[1]);
        assert_eq!(cells.taken, [1, 1, 1, 0, 0, 0, 0, 0, 0, 0]);

        let even = Cells::new(256, 64);
        assert_eq!(
            even.starts[0],
            (0..256).map(|r| r / 64 * 64).collect::<Vec<i32>>()
        );
        assert_eq!(
            even.starts[1],
            (0..256).map(|r| r / 16 * 16).collect::<Vec<i32>>()
        );
        assert_eq!(
            even.starts[2],
            (0..256).map(|r| r / 4 * 4).collect::<Vec<i32>>()
        );
        assert_eq!(even.taken, [1; 256]);
    }

    #[test]
    fn as_many_rows_are_taken_as_asked_and_never_more_than_a_cell_has() {
        for rows in 1..90 {
            for keep in 1..rows {
                let cells = Cells::new(rows, keep);
                let lists = cells.starts.iter().chain([&cells.taken]);
                assert!(lists.into_iter().all(|list| list.len() == rows));
                let (mut taken, mut rank) = (0, 0);
                while rank < rows {
                    let start = cells.starts[2][rank];
                    assert_eq!(start as usize, rank, "{rows} keep {keep}");
                    let size = cells.starts[2].iter().filter(|s| **s == start).count();
                    assert!(cells.taken[rank] as usize <= size, "{rows} keep {keep}");
                    taken += cells.taken[rank] as usize;
                    rank += size;
                }
                assert_eq!(taken, keep, "of {rows}");
            }
        }
    }
}
