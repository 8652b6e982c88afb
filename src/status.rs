//! What a selection reports about itself, written on the GPU next to the kept rows.

use crate::{Error, MatrixKind, Result};
use bytemuck::{Pod, Zeroable};
use std::fmt;

/// The status block of one call, 64 bytes, little-endian 32-bit words in this order.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Status {
    /// Algebraic connectivity λ2 of the Laplacian used; 0 where nothing was solved.
    pub lambda2: f32,
    /// ‖Lv − λv‖ of the unit Fiedler vector, relative to 1 (sym) or the largest degree (un).
    pub residual: f32,
    /// Solver steps done.
    pub steps: u32,
    /// Rows of the call.
    pub rows: u32,
    /// Rows in the graph: neither zero, NaN nor infinite.
    pub valid: u32,
    /// Rows kept.
    pub kept: u32,
    /// Bits of [`Flags`].
    pub flags: u32,
    /// Smallest cosine similarity between valid rows. On [`Path::LowRank`](crate::Path), which
    /// forms none: under affinity auto −1 where a negative one was found; else the cosine of twice
    /// the largest angle between a row and the sum of all rows, which no similarity lies below,
    /// and 0 where that angle is too large for a bound.
    pub min_similarity: f32,
    /// Smallest degree.
    pub degree_min: f32,
    /// Largest degree.
    pub degree_max: f32,
    /// Affinity of similarity s is shift + scale·s; under exp and knn 0, and scale 1.
    pub shift: f32,
    /// See `shift`.
    pub scale: f32,
    #[cfg_attr(feature = "serde", serde(skip))]
    reserved: [u32; 4],
}

impl Status {
    /// That of a call which looks at rows and solves no graph.
    pub(crate) fn without_graph(rows: u32, valid: u32, kept: u32, flags: Flags) -> Self {
        Self {
            rows,
            valid,
            kept,
            flags: flags.0,
            ..Self::zeroed()
        }
    }

    /// The flags of this call.
    #[must_use]
    pub fn flags(&self) -> Flags {
        Flags(self.flags)
    }

    /// The status of a call on features again, unless the features themselves made the selection
    /// an error.
    ///
    /// # Errors
    /// [`Error::NonPositiveDegree`]; with `strict` (as in [`Options::strict`](field@crate::Options::strict))
    /// [`Error::InvalidRows`].
    pub fn check(self, strict: bool) -> Result<Self> {
        self.check_of(None, strict)
    }

    /// The same for a call on such a matrix, or on features.
    pub(crate) fn check_of(self, matrix: Option<MatrixKind>, strict: bool) -> Result<Self> {
        if self.flags().contains(Flags::NON_POSITIVE_DEGREE) {
            return Err(Error::NonPositiveDegree {
                degree: self.degree_min,
                matrix,
                status: Box::new(self),
            });
        }
        if strict && self.valid < self.rows {
            return Err(Error::InvalidRows {
                count: self.rows - self.valid,
                rows: self.rows,
            });
        }
        Ok(self)
    }
}

/// What was out of the ordinary in a call, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(u32);

impl Flags {
    /// Every row is kept: index order, nothing solved.
    pub const KEPT_ALL: Self = Self(1);
    /// Fewer than 3 valid rows, or no more than are kept: index order, invalid rows last.
    pub const FEW_VALID: Self = Self(2);
    /// Some rows were zero, NaN, infinite or missing from the bank, and left out of the graph.
    pub const INVALID_ROWS: Self = Self(4);
    /// All rows are identical up to rounding: rows kept at an even stride.
    pub const ALL_ALIKE: Self = Self(8);
    /// The graph has no edges: rows kept at an even stride.
    pub const NO_EDGES: Self = Self(16);
    /// A non-positive degree under raw affinity and sym: rows kept at an even stride.
    pub const NON_POSITIVE_DEGREE: Self = Self(32);
    /// |λ2| is at most 1e-5 of the operator's norm (sym: 1, un: the largest degree): more than one
    /// component, so the Fiedler vector is one choice of many, reproducible. A clearly negative λ2,
    /// which raw affinity with un may have, is no sign of components and does not set it.
    pub const DISCONNECTED: Self = Self(64);
    /// The Krylov space ended before the steps did; the answer is exact within it.
    pub const BREAKDOWN: Self = Self(128);
    /// Affinity auto or shift used (1 + s) / 2.
    pub const SHIFTED: Self = Self(256);
    /// Residual above 1e-6 or NaN: allow more steps.
    pub const UNCONVERGED: Self = Self(512);
    /// The same of a vector beyond the Fiedler vector, which the other flags and the status are
    /// about; see [`Spectrum::unconverged`](crate::Spectrum::unconverged).
    pub const FURTHER_UNCONVERGED: Self = Self(1024);

    const NAMES: [(Self, &'static str); 11] = [
        (Self::KEPT_ALL, "kept-all"),
        (Self::FEW_VALID, "few-valid"),
        (Self::INVALID_ROWS, "invalid-rows"),
        (Self::ALL_ALIKE, "all-alike"),
        (Self::NO_EDGES, "no-edges"),
        (Self::NON_POSITIVE_DEGREE, "non-positive-degree"),
        (Self::DISCONNECTED, "disconnected"),
        (Self::BREAKDOWN, "breakdown"),
        (Self::SHIFTED, "shifted"),
        (Self::UNCONVERGED, "unconverged"),
        (Self::FURTHER_UNCONVERGED, "further-unconverged"),
    ];

    /// The flags whose bits are those of [`Status::flags`](field@Status::flags).
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The flags as bits.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether none is set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether any of `other` is set.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Those that are set here and in `other`.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those that are set here and not in `other`.
    #[must_use]
    pub const fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether every one of `other` is set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Names of the bits set, in the order of their definition.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let set = move |(flag, name): (Self, &'static str)| self.contains(flag).then_some(name);
        Self::NAMES.into_iter().filter_map(set)
    }
}

impl std::ops::BitOr for Flags {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        f.write_str(&self.names().collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_sets() {
        let flags = Flags::SHIFTED | Flags::INVALID_ROWS;
        assert_eq!(Flags::from_bits(flags.bits()), flags);
        assert!(flags.intersects(Flags::SHIFTED | Flags::NO_EDGES));
        assert!(!flags.contains(Flags::SHIFTED | Flags::NO_EDGES));
        assert!(!flags.intersects(Flags::NO_EDGES));
        assert_eq!(flags.difference(Flags::SHIFTED), Flags::INVALID_ROWS);
        assert_eq!(
            flags.intersection(Flags::SHIFTED | Flags::NO_EDGES),
            Flags::SHIFTED
        );
        assert!(flags.difference(flags).is_empty() && !flags.is_empty());
    }
}
