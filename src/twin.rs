//! The CPU twin: the same selection in f64, from the same start vector, by the same rules.
//!
//! Tests hold every kernel to its twin; it is also the place to read what a kernel computes
//! without tiles and barriers. It solves to 1e-12 instead of a fixed number of steps.
//!
//! ```
//! use gstds::{Keep, Options, Rule, twin};
//!
//! // Six rows of two features, three along each axis.
//! let rows = [1.0, 0.1, 1.0, 0.0, 1.0, 0.2, 0.1, 1.0, 0.0, 1.0, 0.2, 1.0];
//! let options = Options::gstds().rule(Rule::Signed);
//! let selection = twin::select(&rows, 2, &options, Keep::Count(3))?;
//! assert!(selection.kept == [0, 1, 2] || selection.kept == [3, 4, 5]); // one side
//! # Ok::<(), gstds::Error>(())
//! ```

use crate::{Keep, MatrixKind, Options, Order, Result, matrix::check_rule};

pub use crate::coverage::twin::{
    KMeans, facility_location, gains, k_center, k_means, medoids, spectral_embedding,
};
pub use crate::fiedler::{
    lanczos::{Relation, start_vector, twin as lanczos},
    power::twin as power,
    ritz::{pairs as ritz_pairs, twin as ritz},
    tridiagonal::{pairs as tridiagonal_pairs, twin as tridiagonal},
};
pub use crate::graph::{
    degree::twin as degree,
    laplacian::{Mode, Operator, of_affinity, twin as laplacian},
    matrix::twin as matrix,
    normalize::twin as normalize,
    similarity::twin as similarity,
    sparse::{edges, entries, neighbours, offsets},
};
pub use crate::hash::seeded_hash;
pub use crate::low_rank::twin::{row_norms, row_products, weighted_row_sum};
pub use crate::neighbours::twin::{NeighbourList, nearest_rows};
pub use crate::ranking::{keep::twin as keep, rank::twin as rank, score::twin as score};

/// What the twin computes for one call.
#[derive(Clone, Debug)]
pub struct TwinSelection {
    /// Graph, degrees, mode and flags.
    pub operator: Operator,
    /// Algebraic connectivity; 0 where nothing is solved.
    pub lambda2: f64,
    /// Scores, n.
    pub scores: Vec<f64>,
    /// Rows in the rule's order, n.
    pub order: Vec<u32>,
    /// Kept rows in the order the options ask for.
    pub kept: Vec<u32>,
}

/// Selects among row-major features of `columns` columns, all in f64. Costs n²·d + n²·steps.
///
/// # Errors
/// A keep count or ratio that keeps nothing.
pub fn select(
    features: &[f32],
    columns: usize,
    options: &Options,
    keep_rows: Keep,
) -> Result<TwinSelection> {
    let (unit, valid) = normalize(features, columns);
    let kept = keep_rows.of(valid.len())?;
    let similarities = similarity(&unit, columns);
    let operator = laplacian(&similarities, &valid, options, kept);
    Ok(solve(operator, &valid, options, kept))
}

/// The same on a matrix of the caller's, whose upper half counts. Costs n²·steps.
///
/// # Errors
/// As [`select`], and [`Error::RuleWithoutGraph`](crate::Error::RuleWithoutGraph).
pub fn select_matrix(
    entries: &[f32],
    kind: MatrixKind,
    options: &Options,
    keep_rows: Keep,
) -> Result<TwinSelection> {
    check_rule(options)?;
    let rows = entries.len().isqrt();
    let kept = keep_rows.of(rows)?;
    let (mirrored, valid) = matrix(entries, rows);
    let operator = match kind {
        MatrixKind::Similarity => laplacian(&mirrored, &valid, options, kept),
        MatrixKind::Affinity => of_affinity(&mirrored, &valid, options, kept),
    };
    Ok(solve(operator, &valid, options, kept))
}

/// From the graph to the kept rows.
fn solve(
    operator: Operator,
    valid: &[bool],
    options: &Options,
    kept_count: usize,
) -> TwinSelection {
    if kept_count == valid.len() {
        return everything(operator);
    }
    let present = valid.iter().filter(|v| **v).count();
    let (lambda2, scores) = if operator.mode == Mode::Solve && options.is_spectral() {
        let relation = lanczos(&operator, present - 1, 1e-12);
        let (value, fiedler) = ritz(&relation);
        let lambda2 = if operator.symmetric {
            1.0 - value
        } else {
            -value
        };
        (lambda2, score(&operator, value, &fiedler))
    } else {
        (0.0, vec![0.0; valid.len()])
    };
    let mode = if options.is_spectral() || operator.mode == Mode::IndexOrder {
        operator.mode
    } else {
        Mode::Solve
    };
    let order = rank(&scores, valid, mode, options.rule, options.seed);
    let mut kept = keep(
        &order,
        present,
        kept_count,
        mode,
        options.rule,
        options.seed,
    );
    if options.order == Order::Ascending {
        kept.sort_unstable();
    }
    TwinSelection {
        operator,
        lambda2,
        scores,
        order,
        kept,
    }
}

/// Keeping all rows lists them by number, whatever the rule.
fn everything(operator: Operator) -> TwinSelection {
    let rows = operator.degree.len();
    let all: Vec<u32> = (0..rows as u32).collect();
    TwinSelection {
        operator,
        lambda2: 0.0,
        scores: vec![0.0; rows],
        order: all.clone(),
        kept: all,
    }
}
