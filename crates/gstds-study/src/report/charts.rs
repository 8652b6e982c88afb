//! The curves of groups as charts.

use super::kept_rows::Counts;
use crate::results::{CostAxis, Group, GuidePoint, mean_curve};
use gstds_plot::{Axis, LineChart, Series, Unit};

/// A chart with its title and caption.
pub(super) struct Figure {
    /// Its file's name, without extension.
    pub name: &'static str,
    pub title: &'static str,
    /// The caption; may be empty.
    pub caption: &'static str,
    pub chart: LineChart,
}

/// The name of the figure that is there where kept rows can be read.
pub(super) const TIMES_KEPT: &str = "times-kept";

/// The name of the figure that is there where `guided` ran.
pub(super) const GUIDE: &str = "guided-terms";

/// The caption of the accuracies' bands.
pub(super) const BANDS: &str = "Each point is the mean test accuracy of an epoch over the seeds, at their mean cost, up to the shortest run. The band is ± one standard error of the mean; single runs have none.";

/// Test accuracy against what it cost, on each axis of costs.
pub(super) fn accuracies(groups: &[Group]) -> Vec<Figure> {
    CostAxis::ALL
        .iter()
        .map(|&cost| accuracy(groups, cost))
        .collect()
}

fn accuracy(groups: &[Group], cost: CostAxis) -> Figure {
    let (name, title, label) = match cost {
        CostAxis::Samples => (
            "accuracy-samples",
            "Accuracy against samples",
            "samples back-propagated",
        ),
        CostAxis::Flops => (
            "accuracy-operations",
            "Accuracy against operations",
            "operations, the reference's included",
        ),
        CostAxis::OwnFlops => (
            "accuracy-own-operations",
            "Accuracy against operations without the reference's",
            "operations of training, scoring and selection",
        ),
        CostAxis::Seconds => (
            "accuracy-seconds",
            "Accuracy against seconds",
            "seconds of reference, selection and training",
        ),
    };
    let groups = groups.iter().enumerate();
    let series: Vec<Series> = groups
        .map(|(look, group)| with_band(group, look, cost))
        .collect();
    Figure {
        name,
        title,
        caption: "",
        chart: chart(
            (label, Unit::Amount),
            ("test accuracy", Unit::Share),
            series,
        ),
    }
}

fn with_band(group: &Group, look: usize, cost: CostAxis) -> Series {
    let curve = mean_curve(group, cost);
    let point = |point: &crate::results::MeanPoint| (point.cost, point.accuracy.mean);
    let edges = |point: &crate::results::MeanPoint| {
        let (mean, error) = (point.accuracy.mean, point.accuracy.standard_error?);
        Some((point.cost, mean - error, mean + error))
    };
    Series {
        label: group.label.clone(),
        style: look,
        points: curve.iter().map(point).collect(),
        band: curve.iter().filter_map(edges).collect(),
    }
}

/// Which share of each epoch's samples was trained on, for the group's first run: the schedule is
/// the same for all.
pub(super) fn kept_ratio(groups: &[Group]) -> Figure {
    let series = |(look, group): (usize, &Group)| {
        let curve = group.runs.first().map_or(&[][..], |run| &run.curve);
        let (mut seen, mut kept) = (0, 0);
        let points = curve.iter().map(|point| {
            let shown = point.samples_seen.saturating_sub(seen).max(1);
            let trained = point.samples_kept.saturating_sub(kept);
            (seen, kept) = (point.samples_seen, point.samples_kept);
            (point.epoch as f64, trained as f64 / shown as f64)
        });
        Series {
            label: group.label.clone(),
            style: look,
            points: points.collect(),
            band: Vec::new(),
        }
    };
    let series: Vec<Series> = groups.iter().enumerate().map(series).collect();
    let mut chart = chart(
        ("epoch", Unit::Whole),
        ("share of samples trained on", Unit::Share),
        series,
    );
    let (_, kept) = ends(&chart.series);
    chart.y = Axis::around(&chart.y.label, Unit::Share, true, kept);
    Figure {
        name: "kept-ratio",
        title: "Keep ratio over time",
        caption: "Share of samples back-propagated in each epoch.",
        chart,
    }
}

/// How many images were kept how often in one run.
pub(super) struct Distribution {
    pub label: String,
    /// The group's place among all.
    pub look: usize,
    pub counts: Counts,
    /// Training images.
    pub images: usize,
}

/// How many images were kept how often, for each group.
pub(super) fn times_kept(distributions: &[Distribution]) -> Figure {
    let series = |one: &Distribution| Series {
        label: one.label.clone(),
        style: one.look,
        points: one
            .counts
            .shares(one.images)
            .into_iter()
            .enumerate()
            .map(|(times, share)| (times as f64, share))
            .collect(),
        band: Vec::new(),
    };
    let series: Vec<Series> = distributions.iter().map(series).collect();
    let mut chart = chart(
        ("times kept", Unit::Whole),
        ("share of training images", Unit::Share),
        series,
    );
    let (_, shares) = ends(&chart.series);
    chart.y = Axis::around(&chart.y.label, Unit::Share, true, shares);
    Figure {
        name: TIMES_KEPT,
        title: "How often each sample was kept",
        caption: "Share of training images by how often the group's first run kept them.",
        chart,
    }
}

/// The terms of `guided`'s scores, step by step.
pub(super) fn guide(points: &[GuidePoint]) -> Figure {
    type Value = fn(&GuidePoint) -> f64;
    let values: [(&str, Value); 4] = [
        ("gate", |point| point.gate),
        ("class term", |point| point.class),
        ("reference term", |point| point.reference),
        ("age term", |point| point.age),
    ];
    let series = values.into_iter().enumerate();
    let series = series.map(|(look, (label, value))| Series {
        label: label.into(),
        style: look,
        points: points
            .iter()
            .map(|it| (it.step as f64, value(it)))
            .collect(),
        band: Vec::new(),
    });
    Figure {
        name: GUIDE,
        title: "Terms of guided's score",
        caption: "In the first run of the first group with guided: the gate, from 0 to 1, and the mean of each term over the batch, as the score adds them up.",
        chart: chart(
            ("step", Unit::Whole),
            ("gate and terms", Unit::Number),
            series.collect(),
        ),
    }
}

fn chart((x, x_unit): (&str, Unit), (y, y_unit): (&str, Unit), series: Vec<Series>) -> LineChart {
    let (across, _) = ends(&series);
    let bands = series.iter().flat_map(|series| &series.band);
    let bands = bands.flat_map(|&(_, low, high)| [low, high]);
    let points = series.iter().flat_map(|series| &series.points);
    let heights: Vec<f64> = bands.chain(points.map(|point| point.1)).collect();
    LineChart {
        x: Axis::around(x, x_unit, true, across),
        y: Axis::around(y, y_unit, false, heights),
        series,
    }
}

/// All places and all heights.
fn ends(series: &[Series]) -> (Vec<f64>, Vec<f64>) {
    let points = series.iter().flat_map(|series| &series.points);
    points.copied().unzip()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::fixtures::group;

    #[test]
    fn bands_are_a_standard_error_around_the_mean() {
        let groups = [
            group("gstds", &[&[0.25, 0.5], &[0.75, 0.5]]),
            group("full", &[&[0.5, 0.75]]),
        ];
        let figures = accuracies(&groups);
        assert_eq!(figures.len(), CostAxis::ALL.len());
        let [gstds, full] = &figures[0].chart.series[..] else {
            panic!("two groups");
        };
        assert_eq!(gstds.points, [(100.0, 0.5), (200.0, 0.5)]);
        assert_eq!(gstds.band, [(100.0, 0.25, 0.75), (200.0, 0.5, 0.5)]);
        assert_eq!(full.points, [(400.0, 0.5), (800.0, 0.75)]);
        assert!(full.band.is_empty());
        let y = &figures[0].chart.y.range;
        assert!(y.contains(&0.25) && y.contains(&0.75));
    }

    #[test]
    fn the_gate_and_each_term_of_guided_have_a_line() {
        let point = |step: usize| GuidePoint {
            step,
            gate: 1.0,
            class: 2.0,
            reference: -0.5,
            age: 3.5,
        };
        let chart = guide(&[point(5), point(10)]).chart;
        let ends = chart.series.iter().map(|series| series.points[1].1);
        assert_eq!(ends.collect::<Vec<f64>>(), [1.0, 2.0, -0.5, 3.5]);
        assert_eq!(chart.series[2].label, "reference term");
    }

    #[test]
    fn the_kept_ratio_is_what_was_trained_on() {
        let groups = [
            group("gstds", &[&[0.1, 0.2]]),
            group("full", &[&[0.1, 0.2]]),
        ];
        let chart = kept_ratio(&groups).chart;
        assert_eq!(chart.series[0].points, [(1.0, 0.25), (2.0, 0.25)]);
        assert_eq!(chart.series[1].points, [(1.0, 1.0), (2.0, 1.0)]);
    }
}
