//! The values of override constants that follow from the options.

use crate::{Affinity, Laplacian, Options, Order, Rule, Solver, Storage, matrix::Input};

/// Every constant that an option or the kind of input sets, by the name that shaders give it.
pub(super) fn of_options(options: &Options, input: Input) -> [(&'static str, f64); 15] {
    let flag = |on: bool| f64::from(u8::from(on));
    // Raw and shifted cosine similarities are Gram matrices; clamping can make W indefinite, and a
    // sparse graph without self-loops is. Nothing is known of a caller's matrix.
    let indefinite =
        input != Input::Features || matches!(options.affinity, Affinity::Clamp | Affinity::Knn);
    let given = input == Input::Affinity;
    [
        ("symmetric", flag(options.laplacian == Laplacian::Sym)),
        ("affinity_kind", affinity_kind(options.affinity, given)),
        ("given", flag(given)),
        ("spectral", flag(options.is_spectral())),
        ("rounding", rounding(options.storage)),
        ("floor_similarity", floor(options.affinity)),
        ("decay", decay(options)),
        ("neighbours", f64::from(options.neighbours)),
        ("in_place", flag(options.solver == Solver::Power)),
        ("indefinite", flag(indefinite)),
        ("steps", f64::from(options.solver_steps())),
        ("vectors", f64::from(options.vectors)),
        ("key_kind", key_kind(options.rule)),
        ("rank_kind", rank_kind(options.rule)),
        ("ascending", flag(options.order == Order::Ascending)),
    ]
}

fn affinity_kind(affinity: Affinity, given: bool) -> f64 {
    match affinity {
        _ if given => 6.0,
        Affinity::Raw => 0.0,
        Affinity::Shift => 1.0,
        Affinity::Auto => 2.0,
        Affinity::Clamp => 3.0,
        Affinity::Exp => 4.0,
        Affinity::Knn => 5.0,
    }
}

/// Which number of a row a rule orders by.
fn key_kind(rule: Rule) -> f64 {
    match rule {
        Rule::Quantile | Rule::Stratified | Rule::Signed | Rule::Balanced => 0.0,
        Rule::Abs => 1.0,
        Rule::AbsSmall => 2.0,
        Rule::Random => 3.0,
    }
}

/// Which ranks a rule keeps.
fn rank_kind(rule: Rule) -> f64 {
    match rule {
        Rule::Quantile => 0.0,
        Rule::Stratified => 1.0,
        Rule::Signed | Rule::Abs | Rule::AbsSmall | Rule::Random => 2.0,
        Rule::Balanced => 3.0,
    }
}

/// What rounding takes off a similarity of 0 or 1 in f32, at most.
pub(crate) const ROUNDING: f64 = 4e-6;

/// The same in the units of a storage: f16 steps by 5e-4 below 1.
pub(crate) fn rounding(storage: Storage) -> f64 {
    match storage {
        Storage::Full => ROUNDING,
        Storage::Half => 1e-3,
    }
}

/// Similarities below it count as it; far below any of them where the affinity does not clamp.
pub(crate) fn floor(affinity: Affinity) -> f64 {
    if affinity == Affinity::Clamp {
        0.0
    } else {
        -1e30
    }
}

/// 1/τ of the exp affinity, within f32; 0 where the kernel leaves similarities as they are.
pub(crate) fn decay(options: &Options) -> f64 {
    if options.affinity == Affinity::Exp {
        (1.0 / options.tau).clamp(1e-30, 1e30)
    } else {
        0.0
    }
}
