use std::fmt;

/// The stages of a selection, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Stage {
    /// Feature rows to unit rows.
    Normalize,
    /// Cosine similarity of all pairs.
    Similarity,
    /// Degrees, affinity, trivial and start vector.
    Laplacian,
    /// Solver steps and Ritz vector; on the fused path all that follows the similarities.
    Fiedler,
    /// Residual, polish, sign.
    Scores,
    /// Order and rule.
    Kept,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: &[Self] = &[
        Self::Normalize,
        Self::Similarity,
        Self::Laplacian,
        Self::Fiedler,
        Self::Scores,
        Self::Kept,
    ];

    /// The stage's name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normalize => "normalize",
            Self::Similarity => "similarity",
            Self::Laplacian => "laplacian",
            Self::Fiedler => "fiedler",
            Self::Scores => "scores",
            Self::Kept => "kept",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
