//! What rows are chosen by, so that they cover a pool.

use crate::{Error, MAX_VECTORS, Options, Order, Result, Rule, options::named};
use std::{fmt, str::FromStr};

named! {
    /// How rows are chosen that cover a pool. These rules are ours, not the paper's.
    CoverageRule, "coverage rule", "medoids, facility-location, k-center", {
        /// Spectral clustering: k-means over the spectral embedding, and of each cluster the row
        /// nearest its centre.
        #[default]
        Medoids = "medoids",
        /// Greedily the row that adds most to Σ_j max_i max(0, s_ij) over chosen rows i.
        FacilityLocation = "facility-location",
        /// Greedily the row farthest from all rows chosen before, from the first valid row on;
        /// distances below 4e-6, which rounding explains, count as 0.
        KCenter = "k-center",
    }
}

/// What a [`Coverage`](crate::Coverage) is prepared for.
///
/// ```
/// use gstds::{CoverageOptions, CoverageRule};
///
/// let options = CoverageOptions::new(CoverageRule::Medoids).vectors(16).seed(7);
/// assert_eq!(options.vectors_for(100), 16);
/// assert_eq!(CoverageOptions::default().vectors_for(5), 4);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct CoverageOptions {
    /// How rows are chosen.
    pub rule: CoverageRule,
    /// Eigenvectors of the embedding of [`CoverageRule::Medoids`], 2 to [`MAX_VECTORS`]; by default
    /// one less than rows are chosen, those given beforehand included, but 2 at least and
    /// [`MAX_VECTORS`] at most: k groups are told apart by k − 1 vectors beside the trivial one.
    pub vectors: Option<u32>,
    /// Graph and solver of [`CoverageRule::Medoids`]; its rule, order, vectors and seed are not
    /// read. The other rules take cosine similarity as it is and read [`Options::strict`] alone.
    pub graph: Options,
    /// Seed of the first centres of [`CoverageRule::Medoids`].
    pub seed: u64,
}

impl CoverageOptions {
    /// This rule, with the graph of the preset [`Options::gstds`].
    #[must_use]
    pub fn new(rule: CoverageRule) -> Self {
        Self {
            rule,
            ..Self::default()
        }
    }

    /// The options with so many [`vectors`](field@Self::vectors); `None` is the default.
    #[must_use]
    pub fn vectors(mut self, vectors: impl Into<Option<u32>>) -> Self {
        self.vectors = vectors.into();
        self
    }

    /// The options with this [`graph`](field@Self::graph).
    #[must_use]
    pub fn graph(mut self, graph: Options) -> Self {
        self.graph = graph;
        self
    }

    /// The options with this [`seed`](field@Self::seed).
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Vectors of the embedding where so many rows are chosen.
    #[must_use]
    pub fn vectors_for(&self, chosen: usize) -> u32 {
        let chosen = u32::try_from(chosen).unwrap_or(u32::MAX);
        let groups = chosen.saturating_sub(1);
        self.vectors.unwrap_or(groups.clamp(2, MAX_VECTORS))
    }

    /// The options of the selector that the embedding is made by.
    pub(super) fn spectral(&self, chosen: usize) -> Options {
        let options = self.graph.clone().rule(Rule::Signed).order(Order::Rank);
        options.vectors(self.vectors_for(chosen)).seed(self.seed)
    }

    pub(super) fn check(&self) -> Result<()> {
        let limit = MAX_VECTORS;
        match self.vectors {
            Some(vectors) if vectors < 2 || vectors > limit => {
                Err(Error::EmbeddingVectors { vectors, limit })
            }
            _ => Ok(()),
        }
    }
}
