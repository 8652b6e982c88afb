//! Groups held against a baseline, and against what training on everything costs.

use super::{
    curve::{Axis, MeanPoint, Reached, mean_curve, reached},
    group::{Group, trial},
    paired::{Mean, Paired, holm},
    run::Run,
    verdict,
};
use crate::error::{Error, Result};
use gstds_train::method::MethodName;
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// What several groups came to.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// Label of the group that the others' accuracies are compared with.
    pub baseline: String,
    /// Label of the group whose final accuracy the others' costs are taken at: `full` where it is
    /// among them, else the baseline.
    pub yardstick: String,
    /// That accuracy.
    pub target: f64,
    /// One a group, in their order.
    pub rows: Vec<Row>,
    /// What follows, in sentences.
    pub verdicts: Vec<String>,
}

/// One group.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Its label.
    pub label: String,
    /// Its method.
    pub method: MethodName,
    /// Finished runs; the others take no part.
    pub seeds: usize,
    /// Runs that have not ended.
    pub unfinished: usize,
    /// Test accuracy after the last epoch.
    pub accuracy: Mean,
    /// Mean back-propagated samples.
    pub samples: f64,
    /// Mean operations, the reference's included.
    pub flops: f64,
    /// Mean working seconds: reference, selection and training.
    pub seconds: f64,
    /// Its accuracy less the baseline's at the same seed; none for the baseline, for fewer than two
    /// seeds in common and for groups that were trained otherwise.
    pub difference: Option<Paired>,
    /// The p-value of that difference after Holm's correction for the number of groups.
    pub corrected_p: Option<f64>,
    /// How many times less it cost than the yardstick to reach the target, by axis.
    pub times_less: BTreeMap<&'static str, Less>,
}

/// What a group paid for the target on one axis.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Less {
    /// Where its mean curve came up to the target.
    #[serde(flatten)]
    pub reached: Reached,
    /// The yardstick's cost over its own; below 1 it paid more. None where it never came up.
    pub factor: Option<f64>,
    /// What the factor is: where a curve was there by its first evaluation, its cost may have been
    /// less.
    pub bound: Bound,
}

/// How well a factor is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// Both costs lie between evaluations.
    Exact,
    /// The factor may be larger.
    AtLeast,
    /// The factor may be smaller.
    AtMost,
    /// Either.
    Open,
}

impl Bound {
    fn of(yardstick: Reached, own: Reached) -> Self {
        let early = |reached| matches!(reached, Reached::By { .. });
        match (early(yardstick), early(own)) {
            (false, false) => Self::Exact,
            (false, true) => Self::AtLeast,
            (true, false) => Self::AtMost,
            (true, true) => Self::Open,
        }
    }
}

impl fmt::Display for Less {
    /// Such as `2.10`, with a sign before a bound; `-` where the target was never reached.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.bound {
            Bound::Exact => "",
            Bound::AtLeast => "≥",
            Bound::AtMost => "≤",
            Bound::Open => "~",
        };
        match self.factor {
            // Small factors keep a digit that is not zero.
            Some(factor) => {
                let digits = match factor {
                    _ if factor >= 0.1 => 2,
                    _ if factor >= 0.01 => 3,
                    _ => 4,
                };
                f.pad(&format!("{sign}{factor:.digits$}"))
            }
            None => f.pad("-"),
        }
    }
}

/// Compares groups by their finished runs. `baseline` is a method; none means `random` where there
/// is one, else the first group's.
///
/// Costs are read off mean curves over the seeds, at the first place where they reach the target,
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
    let same = |group: &&Finished| group.trial == base.trial;
    let full = |group: &&Finished| group.method() == MethodName::Full;
    let yardstick = finished.iter().filter(same).find(full).unwrap_or(base);
    let target = yardstick.accuracy.mean;

    let mut rows: Vec<Row> = finished
        .iter()
        .map(|group| group.row(base, yardstick))
        .collect();
    correct(&mut rows);
    let mut comparison = Comparison {
        baseline: base.label().into(),
        yardstick: yardstick.label().into(),
        target,
        rows,
        verdicts: Vec::new(),
    };
    let apart: Vec<(&str, String)> = finished
        .iter()
        .filter(|group| !same(group))
        .map(|group| (group.label(), group.apart_from(base)))
        .collect();
    comparison.verdicts = verdict::sentences(&comparison, &apart);
    comparison.verdicts.extend(verdict::left_out(groups));
    Ok(comparison)
}

/// Holds the differences of all groups against one level.
fn correct(rows: &mut [Row]) {
    let p: Vec<f64> = rows
        .iter()
        .filter_map(|row| row.difference.map(|d| d.p))
        .collect();
    let mut corrected = holm(&p).into_iter();
    for row in rows.iter_mut().filter(|row| row.difference.is_some()) {
        row.corrected_p = corrected.next();
    }
}

/// The finished runs of a group: at least one, each with an evaluation.
struct Finished {
    group: Group,
    unfinished: usize,
    accuracy: Mean,
    /// What it must have in common with others to be compared.
    trial: BTreeMap<String, String>,
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
            trial: trial(&runs[0].config)?,
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

    /// The first keys in which it was trained otherwise than `base`.
    fn apart_from(&self, base: &Self) -> String {
        let keys: BTreeSet<&String> = self.trial.keys().chain(base.trial.keys()).collect();
        let differ = keys
            .into_iter()
            .filter(|key| self.trial.get(*key) != base.trial.get(*key));
        let shown = differ.take(3).map(|key| {
            let value = self.trial.get(key).map_or("left out", String::as_str);
            format!("{key} is {value}")
        });
        shown.collect::<Vec<String>>().join(", ")
    }

    fn row(&self, base: &Self, yardstick: &Self) -> Row {
        let difference = match self.trial == base.trial {
            true => self.difference(base),
            false => None,
        };
        let cost = |axis: Axis| self.ends(axis).map_or(f64::NAN, |mean| mean.mean);
        Row {
            label: self.label().into(),
            method: self.method(),
            seeds: self.group.runs.len(),
            unfinished: self.unfinished,
            accuracy: self.accuracy,
            samples: cost(Axis::Samples),
            flops: cost(Axis::Flops),
            seconds: cost(Axis::Seconds),
            difference,
            corrected_p: None,
            times_less: Axis::ALL
                .into_iter()
                .map(|axis| (axis.name(), self.less(yardstick, axis)))
                .collect(),
        }
    }

    /// Mean cost of whole runs.
    fn ends(&self, axis: Axis) -> Option<Mean> {
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

    fn less(&self, yardstick: &Self, axis: Axis) -> Less {
        let target = yardstick.accuracy.mean;
        let at = |group: &Self| {
            let curve: Vec<MeanPoint> = mean_curve(&group.group, axis);
            reached(&curve, target)
        };
        let own = match self.trial == yardstick.trial {
            true => at(self),
            false => Reached::Never,
        };
        let theirs = at(yardstick);
        let factor = theirs.cost().zip(own.cost());
        let same = self.label() == yardstick.label();
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
    use crate::results::{groups, made_up::group};

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
        assert_eq!(comparison.yardstick, "full");
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
        let said = comparison.verdicts.join("\n");
        assert!(
            said.contains("loss") && said.contains("data.per_class is 3"),
            "{said}"
        );
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
