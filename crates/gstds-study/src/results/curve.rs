//! Accuracy as a function of what it cost, averaged over seeds.

use super::{epoch_log::EpochPoint, group::Group, paired::Mean};
use serde::{Deserialize, Serialize};

/// A cost that accuracy is plotted against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CostAxis {
    /// Back-propagated samples.
    Samples,
    /// Operations, counted from shapes.
    Flops,
    /// Those without the reference's, whose features may serve many runs.
    OwnFlops,
    /// Working seconds.
    Seconds,
}

impl CostAxis {
    /// Every axis.
    pub const ALL: [Self; 4] = [Self::Samples, Self::Flops, Self::OwnFlops, Self::Seconds];

    /// The cost of a point.
    #[must_use]
    pub fn of(self, point: &EpochPoint) -> f64 {
        match self {
            Self::Samples => point.samples_kept as f64,
            Self::Flops => point.flops,
            Self::OwnFlops => point.flops - point.reference_flops,
            Self::Seconds => point.seconds,
        }
    }

    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Samples => "samples",
            Self::Flops => "flops",
            Self::OwnFlops => "own-flops",
            Self::Seconds => "seconds",
        }
    }
}

/// A group at the end of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MeanPoint {
    /// From 1.
    pub epoch: usize,
    /// Mean cost.
    pub cost: f64,
    /// Test accuracy.
    pub accuracy: Mean,
}

/// The mean of a group's curves, epoch by epoch, as far as every seed went.
#[must_use]
pub fn mean_curve(group: &Group, axis: CostAxis) -> Vec<MeanPoint> {
    let epochs = group.runs.iter().map(|run| run.curve.len()).min();
    let at = |epoch: usize| {
        let points = || group.runs.iter().map(move |run| &run.curve[epoch]);
        let costs: Vec<f64> = points().map(|point| axis.of(point)).collect();
        let accuracies: Vec<f64> = points().map(|point| point.test_accuracy).collect();
        Some(MeanPoint {
            epoch: epoch + 1,
            cost: Mean::of(&costs)?.mean,
            accuracy: Mean::of(&accuracies)?,
        })
    };
    (0..epochs.unwrap_or(0)).filter_map(at).collect()
}

/// Where a mean curve first reaches an accuracy.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "reached", rename_all = "kebab-case")]
pub enum Reached {
    /// Between two evaluations, interpolated linearly; or at one.
    At {
        /// The cost there.
        cost: f64,
    },
    /// At or before the first evaluation.
    By {
        /// The cost of the first evaluation.
        cost: f64,
    },
    /// Not reached.
    Never,
}

impl Reached {
    /// The cost, as far as it is known.
    #[must_use]
    pub const fn cost(self) -> Option<f64> {
        match self {
            Self::At { cost } | Self::By { cost } => Some(cost),
            Self::Never => None,
        }
    }
}

/// Where `curve` first reaches `accuracy`.
#[must_use]
pub fn reached(curve: &[MeanPoint], accuracy: f64) -> Reached {
    match curve.first() {
        Some(first) if first.accuracy.mean >= accuracy => return Reached::By { cost: first.cost },
        _ => {}
    }
    let up = |pair: &&[MeanPoint]| pair[1].accuracy.mean >= accuracy;
    match curve.windows(2).find(up) {
        Some([before, after]) => {
            let (low, high) = (before.accuracy.mean, after.accuracy.mean);
            let share = (accuracy - low) / (high - low);
            Reached::At {
                cost: before.cost + share * (after.cost - before.cost),
            }
        }
        _ => Reached::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::fixtures::group;

    #[test]
    fn a_mean_goes_as_far_as_every_seed() {
        let group = group("random", &[&[0.25, 0.5, 0.75], &[0.75, 0.5]]);
        let curve = mean_curve(&group, CostAxis::Samples);
        assert_eq!(curve.len(), 2);
        assert_eq!(curve[0].accuracy.mean, 0.5);
        assert_eq!(curve[1].cost, 2.0 * curve[0].cost);
        assert_eq!(curve[1].accuracy.standard_error, Some(0.0));
    }

    #[test]
    fn an_accuracy_is_reached_between_evaluations() {
        let group = group("random", &[&[0.25, 0.5, 0.375, 0.75]]);
        let curve = mean_curve(&group, CostAxis::Samples);
        let step = curve[0].cost;
        let at = |accuracy| reached(&curve, accuracy);
        assert_eq!(at(0.375), Reached::At { cost: 1.5 * step });
        assert_eq!(at(0.5), Reached::At { cost: 2.0 * step });
        assert_eq!(at(0.75), Reached::At { cost: 4.0 * step });
        assert_eq!(at(0.125), Reached::By { cost: step });
        assert_eq!(at(0.8125), Reached::Never);
        assert_eq!(reached(&[], 0.5), Reached::Never);
    }
}
