//! What a selection computes: affinity, Laplacian, solver, rule.

mod setters;

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
        #[default]
        Auto = "auto",
        /// s itself. Under [`Laplacian::Sym`] a non-positive degree is an error.
        Raw = "raw",
        /// (1 + s) / 2: leaves the eigenvectors of [`Laplacian::Un`] as they are.
        Shift = "shift",
        /// max(s, 0).
        Clamp = "clamp",
        /// exp((s − 1) / τ), τ being [`Options::tau`].
        Exp = "exp",
        /// A sparse graph: an edge of weight max(s, 0) between two rows where either is among the
        /// other's [`Options::neighbours`] most similar rows, ties by row number, itself left out.
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

/// How many rows a call keeps.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Keep {
    /// This many; all of them where there are fewer.
    Count(usize),
    /// This share of the rows, in (0, 1], rounded to the nearest count and at least one.
    Ratio(f64),
}

impl Keep {
    /// Rows kept of `rows`.
    ///
    /// # Errors
    /// [`Error::NothingKept`] for a count of zero, [`Error::KeepRatio`] outside (0, 1].
    pub fn of(self, rows: usize) -> Result<usize> {
        match self {
            Self::Count(0) => Err(Error::NothingKept { rows }),
            Self::Count(count) => Ok(count.min(rows)),
            Self::Ratio(ratio) if ratio > 0.0 && ratio <= 1.0 => {
                Ok(((ratio * rows as f64).round() as usize).max(1))
            }
            Self::Ratio(ratio) => Err(Error::KeepRatio { ratio }),
        }
    }
}

/// Largest number of Lanczos steps.
pub const MAX_LANCZOS_STEPS: u32 = 256;
/// Largest number of power iteration steps.
pub const MAX_POWER_STEPS: u32 = 4096;

/// Vectors times steps at most by default: one dispatch finds all eigenvectors of the Lanczos matrix,
/// nine to ten iterations of a thread for each entry, and llvmpipe ends a thread after 65,535.
const MOST_PAIR_ENTRIES: u32 = 6144;

/// Largest number of vectors that a selection computes.
pub const MAX_VECTORS: u32 = 32;

/// Largest number of neighbours of [`Affinity::Knn`].
pub const MAX_NEIGHBOURS: u32 = 64;

/// Everything that a [`Selector`](crate::Selector) is made for.
///
/// Start from a preset and set what differs. Fields may be added in any release, so a literal
/// `Options { .. }` compiles in this crate alone.
///
/// ```
/// use gstds::{Options, Order, Rule};
///
/// let options = Options::gstds().rule(Rule::Stratified).order(Order::Rank).seed(7);
/// assert_eq!(options.rule, Rule::Stratified);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(default, rename_all = "kebab-case", deny_unknown_fields)
)]
pub struct Options {
    /// How similarities become edge weights.
    pub affinity: Affinity,
    /// Scale τ of [`Affinity::Exp`], by default 0.1: finite and above 0.
    pub tau: f64,
    /// Neighbours of a row under [`Affinity::Knn`], by default 15: 1 to [`MAX_NEIGHBOURS`]; all
    /// other rows where there are fewer.
    pub neighbours: u32,
    /// How unit rows and similarities are stored.
    pub storage: Storage,
    /// Which Laplacian is used.
    pub laplacian: Laplacian,
    /// How its Fiedler vector is found.
    pub solver: Solver,
    /// How Lanczos keeps its vectors orthogonal.
    pub gram_schmidt: GramSchmidt,
    /// How the graph is held.
    pub path: Path,
    /// Which rows are kept.
    pub rule: Rule,
    /// In which order they are listed.
    pub order: Order,
    /// Eigenvectors computed, by default 1, the Fiedler vector: 1 to [`MAX_VECTORS`]. More of them
    /// leave [`Batch::vectors`](crate::Batch::vectors) and
    /// [`Batch::spectrum`](crate::Batch::spectrum) and change no selection beyond rounding, since
    /// the solve then runs until the last has converged. [`Solver::Lanczos`], rules that need a
    /// graph, and any path but fused.
    pub vectors: u32,
    /// Solver steps at most; by default [`Options::solver_steps`].
    pub steps: Option<u32>,
    /// Whether zero, NaN or infinite rows are an error when the status is read.
    pub strict: bool,
    /// Seed of [`Rule::Stratified`] and [`Rule::Random`].
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            affinity: Affinity::default(),
            tau: 0.1,
            neighbours: 15,
            storage: Storage::default(),
            laplacian: Laplacian::default(),
            solver: Solver::default(),
            gram_schmidt: GramSchmidt::default(),
            path: Path::default(),
            rule: Rule::default(),
            order: Order::default(),
            vectors: 1,
            steps: None,
            strict: false,
            seed: 0,
        }
    }
}

impl Options {
    /// Our default preset: sym Laplacian, automatic affinity, even coverage by quantiles.
    ///
    /// The paper (arXiv 2507.04269) fixes the Fiedler vector as the score; the rule is our choice.
    #[must_use]
    pub fn gstds() -> Self {
        Self::default()
    }

    /// The predecessor's preset, SALN (arXiv 2412.17069): D − W, largest |v2|.
    #[must_use]
    pub fn saln() -> Self {
        Self::default().laplacian(Laplacian::Un).rule(Rule::Abs)
    }

    /// Solver steps recorded for each call: [`Options::steps`], or what reached an overlap of
    /// 0.99 with float64 on every graph of the affinity tried ([how it was measured][solver]), and
    /// twice that for each eight vectors begun where they are more than one, but no more than 6,144
    /// divided by the vectors.
    ///
    /// [solver]: https://github.com/gstds/gstds/blob/main/docs/decisions/0003-solver.md
    #[must_use]
    pub fn solver_steps(&self) -> u32 {
        self.steps.unwrap_or(match (self.solver, self.laplacian) {
            (Solver::Lanczos, laplacian) => {
                let steps = lanczos_steps(self.affinity, laplacian);
                let times = match self.vectors {
                    0 | 1 => 1,
                    several => 2 * several.div_ceil(8),
                };
                let most = MAX_LANCZOS_STEPS.min(MOST_PAIR_ENTRIES / self.vectors.max(1));
                steps.saturating_mul(times).min(most)
            }
            (Solver::Power, Laplacian::Sym) => 512,
            (Solver::Power, Laplacian::Un) => 2048,
        })
    }

    pub(crate) fn check(&self) -> Result<()> {
        self.check_graph()?;
        self.check_vectors()?;
        let limit = match self.solver {
            Solver::Lanczos => MAX_LANCZOS_STEPS,
            Solver::Power => MAX_POWER_STEPS,
        };
        let steps = self.solver_steps();
        if steps == 0 || steps > limit {
            let solver = self.solver.name();
            return Err(Error::Steps {
                steps,
                solver,
                limit,
            });
        }
        Ok(())
    }

    fn check_graph(&self) -> Result<()> {
        let (tau, neighbours) = (self.tau, self.neighbours);
        if !(tau.is_finite() && tau > 0.0) {
            return Err(Error::Tau { tau });
        }
        if neighbours == 0 || neighbours > MAX_NEIGHBOURS {
            let limit = MAX_NEIGHBOURS;
            return Err(Error::Neighbours { neighbours, limit });
        }
        if self.affinity == Affinity::Knn && self.storage == Storage::Half {
            return Err(Error::HalfNeighbours);
        }
        Ok(())
    }

    fn check_vectors(&self) -> Result<()> {
        let vectors = self.vectors;
        if vectors == 0 || vectors > MAX_VECTORS {
            let limit = MAX_VECTORS;
            return Err(Error::Vectors { vectors, limit });
        }
        let refused = |what, value| Error::OneVector {
            vectors,
            what,
            value,
        };
        if self.has_further() && self.solver != Solver::Lanczos {
            return Err(refused("solver", self.solver.name()));
        }
        if self.has_further() && !self.is_spectral() {
            return Err(refused("rule", self.rule.name()));
        }
        Ok(())
    }

    /// Whether more than the Fiedler vector is requested.
    pub(crate) fn has_further(&self) -> bool {
        self.vectors > 1
    }

    /// Basis vectors the solver keeps, the trivial vector included.
    pub(crate) fn basis_rows(&self) -> u32 {
        match self.solver {
            Solver::Lanczos => self.solver_steps() + 1,
            Solver::Power => 2,
        }
    }

    pub(crate) fn is_spectral(&self) -> bool {
        self.rule != Rule::Random
    }
}

/// The sparser the graph, the closer its small eigenvalues lie together.
fn lanczos_steps(affinity: Affinity, laplacian: Laplacian) -> u32 {
    match (affinity, laplacian) {
        (Affinity::Knn, Laplacian::Sym) => 96,
        (Affinity::Knn, Laplacian::Un) => 128,
        (Affinity::Exp, Laplacian::Sym) => 64,
        (Affinity::Exp, Laplacian::Un) => 192,
        (_, Laplacian::Sym) => 32,
        (_, Laplacian::Un) => 64,
    }
}
