//! The features of benchmarks, from a formula that other programs can repeat.

/// Reproducible number `index` in [0, 1), a multiple of 2⁻²⁴: in wrapping 32-bit arithmetic
/// z = (index + 1)·2654435761, then z ^= z >> 16, z *= 0x85ebca6b, z ^= z >> 13, z *= 0xc2b2ae35,
/// z ^= z >> 16; the number is ⌊z / 256⌋ / 2²⁴.
#[must_use]
pub fn noise(index: u32) -> f32 {
    let mut z = index.wrapping_add(1).wrapping_mul(2_654_435_761);
    z = (z ^ (z >> 16)).wrapping_mul(0x85eb_ca6b);
    z = (z ^ (z >> 13)).wrapping_mul(0xc2b2_ae35);
    z ^= z >> 16;
    (z >> 8) as f32 / 16_777_216.0
}

/// Rows like those of a network's last layer: non-negative, about a third zeros, around
/// eight centres. Entry (i, j) of d columns is max(0, c + e − 0.8) in f32, with c =
/// [`noise`]((i mod 8)·d + j) and e = noise((8 + i)·d + j). Row-major, rows x columns.
#[must_use]
pub fn features(rows: usize, columns: usize) -> Vec<f32> {
    let entry = |at: usize| {
        let (row, column) = (at / columns, at % columns);
        let centre = noise((row % 8 * columns + column) as u32);
        (centre + noise((8 * columns + at) as u32) - 0.8).max(0.0)
    };
    (0..rows * columns).map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_even_in_its_range() {
        let mut tenths = [0; 10];
        for index in 0..10_000 {
            let value = noise(index);
            assert!((0.0..1.0).contains(&value), "{index}: {value}");
            tenths[(value * 10.0) as usize] += 1;
        }
        assert!(tenths.iter().all(|n| (900..1100).contains(n)), "{tenths:?}");
    }

    #[test]
    fn features_are_neither_negative_nor_mostly_zero() {
        let all = features(64, 128);
        assert_eq!(all.len(), 64 * 128);
        assert!(all.iter().all(|x| (0.0..1.2).contains(x)));
        let zeros = all.iter().filter(|x| **x == 0.0).count();
        assert!((all.len() / 5..all.len() / 2).contains(&zeros), "{zeros}");
        // Rows of one centre are similar, and no two are equal.
        assert_ne!(all[..128], all[8 * 128..9 * 128]);
    }
}
