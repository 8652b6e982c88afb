//! The rows that the rule random keeps, drawn without a device.

use crate::{Order, hash::seeded_hash};
use std::cmp::Reverse;

/// Draws `count` of `rows` rows, or all where there are fewer, uniformly without replacement.
///
/// Needs neither features nor a device. From three rows on they are the rows that a call with
/// [`Rule::Random`](crate::Rule::Random) keeps of rows that are all valid, so that programs which
/// select at random need not compute the features that no rule reads. Takes 12 bytes a row and
/// O(rows + count log count) time.
///
/// ```
/// let kept = gstds::random_rows(1000, 5, 7, gstds::Order::Ascending);
/// assert_eq!(kept.len(), 5);
/// assert!(kept.is_sorted());
/// ```
///
/// # Panics
/// For more than 2³² rows, whose numbers have no place in 32 bits.
#[must_use]
pub fn random_rows(rows: usize, count: usize, seed: u64, order: Order) -> Vec<u32> {
    assert!(rows as u64 <= 1 << 32, "{rows} rows are more than 2^32");
    if count >= rows {
        return (0..rows).map(|row| row as u32).collect();
    }
    let key = |row: u32| (Reverse(seeded_hash(row, seed)), row);
    let mut drawn: Vec<_> = (0..rows).map(|row| key(row as u32)).collect();
    drawn.select_nth_unstable(count);
    drawn.truncate(count);
    match order {
        Order::Ascending => drawn.sort_unstable_by_key(|&(_, row)| row),
        Order::Rank => drawn.sort_unstable(),
    }
    drawn.into_iter().map(|(_, row)| row).collect()
}

#[cfg(all(test, feature = "twin"))]
mod tests {
    use super::*;
    use crate::{Keep, Options, Rule, twin};

    #[test]
    fn the_twin_keeps_the_same_rows() {
        let options = Options::gstds().rule(Rule::Random).seed(41);
        for (rows, count) in [(3, 1), (64, 16), (257, 100), (300, 300)] {
            let features: Vec<f32> = (0..rows * 2)
                .map(|at| (at * at % 89) as f32 + 1.0)
                .collect();
            for order in [Order::Ascending, Order::Rank] {
                let options = options.clone().order(order);
                let kept = twin::select(&features, 2, &options, Keep::Count(count))
                    .unwrap()
                    .kept;
                assert_eq!(random_rows(rows, count, 41, order), kept, "{rows}, {count}");
            }
        }
    }

    #[test]
    fn every_row_is_drawn_about_as_often() {
        let mut times = [0_u32; 40];
        for seed in 0..2000 {
            for row in random_rows(40, 10, seed, Order::Rank) {
                times[row as usize] += 1;
            }
        }
        // 500 expected, with a standard deviation of 19.
        assert!(
            times.iter().all(|&times| (400..600).contains(&times)),
            "{times:?}"
        );
    }
}
