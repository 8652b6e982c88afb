//! The random rows and labels of each kind of corruption.

use super::{LabelNoise, NoiseKind};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};

/// One in this many images is duplicated.
const DUPLICATED_SHARE: usize = 5;

/// The rows that long-tailed imbalance leaves, ascending; as many for every seed.
pub(super) fn long_tail(labels: &[u16], classes: usize, ratio: f64, seed: u64) -> Vec<usize> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut order: Vec<usize> = (0..classes).collect();
    order.shuffle(&mut random);
    let mut members = vec![Vec::new(); classes];
    for (row, &label) in labels.iter().enumerate() {
        members[usize::from(label)].push(row);
    }
    // The larger a class, the more of it stays; equally large ones keep their random order.
    order.sort_by_key(|&class| std::cmp::Reverse(members[class].len()));
    let mut kept = Vec::new();
    for (place, class) in order.into_iter().enumerate() {
        let rows = &mut members[class];
        rows.shuffle(&mut random);
        let power = place as f64 / (classes.max(2) - 1) as f64;
        kept.extend_from_slice(&rows[..share_of(rows.len(), ratio.powf(power))]);
    }
    kept.sort_unstable();
    kept
}

/// A share of a number of images, rounded, but at least one unless there are none.
fn share_of(images: usize, share: f64) -> usize {
    let rounded = (images as f64 * share).round() as usize;
    rounded.clamp(images.min(1), images)
}

/// As many rows as given, some of them several times in place of others; in the order of `rows`.
pub(super) fn duplicates(rows: &[usize], times: usize, seed: u64) -> Vec<usize> {
    let mut places: Vec<usize> = (0..rows.len()).collect();
    places.shuffle(&mut StdRng::seed_from_u64(seed));
    let mut counted: Vec<_> = places.into_iter().zip(counts(rows.len(), times)).collect();
    counted.sort_unstable();
    let copied = counted.into_iter();
    copied
        .flat_map(|(place, count)| std::iter::repeat_n(rows[place], count))
        .collect()
}

/// How often each distinct image occurs among `rows` rows, the duplicated ones first.
fn counts(rows: usize, times: usize) -> Vec<usize> {
    // u128 holds any number of times.
    let total = |images: usize| {
        let added = (times - 1) as u128 * (images / DUPLICATED_SHARE) as u128;
        images as u128 + added
    };
    let enough = |&images: &usize| total(images) >= rows as u128;
    let images = (0..rows).find(enough).unwrap_or(rows);
    let mut counts = vec![1; images];
    let copied = &mut counts[..images / DUPLICATED_SHARE];
    copied.fill(times);
    if let Some(last) = copied.last_mut() {
        *last = times - (total(images) - rows as u128) as usize;
    }
    counts
}

/// Gives a share of rows a wrong label below `classes`, of which there are at least 2.
pub(super) fn wrong_labels(labels: &mut [u16], classes: usize, noise: LabelNoise, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut rows: Vec<usize> = (0..labels.len()).collect();
    rows.shuffle(&mut random);
    let wrong = (labels.len() as f64 * noise.share).round() as usize;
    for row in rows.into_iter().take(wrong) {
        let label = labels[row];
        labels[row] = match noise.kind {
            NoiseKind::Uniform => {
                let other = random.random_range(0..classes as u32 - 1) as u16;
                other + u16::from(other >= label)
            }
            NoiseKind::Pairs => ((usize::from(label) + 1) % classes) as u16,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_fifth_of_the_images_is_duplicated() {
        let five = counts(1800, 5);
        assert_eq!(five.len(), 1000);
        assert_eq!((five[199], five[200]), (5, 1));
        // 5 images with one of them 3 times are 7 rows; 6 rows leave it at 2.
        assert_eq!(counts(7, 3), [3, 1, 1, 1, 1]);
        assert_eq!(counts(6, 3), [2, 1, 1, 1, 1]);
        assert_eq!(counts(8, 3), [3, 1, 1, 1, 1, 1]);
        assert_eq!(counts(4, 3), [1; 4]);
        assert_eq!(counts(7, usize::MAX), [3, 1, 1, 1, 1]);
        assert_eq!(counts(0, 2), [0; 0]);
    }

    proptest! {
        #[test]
        fn duplicates_keep_the_number_of_rows(rows in 0usize..400, times in 2usize..500) {
            let counts = counts(rows, times);
            prop_assert_eq!(counts.iter().sum::<usize>(), rows);
            prop_assert!(counts.iter().all(|count| (1..=times).contains(count)));
            let copied = counts.len() / DUPLICATED_SHARE;
            prop_assert!(counts[..copied.saturating_sub(1)].iter().all(|&count| count == times));
            prop_assert!(counts[copied..].iter().all(|&count| count == 1));
        }

        #[test]
        fn a_share_is_at_least_one_of_some(images in 0usize..1000, share in 0.0f64..=1.0) {
            let share = share_of(images, share);
            prop_assert!(share <= images && (share > 0 || images == 0));
        }
    }
}
