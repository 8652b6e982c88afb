//! The mixing of 32-bit numbers that shaders do too (`shaders/shared/hash.wgsl`).

use crate::params::fold_seed;

fn mix(mut z: u32) -> u32 {
    z ^= z >> 16;
    z = z.wrapping_mul(0x85eb_ca6b);
    z ^= z >> 13;
    z = z.wrapping_mul(0xc2b2_ae35);
    z ^ (z >> 16)
}

/// The number of a row that its entry of the start vector is made of.
pub(crate) fn row_hash(row: u32) -> u32 {
    mix(row.wrapping_add(1).wrapping_mul(2_654_435_761))
}

/// The number that [`Rule::Random`](crate::Rule::Random) and
/// [`Rule::Stratified`](crate::Rule::Stratified) draw for a row or stratum.
pub fn seeded_hash(number: u32, seed: u64) -> u32 {
    let seed = mix(fold_seed(seed).wrapping_add(0x9e37_79b9));
    mix(row_hash(number).wrapping_add(seed)).max(1)
}
