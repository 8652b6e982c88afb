//! The order of rows, one seeded permutation an epoch, the seeds derived from a training's seed, and
//! the noise drawn from them: what `gstds train` and the Python package have in common.

use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};

/// The row numbers of an epoch in order: each row once.
pub fn permutation(rows: usize, seed: u64) -> Vec<i32> {
    let mut order: Vec<i32> = (0..rows as i32).collect();
    order.shuffle(&mut StdRng::seed_from_u64(seed));
    order
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

/// Standard Gumbel noise times `scale`: the k largest of scores with it are a draw without
/// replacement, each row with chances exp(score / scale). Finite, because the uniform number is
/// never 0 or 1.
#[must_use]
pub fn gumbel(count: usize, scale: f64, seed: u64) -> Vec<f32> {
    let mut random = StdRng::seed_from_u64(seed);
    let draw = || {
        let uniform = (f64::from(random.random::<u32>()) + 0.5) / 2f64.powi(32);
        (-scale * (-uniform.ln()).ln()) as f32
    };
    std::iter::repeat_with(draw).take(count).collect()
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

    #[test]
    fn noise_has_the_moments_of_its_distribution() {
        let noise = gumbel(100_000, 2.0, 3);
        let mean = noise.iter().map(|&g| f64::from(g)).sum::<f64>() / 1e5;
        let squares = noise.iter().map(|&g| (f64::from(g) - mean).powi(2));
        let variance = squares.sum::<f64>() / 1e5;
        // Euler's constant and pi²/6, scaled; five standard errors.
        assert!((mean - 2.0 * 0.577_216).abs() < 0.041, "{mean}");
        assert!((variance - 4.0 * 1.644_934).abs() < 0.22, "{variance}");
        assert_eq!(noise, gumbel(100_000, 2.0, 3));
        assert_ne!(noise[..8], gumbel(8, 2.0, 4));
    }
}
