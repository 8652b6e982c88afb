//! Compares groups with a baseline, and with the cost of training on everything.

use super::{
    comparison::{Bound, Comparison, Less, Row},
    curve::{CostAxis, MeanPoint, Reached, mean_curve, reached},
    group::{Group, comparable_settings},
    paired::{Mean, Paired, holm},
    run::Run,
    verdict::{self, Incomparable},
};
use crate::error::{Error, Result};
use gstds_train::method::MethodName;
use std::collections::{BTreeMap, BTreeSet};

/// Compares groups by their finished runs. `baseline` is a method; none means `random` where there
/// is one, else the first group's.
///
/// Costs are read off mean curves over the seeds at the first point where they reach the target,
/// interpolated linearly between the evaluations at the ends of epochs.
///
/// # Errors
/// [`Error::NothingToCompare`] where no group has a finished run or none has that method.
pub fn compare(groups: &[Group], baseline: Option<MethodName>) -> Result<Comparison> {
    let finished: Result<Vec<Option<Finished>>> = groups.iter().map(Finished::of).collect();
    let finished: Vec<Finished> = finished?.into_iter().flatten().collect();
    let with = |method| finished.iter().find(|group| group.method() == method);
    let base = match baseline {
        Some(method) => with(method),
        None => with(MethodName::Random).or(finished.first()),
    };
    let base = base.ok_or_else(|| Error::NothingToCompare {
        method: baseline.map(MethodName::name),
    })?;
    let same = |group: &&Finished| group.comparable_settings == base.comparable_settings;
    let full = |group: &&Finished| group.method() == MethodName::Full;
    let target_group = finished.iter().filter(same).find(full).unwrap_or(base);
    let small = |group: &&Finished| group.method() == MethodName::SmallBatch;
    let small_batch = finished.iter().filter(same).find(small);
    let against = Against {
        base,
        small_batch: small_batch.filter(|group| group.label() != base.label()),
        target_group: Some(target_group).filter(|group| group.learned()),
    };
    let mut rows: Vec<Row> = finished.iter().map(|group| group.row(&against)).collect();
    correct(&mut rows);
    let mut comparison = Comparison {
        baseline: base.label().into(),
        small_batch: against.small_batch.map(|group| group.label().into()),
        target_group: target_group.label().into(),
        target: target_group.accuracy.mean,
        learned: target_group.learned(),
        rows,
        verdicts: Vec::new(),
    };
    let apart: Vec<Incomparable<'_>> = finished
        .iter()
        .filter(|group| !same(group))
        .map(|group| Incomparable {
            label: group.label(),
            settings: group.differing_settings(base),
        })
        .collect();
    comparison.verdicts = verdict::sentences(&comparison, &apart);
    comparison.verdicts.extend(verdict::left_out(groups));
    Ok(comparison)
}

/// What every group is compared with.
struct Against<'a> {
    base: &'a Finished,
    small_batch: Option<&'a Finished>,
    /// None where it did not learn.
    target_group: Option<&'a Finished>,
}

/// Corrects the p-values of all tests for their number.
fn correct(rows: &mut [Row]) {
    let tests = |row: &Row| [row.difference, row.to_small_batch];
    let tests = rows.iter().flat_map(tests).flatten();
    let p: Vec<f64> = tests.map(|paired| paired.p).collect();
    let mut corrected = holm(&p).into_iter();
    for row in rows {
        row.corrected_p = row.difference.and_then(|_| corrected.next());
        row.small_batch_p = row.to_small_batch.and_then(|_| corrected.next());
    }
}

/// The finished runs of a group: at least one, each with an evaluation.
struct Finished {
    group: Group,
    unfinished: usize,
    accuracy: Mean,
    /// Settings that must be equal for a comparison.
    comparable_settings: BTreeMap<String, String>,
}

impl Finished {
    fn of(group: &Group) -> Result<Option<Self>> {
        let done = |run: &&Run| run.is_finished() && !run.curve.is_empty();
        let runs: Vec<Run> = group.runs.iter().filter(done).cloned().collect();
        let accuracies: Vec<f64> = runs.iter().filter_map(Run::accuracy).collect();
        let Some(accuracy) = Mean::of(&accuracies) else {
            return Ok(None);
        };
        Ok(Some(Self {
            accuracy,
            unfinished: group.runs.len() - runs.len(),
            comparable_settings: comparable_settings(&runs[0].config)?,
            group: Group {
                label: group.label.clone(),
                runs,
                repeated: group.repeated,
            },
        }))
    }

    fn label(&self) -> &str {
        &self.group.label
    }

    fn method(&self) -> MethodName {
        self.group.runs[0].config.method
    }

    /// The first keys in which it differs from `base`.
    fn differing_settings(&self, base: &Self) -> String {
        let keys: BTreeSet<&String> = self
            .comparable_settings
            .keys()
            .chain(base.comparable_settings.keys())
            .collect();
        let differ = keys
            .into_iter()
            .filter(|key| self.comparable_settings.get(*key) != base.comparable_settings.get(*key));
        let shown = differ.take(3).map(|key| {
            let value = self
                .comparable_settings
                .get(key)
                .map_or("left out", String::as_str);
            format!("{key} is {value}")
        });
        shown.collect::<Vec<String>>().join(", ")
    }

    /// Whether it ends above chance: by two standard errors, and by a tenth of chance.
    fn learned(&self) -> bool {
        let summaries = self
            .group
            .runs
            .iter()
            .filter_map(|run| run.summary.as_ref());
        let chances = summaries.filter_map(|summary| summary.chance);
        let error = self.accuracy.standard_error.unwrap_or(0.0);
        let surely = self.accuracy.mean - 2.0 * error;
        // Runs of older versions do not say what chance is.
        chances
            .reduce(f64::max)
            .is_none_or(|chance| surely > 1.1 * chance)
    }

    fn row(&self, against: &Against<'_>) -> Row {
        let difference = |other: &Self| {
            let same = self.comparable_settings == other.comparable_settings;
            same.then(|| self.difference(other)).flatten()
        };
        let cost = |axis: CostAxis| self.ends(axis).map_or(f64::NAN, |mean| mean.mean);
        Row {
            label: self.label().into(),
            method: self.method(),
            seeds: self.group.runs.len(),
            unfinished: self.unfinished,
            accuracy: self.accuracy,
            samples: cost(CostAxis::Samples),
            flops: cost(CostAxis::Flops),
            own_flops: cost(CostAxis::OwnFlops),
            seconds: cost(CostAxis::Seconds),
            difference: difference(against.base),
            corrected_p: None,
            // Of the baseline and the second the difference is said once.
            to_small_batch: against
                .small_batch
                .filter(|_| self.label() != against.base.label())
                .and_then(difference),
            small_batch_p: None,
            times_less: against
                .target_group
                .map_or_else(BTreeMap::new, |target_group| {
                    let axes = CostAxis::ALL.into_iter();
                    axes.map(|axis| (axis.name(), self.less(target_group, axis)))
                        .collect()
                }),
        }
    }

    /// Mean cost of whole runs.
    fn ends(&self, axis: CostAxis) -> Option<Mean> {
        let last = |run: &Run| run.curve.last().map(|point| axis.of(point));
        let costs: Vec<f64> = self.group.runs.iter().filter_map(last).collect();
        Mean::of(&costs)
    }

    fn difference(&self, base: &Self) -> Option<Paired> {
        if self.label() == base.label() {
            return None;
        }
        let at = |run: &Run| {
            let same = |other: &&Run| other.config.seed == run.config.seed;
            let other = base.group.runs.iter().find(same)?;
            Some(run.accuracy()? - other.accuracy()?)
        };
        let differences: Vec<f64> = self.group.runs.iter().filter_map(at).collect();
        Paired::of(&differences)
    }

    fn less(&self, target_group: &Self, axis: CostAxis) -> Less {
        let target = target_group.accuracy.mean;
        let at = |group: &Self| {
            let curve: Vec<MeanPoint> = mean_curve(&group.group, axis);
            reached(&curve, target)
        };
        let own = match self.comparable_settings == target_group.comparable_settings {
            true => at(self),
            false => Reached::Never,
        };
        let theirs = at(target_group);
        let factor = theirs.cost().zip(own.cost());
        let same = self.label() == target_group.label();
        Less {
            reached: own,
            bound: match same {
                true => Bound::Exact,
                false => Bound::of(theirs, own),
            },
            factor: factor.map(|(theirs, own)| theirs / own),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{fixtures::group, groups};

    #[test]
    fn differences_are_paired_by_seed_and_the_baseline_has_none() {
        let random = group("random", &[&[0.5], &[0.6], &[0.7]]);
        let mut jest = group("jest", &[&[0.52], &[0.63], &[0.71], &[0.1]]);
        jest.runs[3].config.seed = 99;
        let comparison = compare(&[jest, random], None).unwrap();
        assert_eq!(comparison.baseline, "random");
        let [jest, random] = &comparison.rows[..] else {
            panic!("{comparison:?}");
        };
        let paired = jest.difference.unwrap();
        assert_eq!(paired.pairs, 3);
        assert!((paired.difference - 0.02).abs() < 1e-12);
        assert_eq!(random.difference, None);
        assert_eq!((jest.seeds, random.seeds), (4, 3));
    }

    #[test]
    fn less_is_read_off_the_curves_at_the_accuracy_of_full() {
        let full = group("full", &[&[0.25, 0.5, 0.75]]);
        let random = group("random", &[&[0.5, 0.75, 0.875]]);
        let loss = group("loss", &[&[0.25, 0.25, 0.5]]);
        let comparison = compare(&[full, random, loss], None).unwrap();
        assert_eq!(comparison.target_group, "full");
        assert_eq!(comparison.target, 0.75);
        let factor = |row: usize| comparison.rows[row].times_less["samples"].factor;
        // `full` keeps all: four times the samples of each epoch.
        assert_eq!(factor(0), Some(1.0));
        assert_eq!(factor(1), Some(3.0 * 4.0 / 2.0));
        assert_eq!(factor(2), None);
        let shown = |row: usize| comparison.rows[row].times_less["samples"].to_string();
        assert_eq!([shown(0), shown(1), shown(2)], ["1.00", "6.00", "-"]);
    }

    #[test]
    fn what_was_there_by_the_first_evaluation_is_a_bound() {
        let full = group("full", &[&[0.25, 0.5]]);
        let random = group("random", &[&[0.75, 0.5]]);
        let comparison = compare(&[full, random], None).unwrap();
        let less = comparison.rows[1].times_less["seconds"];
        assert_eq!(
            (less.bound, less.to_string().as_str()),
            (Bound::AtLeast, "≥2.00")
        );
    }

    #[test]
    fn unfinished_runs_and_other_data_take_no_part() {
        let random = group("random", &[&[0.5], &[0.6]]);
        let mut gstds = group("gstds", &[&[0.5], &[0.9]]);
        gstds.runs[1].summary = None;
        let mut other = group("loss", &[&[0.9], &[0.9]]);
        for run in &mut other.runs {
            run.config.data.per_class = Some(3);
        }
        let comparison = compare(&[random, gstds, other], None).unwrap();
        let gstds = &comparison.rows[1];
        assert_eq!((gstds.seeds, gstds.unfinished), (1, 1));
        assert_eq!(gstds.accuracy.mean, 0.5);
        let other = &comparison.rows[2];
        assert_eq!(
            (other.difference, other.times_less["flops"].factor),
            (None, None)
        );
        let text = comparison.verdicts.join("\n");
        assert!(
            text.contains("loss") && text.contains("data.per_class is 3"),
            "{text}"
        );
    }

    #[test]
    fn small_batches_are_a_second_baseline_and_all_tests_are_corrected_together() {
        let random = group("random", &[&[0.5], &[0.6], &[0.7]]);
        let small = group("small-batch", &[&[0.51], &[0.62], &[0.73]]);
        let guided = group("guided", &[&[0.53], &[0.63], &[0.745]]);
        let comparison = compare(&[random, small, guided], None).unwrap();
        assert_eq!(comparison.small_batch.as_deref(), Some("small-batch"));
        let [random, small, guided] = &comparison.rows[..] else {
            panic!("{comparison:?}");
        };
        assert_eq!((random.difference, random.to_small_batch), (None, None));
        assert!(small.difference.is_some() && small.to_small_batch.is_none());
        let to_small = guided.to_small_batch.unwrap();
        assert!((to_small.difference - 0.015).abs() < 1e-12);
        let plain = [small.difference, guided.difference, Some(to_small)];
        let plain = plain.map(|paired| paired.unwrap().p);
        let corrected = [small.corrected_p, guided.corrected_p, guided.small_batch_p];
        assert_eq!(corrected.map(Option::unwrap).to_vec(), holm(&plain));
        let verdicts = comparison.verdicts.join("\n");
        let told = "guided is not distinguishable from small-batch at 3 seeds: +1.50";
        assert!(verdicts.contains(told), "{verdicts}");
    }

    #[test]
    fn costs_are_not_compared_with_what_did_not_learn() {
        let full = group("full", &[&[0.1], &[0.105]]);
        let random = group("random", &[&[0.5], &[0.6]]);
        let mut groups = [full, random];
        let with_chance = |groups: &mut [Group], chance| {
            let runs = groups.iter_mut().flat_map(|group| &mut group.runs);
            runs.for_each(|run| run.summary.as_mut().unwrap().chance = Some(chance));
        };
        with_chance(&mut groups, 0.1);
        let comparison = compare(&groups, None).unwrap();
        assert!(!comparison.learned && comparison.rows[1].times_less.is_empty());
        let verdicts = comparison.verdicts.join("\n");
        assert!(
            verdicts.contains("full ends at 10.2 %, hardly above chance"),
            "{verdicts}"
        );
        assert!(!verdicts.contains("reached"), "{verdicts}");
        with_chance(&mut groups, 0.05);
        let comparison = compare(&groups, None).unwrap();
        assert!(comparison.learned && !comparison.rows[1].times_less.is_empty());
    }

    #[test]
    fn nothing_finished_is_an_error() {
        let none = compare(&groups(vec![]).unwrap(), None).unwrap_err();
        assert!(matches!(none, Error::NothingToCompare { .. }), "{none}");
        let random = group("random", &[&[0.5]]);
        let message = compare(&[random], Some(MethodName::Jest)).unwrap_err();
        assert!(message.to_string().contains("jest"), "{message}");
    }
}
