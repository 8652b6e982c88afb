//! The f64 twin of the order of rows.

use crate::{Rule, graph::laplacian::Mode, hash::seeded_hash};
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
