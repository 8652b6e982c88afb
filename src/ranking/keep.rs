//! The f64 twin of the rule.

use crate::hash::seeded_hash;
use crate::{Rule, graph::laplacian::Mode};

/// The kept rows in rank order, from the rows in the rule's order.
pub fn twin(
    order: &[u32],
    valid: usize,
    kept: usize,
    mode: Mode,
    rule: Rule,
    seed: u64,
) -> Vec<u32> {
    let stratum = |pick: usize| pick * valid / kept;
    let rank = |pick: usize| match (mode, rule) {
        (Mode::IndexOrder, _) => pick,
        (Mode::EvenStride, _) => stratum(pick),
        (_, Rule::Quantile) => (2 * pick + 1) * valid / (2 * kept),
        (_, Rule::Stratified) => {
            let size = stratum(pick + 1) - stratum(pick);
            stratum(pick) + seeded_hash(pick as u32, seed) as usize % size
        }
        (_, Rule::Balanced) => {
            let top = kept.div_ceil(2);
            if pick < top {
                pick
            } else {
                valid - 1 - (pick - top)
            }
        }
        _ => pick,
    };
    (0..kept).map(|pick| order[rank(pick)]).collect()
}
