//! What a selection computes: affinity, Laplacian, solver, rule.

mod choices;
mod keep;
mod path;
mod setters;

pub(crate) use choices::named;
pub use choices::{Affinity, GramSchmidt, Laplacian, Order, Path, Rule, Solver, Storage};
pub use keep::Keep;

use crate::{Error, Result};

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
        let refused = |what, value, remedy| Error::OneVector {
            vectors,
            what,
            value,
            remedy,
        };
        if self.has_further() && self.solver != Solver::Lanczos {
            return Err(refused("solver", self.solver.name(), "use solver lanczos"));
        }
        if self.has_further() && !self.is_spectral() {
            return Err(refused("rule", self.rule.name(), "use another rule"));
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
