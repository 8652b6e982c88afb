//! The f64 twin of the order of rows.

use crate::{Rule, graph::laplacian::Mode, params::fold_seed};
use std::cmp::Ordering;

/// Rows in the rule's order, invalid ones last. Generic over the score, so that f64 twins and f32
/// scores read back are ordered by the same rule.
pub fn twin<T>(scores: &[T], valid: &[bool], mode: Mode, rule: Rule, seed: u64) -> Vec<u32>
where
    T: Copy + Into<f64>,
{
    let descending = |a: f64, b: f64| b.partial_cmp(&a).unwrap_or(Ordering::Equal);
    let score = |row: u32| scores[row as usize].into();
    let key = |a: u32, b: u32| match (mode, rule) {
        (Mode::IndexOrder | Mode::EvenStride, _) => Ordering::Equal,
        (_, Rule::Abs) => descending(score(a).abs(), score(b).abs()),
        (_, Rule::AbsSmall) => descending(-score(a).abs(), -score(b).abs()),
        (_, Rule::Random) => seeded_hash(b, seed).cmp(&seeded_hash(a, seed)),
        _ => descending(score(a), score(b)),
    };
    let mut order: Vec<u32> = (0..valid.len() as u32).collect();
    order.sort_by(|&a, &b| {
        let invalid = |row: u32| !valid[row as usize];
        let by_key = || {
            if invalid(a) {
                Ordering::Equal
            } else {
                key(a, b)
            }
        };
        invalid(a)
            .cmp(&invalid(b))
            .then_with(by_key)
            .then(a.cmp(&b))
    });
    order
}

fn mix(mut z: u32) -> u32 {
    z ^= z >> 16;
    z = z.wrapping_mul(0x85eb_ca6b);
    z ^= z >> 13;
    z = z.wrapping_mul(0xc2b2_ae35);
    z ^ (z >> 16)
}

/// The number that [`Rule::Random`] and [`Rule::Stratified`] draw for a row or stratum.
pub fn seeded_hash(number: u32, seed: u64) -> u32 {
    let row = mix(number.wrapping_add(1).wrapping_mul(2_654_435_761));
    mix(row.wrapping_add(mix(fold_seed(seed).wrapping_add(0x9e37_79b9)))).max(1)
}
