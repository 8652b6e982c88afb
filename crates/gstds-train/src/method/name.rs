//! The methods by name, and what each needs.

use super::spectral_guided as guided;
use crate::error::Result;
use gstds::{Options, Rule};

gstds_data::named! {
    /// A method, as configurations name it.
    MethodName, "method", {
        /// Train on every row.
        Full = "full",
        /// Uniformly random rows, the baseline for every other method.
        Random = "random",
        /// Even coverage along the Fiedler vector; our preset.
        ///
        /// See [`Options::gstds`].
        Gstds = "gstds",
        /// The largest magnitudes of the unnormalised Fiedler vector (arXiv 2412.17069).
        ///
        /// See [`Options::saln`].
        Saln = "saln",
        /// The highest losses of the learner.
        Loss = "loss",
        /// Rows drawn by learnability: the learner's loss minus the reference's (arXiv 2406.17711).
        ///
        /// JEST adapted to classification, where its joint sampling in chunks is Gumbel top-k. The
        /// [module](crate::method) says when learnability pays.
        Jest = "jest",
        /// The most learnable row of each stratum along the Fiedler vector; ours.
        StratifiedLearnability = "stratified-learnability",
        /// The most learnable rows of nested strata along eigenvectors 2 to 4; ours.
        ///
        /// The [module](crate::method) says when learnability pays.
        SpectralGuided = "spectral-guided",
    }
}

impl MethodName {
    /// Whether it depends on features of a reference model, by itself or through
    /// [`MethodName::needs_reference_losses`].
    #[must_use]
    pub const fn needs_features(self) -> bool {
        self.solves_graphs() || self.needs_reference_losses()
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

    /// Whether it compares losses with the reference's, see [`gstds_models::linear_probe`].
    #[must_use]
    pub const fn needs_reference_losses(self) -> bool {
        matches!(
            self,
            Self::Jest | Self::StratifiedLearnability | Self::SpectralGuided
        )
    }

    /// How often it compares every row of a batch with every other on the device, beside what the
    /// kernels do.
    #[must_use]
    pub const fn rankings(self) -> u64 {
        match self {
            Self::Loss | Self::Jest => 1,
            // The ranks of all rows along the vector, and the first of each stratum.
            Self::StratifiedLearnability => 2,
            // The same, and the ranks along each further vector.
            Self::SpectralGuided => 1 + guided::VECTORS as u64,
            _ => 0,
        }
    }

    /// How many of `rows` it keeps where the schedule says `ratio`.
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
            Self::SpectralGuided => Options::gstds().vectors(guided::VECTORS),
            _ => Options::gstds(),
        }
    }

    /// The options that it solves by where `options` are asked for: methods that cut strata along
    /// vectors fix the rule, which has no say then, and how many vectors there are.
    #[must_use]
    pub fn solved(self, options: &Options) -> Options {
        let asked = options.clone();
        match self {
            Self::StratifiedLearnability => asked.rule(Rule::Signed),
            Self::SpectralGuided => asked.rule(Rule::Signed).vectors(guided::VECTORS),
            _ => asked,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_a_round_trip_and_others_are_refused() {
        for method in MethodName::ALL {
            assert_eq!(method.to_string().parse::<MethodName>().unwrap(), *method);
            let stored = serde_json::to_string(method).unwrap();
            assert_eq!(stored, format!("\"{method}\""));
        }
        let message = "best".parse::<MethodName>().unwrap_err().to_string();
        for method in MethodName::ALL {
            assert!(message.contains(method.name()), "{message}");
        }
    }

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
