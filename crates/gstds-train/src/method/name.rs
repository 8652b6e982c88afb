//! The methods by name, and what each needs.

use super::ReferenceLoss;
use crate::error::Result;
use gstds::{Options, Rule};

/// Eigenvectors that `spectral-guided` orders rows along.
pub(super) const GUIDED_VECTORS: u32 = 3;

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
    /// Whether it depends on features of a reference model, by itself or through
    /// [`MethodName::needs_reference_losses`] or [`MethodName::needs_label_graph`].
    #[must_use]
    pub const fn needs_features(self) -> bool {
        self.solves_graphs() || self.needs_reference_losses() || self.needs_label_graph()
    }

    /// Whether it solves a graph of each batch's features, and so needs them on the device.
    #[must_use]
    pub const fn solves_graphs(self) -> bool {
        matches!(
            self,
            Self::Gstds | Self::Saln | Self::StratifiedLearnability | Self::SpectralGuided
        )
    }

    /// Whether it needs the learner's losses of a batch before it chooses: one more forward pass
    /// over all its rows.
    #[must_use]
    pub const fn needs_losses(self) -> bool {
        matches!(self, Self::Loss) || self.needs_reference_losses()
    }

    /// Where the reference's losses come from unless a run says otherwise; none where the method uses
    /// none.
    #[must_use]
    pub const fn reference_loss(self) -> Option<ReferenceLoss> {
        match self {
            Self::Guided => Some(ReferenceLoss::Graph),
            _ if self.needs_reference_losses() => Some(ReferenceLoss::Probe),
            _ => None,
        }
    }

    /// Whether it compares the learner's losses with the reference's, see [`ReferenceLoss`].
    #[must_use]
    pub const fn needs_reference_losses(self) -> bool {
        matches!(
            self,
            Self::Jest | Self::StratifiedLearnability | Self::SpectralGuided
        )
    }

    /// Whether it goes by a graph of all rows and their labels, see [`gstds_curate::label_graph`].
    #[must_use]
    pub const fn needs_label_graph(self) -> bool {
        matches!(self, Self::Guided)
    }

    /// Whether it draws the rows it trains on from the whole data set, not from larger batches, see
    /// [`Method::draw_epoch`](super::Method::draw_epoch).
    #[must_use]
    pub const fn draws_rows(self) -> bool {
        matches!(self, Self::SmallBatch | Self::InfoBatch)
    }

    /// How often it compares every row of a batch with every other on the device, beside what the
    /// kernels do.
    #[must_use]
    pub const fn rankings(self) -> u64 {
        match self {
            Self::Loss | Self::Jest | Self::Guided => 1,
            // The ranks of all rows along the vector, and the first of each stratum.
            Self::StratifiedLearnability => 2,
            // The same, and the ranks along each further vector.
            Self::SpectralGuided => 1 + GUIDED_VECTORS as u64,
            _ => 0,
        }
    }

    /// How many of `rows` it keeps at a keep ratio of `ratio`.
    #[must_use]
    pub fn keeps(self, rows: usize, ratio: f64) -> usize {
        match self {
            Self::Full => rows,
            _ => ((rows as f64 * ratio).round() as usize).clamp(1, rows.max(1)),
        }
    }

    /// How many of `rows` pass the learner for their losses where it keeps `keep`: all or none.
    #[must_use]
    pub const fn scored(self, rows: usize, keep: usize) -> usize {
        if self.needs_losses() && keep < rows {
            rows
        } else {
            0
        }
    }

    /// The selection options it starts from.
    #[must_use]
    pub fn preset(self) -> Options {
        match self {
            Self::Saln => Options::saln(),
            Self::SpectralGuided => Options::gstds().vectors(GUIDED_VECTORS),
            _ => Options::gstds(),
        }
    }

    /// The options that it solves with, given the configured `options`: methods that cut strata
    /// along vectors fix the rule, which they do not use, and the number of vectors.
    #[must_use]
    pub fn solved(self, options: &Options) -> Options {
        let asked = options.clone();
        match self {
            Self::StratifiedLearnability => asked.rule(Rule::Signed),
            Self::SpectralGuided => asked.rule(Rule::Signed).vectors(GUIDED_VECTORS),
            _ => asked,
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

    #[test]
    fn a_batch_kept_whole_is_not_scored() {
        assert_eq!(MethodName::Loss.scored(32, 8), 32);
        assert_eq!(MethodName::Loss.scored(32, 32), 0);
        assert_eq!(MethodName::Gstds.scored(32, 8), 0);
    }
}
