//! The methods by name.

use super::{MethodSpec, family::NESTED_VECTORS};
use gstds::Options;

gstds_data::named! {
    /// A method, as configurations name it.
    MethodName, "method", {
        /// Train on every row.
        Full = "full",
        /// Uniformly random rows, the baseline for every other method.
        Random = "random",
        /// Batches of the kept size, every row once before any again: plain training at the same
        /// compute, the second baseline.
        SmallBatch = "small-batch",
        /// As small-batch, but a pass leaves out rows of low loss at random and weights the others
        /// of low loss in their place (arXiv 2303.04947).
        InfoBatch = "infobatch",
        /// Even coverage along the Fiedler vector; our preset.
        ///
        /// See [`Options::gstds`].
        Gstds = "gstds",
        /// The largest magnitudes of the unnormalised Fiedler vector (arXiv 2412.17069).
        ///
        /// See [`Options::saln`].
        Saln = "saln",
        /// Rows drawn by similarity graph, class losses and age, without a scoring pass; ours.
        Guided = "guided",
        /// The highest losses of the learner.
        Loss = "loss",
        /// Rows drawn by learnability: the learner's loss minus the reference's (arXiv 2406.17711).
        ///
        /// JEST adapted to classification, where its joint sampling in chunks is Gumbel top-k. The
        /// [module](crate::method) explains when learnability helps.
        Jest = "jest",
        /// The most learnable row of each stratum along the Fiedler vector; ours.
        StratifiedLearnability = "stratified-learnability",
        /// The most learnable rows of nested strata along eigenvectors 2 to 4; ours.
        ///
        /// The [module](crate::method) explains when learnability helps.
        SpectralGuided = "spectral-guided",
    }
}

impl MethodName {
    /// The method with its preset settings.
    #[must_use]
    pub fn spec(self) -> MethodSpec {
        self.into()
    }

    /// Whether it draws the rows it trains on from the whole data set, not from larger batches, see
    /// [`Method::draw_epoch`](super::Method::draw_epoch).
    #[must_use]
    pub const fn draws_rows(self) -> bool {
        matches!(self, Self::SmallBatch | Self::InfoBatch)
    }

    /// How many of `rows` it keeps at a keep ratio of `ratio`.
    #[must_use]
    pub fn keeps(self, rows: usize, ratio: f64) -> usize {
        match self {
            Self::Full => rows,
            _ => ((rows as f64 * ratio).round() as usize).clamp(1, rows.max(1)),
        }
    }

    /// The selection options it starts from.
    #[must_use]
    pub fn preset(self) -> Options {
        match self {
            Self::Saln => Options::saln(),
            Self::SpectralGuided => Options::gstds().vectors(NESTED_VECTORS),
            _ => Options::gstds(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_those_of_the_kernel_crate() {
        assert_eq!(MethodName::Saln.preset(), Options::saln());
        assert_eq!(MethodName::Gstds.preset(), Options::gstds());
    }
}
