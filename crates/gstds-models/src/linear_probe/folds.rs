//! Which fold a row belongs to.

/// Parts that rows are divided into.
pub(super) const FOLDS: usize = 5;

/// The fold of each row of `[rows, width]`, from 0: a hash of its bits (FNV-1a by words, with the
/// output function of `SplitMix64`), so that equal rows share one and labels do not matter.
pub(super) fn assign(features: &[f32], width: usize) -> Vec<usize> {
    features.chunks_exact(width).map(fold).collect()
}

fn fold(row: &[f32]) -> usize {
    let hash = row.iter().fold(0xcbf2_9ce4_8422_2325u64, |hash, value| {
        (hash ^ u64::from(value.to_bits())).wrapping_mul(0x0100_0000_01b3)
    });
    let mut z = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) % FOLDS as u64) as usize
}
