//! A method with the settings that decide what it needs, what it costs and how large its batches
//! are.

use super::{Family, MethodName, ReferenceLoss, Score, Strata, family::NESTED_VECTORS};
use gstds::{Options, Rule};

/// A method, by name and, where it belongs to the [`Family`], by score, strata and temperature.
///
/// Made from a [`MethodName`] it is that method's preset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MethodSpec {
    /// Its name.
    pub name: MethodName,
    /// How it draws; none for methods outside of the family.
    pub family: Option<Family>,
    /// Rows of each batch that are scored, fewer than the batch has: the rest is left out. For
    /// methods that need losses.
    pub super_batch: Option<usize>,
}

impl From<MethodName> for MethodSpec {
    fn from(name: MethodName) -> Self {
        Self {
            name,
            family: Family::preset(name),
            super_batch: None,
        }
    }
}

impl MethodSpec {
    fn score(self) -> Option<Score> {
        self.family.map(|family| family.score)
    }

    /// What it draws rows from.
    #[must_use]
    pub fn strata(self) -> Strata {
        self.family.map_or(Strata::None, |family| family.strata)
    }

    /// Whether it depends on features of a reference model, by itself or through
    /// [`MethodSpec::needs_reference_losses`] or [`MethodSpec::needs_label_graph`].
    #[must_use]
    pub fn needs_features(self) -> bool {
        self.solves_graphs() || self.needs_reference_losses() || self.needs_label_graph()
    }

    /// Whether it solves a graph of each batch's features, and so needs them on the device.
    #[must_use]
    pub fn solves_graphs(self) -> bool {
        let alone = matches!(self.name, MethodName::Gstds | MethodName::Saln);
        alone || self.strata() != Strata::None
    }

    /// Whether it needs the learner's losses of a batch before it chooses: one more forward pass
    /// over all its rows.
    #[must_use]
    pub fn needs_losses(self) -> bool {
        matches!(self.score(), Some(Score::Loss | Score::Learnability))
    }

    /// Where the reference's losses come from unless a run says otherwise; none where the method
    /// uses none.
    #[must_use]
    pub fn reference_loss(self) -> Option<ReferenceLoss> {
        match self.score()? {
            Score::Free => Some(ReferenceLoss::Graph),
            Score::Learnability => Some(ReferenceLoss::Probe),
            Score::Loss => None,
        }
    }

    /// Whether it compares the learner's losses with the reference's, see [`ReferenceLoss`].
    #[must_use]
    pub fn needs_reference_losses(self) -> bool {
        self.score() == Some(Score::Learnability)
    }

    /// Whether it goes by a graph of all rows and their labels, see [`gstds_curate::label_graph`].
    #[must_use]
    pub fn needs_label_graph(self) -> bool {
        self.score() == Some(Score::Free)
    }

    /// How often it compares every row of a batch with every other on the device, beside what the
    /// kernels do.
    #[must_use]
    pub fn rankings(self) -> u64 {
        match self.family.map(|family| family.strata) {
            None => 0,
            Some(Strata::None) => 1,
            // The ranks of all rows along the vector, and the first of each stratum.
            Some(Strata::Fiedler) => 2,
            // The same, and the ranks along each further vector.
            Some(Strata::Nested) => 1 + u64::from(NESTED_VECTORS),
        }
    }

    /// How many of the `rows` of a batch it sees: all, those it keeps, or a
    /// [`super_batch`](MethodSpec::super_batch).
    #[must_use]
    pub fn sees(self, rows: usize, keep: usize) -> usize {
        match self.super_batch {
            _ if self.name.draws_rows() => keep,
            Some(most) if self.needs_losses() && keep < rows => rows.min(most).max(keep),
            _ => rows,
        }
    }

    /// How many of `rows` pass the learner for their losses where it keeps `keep`: all or none.
    #[must_use]
    pub fn scored(self, rows: usize, keep: usize) -> usize {
        match self.needs_losses() && keep < rows {
            true => rows,
            false => 0,
        }
    }

    /// The options that it solves with, given the configured `options`: strata fix the rule, which
    /// they do not use, and the number of vectors.
    #[must_use]
    pub fn solved(self, options: &Options) -> Options {
        let asked = options.clone();
        match self.strata() {
            Strata::None => asked,
            Strata::Fiedler => asked.rule(Rule::Signed).vectors(1),
            Strata::Nested => asked.rule(Rule::Signed).vectors(NESTED_VECTORS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_kept_whole_is_not_scored() {
        let scored = |name: MethodName, keep| MethodSpec::from(name).scored(32, keep);
        assert_eq!(scored(MethodName::Loss, 8), 32);
        assert_eq!(scored(MethodName::Loss, 32), 0);
        assert_eq!(scored(MethodName::Gstds, 8), 0);
    }

    #[test]
    fn a_super_batch_is_no_smaller_than_what_is_kept_and_for_methods_with_losses() {
        let sees = |name: MethodName, most, keep| {
            let spec = MethodSpec {
                super_batch: Some(most),
                ..name.into()
            };
            spec.sees(256, keep)
        };
        assert_eq!(sees(MethodName::Jest, 128, 64), 128);
        assert_eq!(sees(MethodName::Jest, 32, 64), 64);
        assert_eq!(sees(MethodName::Jest, 1000, 64), 256);
        assert_eq!(sees(MethodName::Jest, 128, 256), 256, "kept whole");
        assert_eq!(sees(MethodName::Guided, 128, 64), 256);
        assert_eq!(sees(MethodName::SmallBatch, 128, 64), 64);
    }

    #[test]
    fn needs_follow_from_score_and_strata() {
        let spec = |score, strata| MethodSpec {
            family: Some(Family {
                score,
                strata,
                temperature: 0.0,
            }),
            ..MethodName::Guided.into()
        };
        let free = spec(Score::Free, Strata::Nested);
        assert!(free.solves_graphs() && free.needs_label_graph() && !free.needs_losses());
        assert_eq!(free.reference_loss(), Some(ReferenceLoss::Graph));
        let loss = spec(Score::Loss, Strata::None);
        assert!(loss.needs_losses() && !loss.needs_features());
        assert_eq!(loss.reference_loss(), None);
        let vectors = |spec: MethodSpec| spec.solved(&MethodName::SpectralGuided.preset()).vectors;
        let fiedler = spec(Score::Loss, Strata::Fiedler);
        assert_eq!((vectors(fiedler), vectors(free)), (1, NESTED_VECTORS));
        let learnable = spec(Score::Learnability, Strata::Fiedler);
        assert!(learnable.needs_reference_losses() && learnable.needs_features());
        assert_eq!(
            (loss.rankings(), learnable.rankings(), free.rankings()),
            (1, 2, 4)
        );
    }
}
