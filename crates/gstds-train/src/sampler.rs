//! The order of rows, one seeded permutation an epoch, and the seeds derived from a run's seed.

use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

/// The row numbers of an epoch in order: each row once.
pub fn permutation(rows: usize, seed: u64) -> Vec<i32> {
    let mut order: Vec<i32> = (0..rows as i32).collect();
    order.shuffle(&mut StdRng::seed_from_u64(seed));
    order
}

/// Rows of a run that passes over the data again and again, each pass in an order of its own: `count`
/// rows from the place `from` on.
pub fn passes(images: usize, seed: u64, from: usize, count: usize) -> Vec<i32> {
    let mut rows = Vec::with_capacity(count);
    while rows.len() < count && images > 0 {
        let place = from + rows.len();
        let (pass, start) = (place / images, place % images);
        let order = permutation(images, derived(seed, Purpose::Order, pass));
        let end = images.min(start + count - rows.len());
        rows.extend_from_slice(&order[start..end]);
    }
    rows
}

/// A seed derived from the run's for one purpose and place, such as an epoch or a step. Derived
/// seeds differ and are unrelated, even where those of runs are related (Steele, Lea, Flood 2014:
/// the output function of SplitMix64).
pub fn derived(seed: u64, purpose: Purpose, place: usize) -> u64 {
    let step = 0x9e37_79b9_7f4a_7c15u64;
    let mut z = seed;
    for part in [purpose as u64, place as u64] {
        z = z.wrapping_add(part.wrapping_add(1).wrapping_mul(step));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
    }
    z
}

/// What a derived seed is for.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// The learner's first weights.
    Weights,
    /// The order of an epoch's rows.
    Order,
    /// What a method draws once an epoch.
    EpochChoice,
    /// What a method draws in each batch.
    BatchChoice,
    /// Augmentation of images.
    Augment,
    /// Corruption of the training data.
    Corruption,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_permutation_has_every_row_once_and_follows_its_seed() {
        let order = permutation(1000, 4);
        let all: HashSet<i32> = order.iter().copied().collect();
        assert_eq!(all.len(), 1000);
        assert_eq!(order, permutation(1000, 4));
        assert_ne!(order, permutation(1000, 5));
    }

    #[test]
    fn passes_have_every_row_once_wherever_they_are_cut() {
        let whole = passes(100, 4, 0, 250);
        for pass in whole.chunks(100).take(2) {
            let all: HashSet<i32> = pass.iter().copied().collect();
            assert_eq!(all.len(), 100);
        }
        assert_ne!(whole[..50], whole[100..150]);
        let mut parts = Vec::new();
        for count in [64, 0, 30, 156] {
            parts.extend(passes(100, 4, parts.len(), count));
        }
        assert_eq!(parts, whole);
        assert!(passes(0, 4, 0, 8).is_empty());
    }

    #[test]
    fn derived_seeds_differ_by_run_purpose_and_place() {
        let mut seen = HashSet::new();
        for seed in 0..20 {
            for purpose in [
                Purpose::Weights,
                Purpose::Order,
                Purpose::EpochChoice,
                Purpose::BatchChoice,
                Purpose::Augment,
                Purpose::Corruption,
            ] {
                for place in 0..50 {
                    assert!(seen.insert(derived(seed, purpose, place)));
                }
            }
        }
    }
}
