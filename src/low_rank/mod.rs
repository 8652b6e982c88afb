//! Products with the graph through the features themselves, S x = F(Fᵀx), which never form S; and
//! the dual of the sym Laplacian, FᵀD⁻¹F over columns, whose known top eigenvector is the sum of
//! all rows and whose second one, projected on the rows, is the Fiedler vector.
//!
//! Both are exact for raw affinity, and for shifted affinity through one more column, the lift,
//! that every row has alike: (1 + s)/2 is the product of rows [f, 1]/√2.

pub(crate) mod collect;
pub(crate) mod dual;
pub(crate) mod gather;
pub(crate) mod lift;
pub(crate) mod measure;
pub(crate) mod row_sums;
pub(crate) mod rows;
pub(crate) mod spread;

use crate::{Laplacian, Options, Solver};

/// Whether the solve runs over columns: for sym by Lanczos. Otherwise it runs over rows.
pub(crate) fn has_dual(options: &Options) -> bool {
    options.laplacian == Laplacian::Sym && options.solver == Solver::Lanczos
}

/// Rows that a workgroup of `rows.wgsl` looks at together: 256 lanes by teams of eight.
const TEAMS: usize = 32;
/// Workgroups that add up rows, at most: their partial sums are read by few lanes.
const MOST_GROUPS: usize = 512;
/// Bytes of partial sums at most.
const MOST_PARTIALS: u64 = 32 << 20;

/// How work over rows and columns is divided, from the largest shape of a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Rows that one workgroup adds up: a power of two times [`TEAMS`].
    pub group_rows: usize,
    /// Lanes that share the columns of a row while adding up: a power of two.
    pub span: usize,
    /// Words of a vector over columns, the lift column included.
    pub width: usize,
    /// Partial sums of a call with all rows.
    slots: usize,
}

impl Plan {
    pub fn new(rows: usize, features: usize) -> Self {
        let pairs = features.div_ceil(2);
        let span = pairs.next_power_of_two().clamp(32, 256);
        let width = pairs
            .saturating_mul(2)
            .saturating_add(1)
            .checked_next_multiple_of(64)
            .unwrap_or(usize::MAX);
        let with = |group_rows: usize| Self {
            group_rows,
            span,
            width,
            slots: rows.div_ceil(group_rows) * (256 / span),
        };
        let mut plan = with(TEAMS);
        while rows > plan.group_rows
            && (rows.div_ceil(plan.group_rows) > MOST_GROUPS
                || plan.partial_bytes() > MOST_PARTIALS)
        {
            plan = with(2 * plan.group_rows);
        }
        plan
    }

    /// Rows at whose multiples features may be split, so that no workgroup straddles two chunks.
    pub fn chunk_rows(&self) -> usize {
        self.group_rows.max(64)
    }

    /// Bytes of a vector over columns.
    pub fn vector_bytes(&self) -> u64 {
        (self.width as u64).saturating_mul(4)
    }

    /// Bytes of all partial sums.
    pub fn partial_bytes(&self) -> u64 {
        self.vector_bytes().saturating_mul(self.slots as u64)
    }
}
