//! The choices that options make by name.

use crate::{Error, Result};
use std::{fmt, str::FromStr};

macro_rules! named {
    ($(#[$doc:meta])* $name:ident, $option:literal, $choices:literal, {
        $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
        #[non_exhaustive]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Every choice, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];
            /// The name used in files and on command lines.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }

        impl FromStr for $name {
            type Err = Error;
            fn from_str(text: &str) -> Result<Self> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(Error::UnknownName {
                        option: $option,
                        name: text.into(),
                        choices: $choices,
                    }),
                }
            }
        }
    };
}

pub(crate) use named;

named! {
    /// How a cosine similarity s becomes an edge weight.
    ///
    /// The paper does not state how it treats negative similarity; these are our choices.
    Affinity, "affinity", "auto, raw, shift, clamp, exp, knn", {
        /// `Raw` where no similarity is negative (below −4e-6, which rounding explains), else
        /// `Shift`. Decided on the GPU.
        ///
        /// On [`Path::LowRank`] all pairs of rows are looked at up to 16,384 rows and 33,554,432
        /// elements (rows times features rounded up to 16). Of more rows it looks at every second
        /// one, or every third and so on.
        #[default]
        Auto = "auto",
        /// s itself. Under [`Laplacian::Sym`] a non-positive degree is an error.
        Raw = "raw",
        /// (1 + s) / 2: leaves the eigenvectors of [`Laplacian::Un`] as they are.
        Shift = "shift",
        /// max(s, 0).
        Clamp = "clamp",
        /// exp((s − 1) / τ), τ being [`Options::tau`](crate::Options::tau).
        Exp = "exp",
        /// A sparse graph: an edge of weight max(s, 0) between two rows where either is among the
        /// other's [`Options::neighbours`](crate::Options::neighbours) most similar rows, ties by
        /// row number, itself left out.
        /// No self-loops; a row without an edge of positive weight (above 4e-6, which rounding
        /// explains) is a component of its own, with one self-loop of weight 1.
        Knn = "knn",
    }
}

named! {
    /// Which Laplacian's Fiedler vector scores the rows.
    Laplacian, "Laplacian", "sym, un", {
        /// I − D^-½ W D^-½, scored by D^-½ u: a two-way split of the batch.
        #[default]
        Sym = "sym",
        /// D − W, as in SALN (arXiv 2412.17069): on dense graphs an outlier detector.
        Un = "un",
    }
}

named! {
    /// How the Fiedler vector is found.
    Solver, "solver", "lanczos, power", {
        /// Deflated Lanczos with full reorthogonalisation.
        #[default]
        Lanczos = "lanczos",
        /// Deflated, shifted power iteration: one vector of memory, many more steps.
        Power = "power",
    }
}

named! {
    /// How unit rows and similarities are stored; sums are in f32 either way.
    Storage, "storage", "full, half", {
        /// f32.
        #[default]
        Full = "full",
        /// f16, two to a word, in half the memory; needs no `SHADER_F16`. Extremes by score agree
        /// with f32 (overlap of at least 0.97 from 256 rows on), exact quantiles need not. Rows
        /// within 1e-3 of each other count as identical.
        Half = "half",
    }
}

impl Storage {
    /// Bytes of an entry.
    pub(crate) const fn bytes(self) -> u64 {
        match self {
            Self::Full => 4,
            Self::Half => 2,
        }
    }
}

named! {
    /// How the Fiedler vector is reached; each path computes the same selection.
    Path, "path", "auto, dense, fused, low-rank", {
        /// The cheapest for the shape.
        #[default]
        Auto = "auto",
        /// The whole similarity matrix in memory: 4n² bytes.
        Dense = "dense",
        /// Products with the features in place of the matrix: memory linear in n, and the work of
        /// a step too. Affinities auto, raw and shift.
        LowRank = "low-rank",
        /// All that follows the similarity matrix in one dispatch of one workgroup: up to 256 rows,
        /// or 512 where a workgroup may be as wide; [`Solver::Lanczos`], affinities auto, raw,
        /// shift and clamp. The buffers between its stages stay inside that dispatch.
        Fused = "fused",
    }
}

named! {
    /// How the vectors of [`Solver::Lanczos`] over a matrix are kept orthogonal.
    ///
    /// Both do so within rounding, and end after the same steps but for it.
    GramSchmidt, "Gram-Schmidt", "auto, twice, delayed", {
        /// `Delayed` on a GPU, up to 1,024 rows on an integrated one and in a browser; `Twice` on an
        /// adapter that is a CPU, where it would take longer.
        #[default]
        Auto = "auto",
        /// Each vector twice before the next product: two dispatches a step, one of them of a
        /// single workgroup.
        Twice = "twice",
        /// Each vector once before the next product and once after it (DCGS2, [how]): one dispatch
        /// a step and two more, on the dense path and for matrices of the caller's, up to 4,096 rows
        /// and of any affinity but knn. Everywhere else as `Twice`. Takes 16n bytes, and 16 for each
        /// step and for each 8 to 32 rows.
        ///
        /// [how]: https://github.com/gstds/gstds/blob/main/docs/decisions/0003-solver.md
        Delayed = "delayed",
    }
}

named! {
    /// Which rows are kept, given the scores in descending order (ties by row number).
    Rule, "rule", "quantile, stratified, signed, abs, abs-small, balanced, random", {
        /// Ranks ⌊(2i+1)n/2k⌋: even coverage along the Fiedler vector.
        #[default]
        Quantile = "quantile",
        /// One seeded random pick in each of k equal strata of ranks.
        Stratified = "stratified",
        /// The k largest scores.
        Signed = "signed",
        /// The k largest magnitudes.
        Abs = "abs",
        /// The k smallest magnitudes.
        AbsSmall = "abs-small",
        /// Half from each end; the odd one from the top.
        Balanced = "balanced",
        /// Seeded uniform choice; computes no graph.
        Random = "random",
    }
}

named! {
    /// In which order the kept rows are listed.
    Order, "order", "ascending, rank", {
        /// By row number.
        #[default]
        Ascending = "ascending",
        /// As the rule picked them.
        Rank = "rank",
    }
}
