//! Products with the graph through the features themselves, S x = F(Fᵀx), which never form S; and
//! the dual of the sym Laplacian, FᵀD⁻¹F over columns, whose known top eigenvector is the sum of
//! all rows and whose second one, projected on the rows, is the Fiedler vector.
//!
//! Both are exact for raw affinity, and for shifted affinity through one more column, the constant
//! one, that is the same in every row: (1 + s)/2 is the product of rows [f, 1]/√2.

#[cfg(feature = "twin")]
pub(crate) mod twin;

use crate::{Laplacian, Options, Solver};

/// Whether the solve runs over columns: for sym by Lanczos. Otherwise it runs over rows.
pub(crate) fn has_dual(options: &Options) -> bool {
    options.laplacian == Laplacian::Sym && options.solver == Solver::Lanczos
}

/// Rows that a workgroup weighs and adds up together: four for each of its 32 teams of eight lanes.
const TILE: usize = 128;
/// Rows at most in whose pairs automatic affinity looks for a negative similarity: all rows of a
/// call, or an evenly spaced sample where they are more.
const MOST_SAMPLED: usize = 16_384;
/// Bytes of their unit rows at most, the largest binding of every device. Rows of more than 2,048
/// features are sampled sooner: 33,554,432 elements, each row padded to 16, are all that is looked
/// at.
const MOST_SAMPLE_BYTES: usize = 128 << 20;

/// Pairs of columns that a lane adds up for each look at a row's weight.
const UNROLL: usize = 4;
/// Workgroups that add up rows, at most: their partial sums are read by few lanes.
const MOST_GROUPS: usize = 512;
/// Bytes of partial sums at most.
const MOST_PARTIALS: u64 = 32 << 20;

/// How work over rows and columns is divided, from the largest shape of a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tiling {
    /// Rows that one workgroup adds up: a power of two times [`TILE`].
    pub group_rows: usize,
    /// Lanes that share the columns of a row while adding up: a power of two.
    pub span: usize,
    /// Words of a vector over columns, the constant column included.
    pub width: usize,
    /// Rows of the largest call.
    rows: usize,
    pub features: usize,
    /// Rows at most that are sampled, a multiple of 64.
    pub most_sampled: usize,
}

impl Tiling {
    pub fn new(rows: usize, features: usize) -> Self {
        let pairs = features.div_ceil(2);
        let span = pairs.div_ceil(UNROLL).next_power_of_two().clamp(32, 256);
        let width = pairs
            .saturating_mul(2)
            .saturating_add(2)
            .checked_next_multiple_of(64)
            .unwrap_or(usize::MAX);
        let padded = features.checked_next_multiple_of(16);
        let row_bytes = padded.unwrap_or(usize::MAX).saturating_mul(4);
        let fitting = MOST_SAMPLE_BYTES / row_bytes;
        let most_sampled = (fitting - fitting % 64).clamp(64, MOST_SAMPLED);
        let with = |group_rows: usize| Self {
            group_rows,
            span,
            width,
            rows,
            features,
            most_sampled,
        };
        let mut tiling = with(TILE);
        while rows > tiling.group_rows
            && (rows.div_ceil(tiling.group_rows) > MOST_GROUPS
                || tiling.partial_bytes() > MOST_PARTIALS)
        {
            tiling = with(2 * tiling.group_rows);
        }
        tiling
    }

    /// Rows at whose multiples features may be split, so that no workgroup straddles two chunks.
    pub fn chunk_rows(&self) -> usize {
        self.group_rows
    }

    /// Rows from one sampled row to the next, and how many that makes.
    pub fn sample(&self, rows: u32) -> (u32, u32) {
        let stride = rows.div_ceil(self.most_sampled as u32);
        (stride, rows.div_ceil(stride))
    }

    /// Bytes of a vector over columns.
    pub fn vector_bytes(&self) -> u64 {
        (self.width as u64).saturating_mul(4)
    }

    /// Partial sums of a call with this many rows.
    pub fn slots(&self, rows: usize) -> usize {
        rows.div_ceil(self.group_rows) * (256 / self.span)
    }

    /// Bytes of all partial sums.
    pub fn partial_bytes(&self) -> u64 {
        let slots = self.slots(self.rows) as u64;
        self.vector_bytes().saturating_mul(slots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As docs/kernels.md and `Affinity::Auto` say.
    #[test]
    fn a_sample_is_of_16384_rows_and_33554432_elements_at_most() {
        let sample = |rows, features| Tiling::new(rows, features).sample(rows as u32);
        assert_eq!(sample(16_384, 2048), (1, 16_384));
        assert_eq!(sample(16_385, 16), (2, 8193));
        assert_eq!(sample(8192, 4096), (1, 8192));
        assert_eq!(sample(10_000, 4096), (2, 5000));
        assert_eq!(sample(64, usize::MAX), (1, 64));
    }
}
