//! Verdicts on a comparison, in sentences.

use super::{
    comparison::{Comparison, Row},
    curve::Reached,
    group::Group,
    paired::Paired,
};

/// The chance of a false claim that a verdict allows, over all groups of a comparison together.
pub const LEVEL: f64 = 0.05;

/// A group that cannot be compared with the baseline.
pub(super) struct Incomparable<'a> {
    pub label: &'a str,
    /// The settings in which it differs.
    pub settings: String,
}

/// The verdicts on each group; those in `apart` differ from the baseline in more than the method.
pub(super) fn sentences(comparison: &Comparison, apart: &[Incomparable<'_>]) -> Vec<String> {
    let baseline = &comparison.baseline;
    let is_apart = |row: &Row| apart.iter().any(|group| group.label == row.label);
    let compared = || comparison.rows.iter().filter(|row| !is_apart(row));
    let others = || compared().filter(|row| row.label != *baseline);
    let tests = |row: &Row| [row.difference, row.to_small_batch];
    let tests = comparison.rows.iter().flat_map(tests).flatten().count();
    let level = LEVEL / tests.max(1) as f64;
    let tested = |row: &Row| Tested {
        paired: row.difference.zip(row.corrected_p),
        baseline: baseline.clone(),
        level,
    };
    let mut verdicts: Vec<String> = others()
        .map(|row| tested(row).verdict(&row.label))
        .collect();
    if let Some(small_batch) = &comparison.small_batch {
        let tested = |row: &Row| {
            let paired = row.to_small_batch.zip(row.small_batch_p)?;
            let tested = Tested {
                paired: Some(paired),
                baseline: small_batch.clone(),
                level,
            };
            Some(tested.verdict(&row.label))
        };
        verdicts.extend(others().filter_map(tested));
    }
    match comparison.learned {
        true => verdicts.extend(compared().filter_map(|row| costs(row, comparison))),
        false => verdicts.push(format!(
            "{} ends at {:.1} %, hardly above chance, so costs are not compared.",
            comparison.target_group,
            100.0 * comparison.target
        )),
    }
    verdicts.extend(apart.iter().map(|Incomparable { label, settings }| {
        format!(
            "{label} was not compared: its settings differ from those of {baseline} ({settings})."
        )
    }));
    verdicts
}

/// Runs that were not compared, by group.
pub(super) fn left_out(groups: &[Group]) -> Vec<String> {
    let runs = |count: usize, kind: &str| match count {
        1 => format!("1 {kind} run was left out"),
        _ => format!("{count} {kind} runs were left out"),
    };
    let sentences = |group: &Group| {
        let unfinished = group.runs.iter().filter(|run| !run.is_finished()).count();
        let kinds = [(unfinished, "unfinished"), (group.repeated, "repeated")];
        let kinds = kinds.into_iter().filter(|(count, _)| *count > 0);
        kinds
            .map(|(count, kind)| format!("{}: {}.", group.label, runs(count, kind)))
            .collect::<Vec<String>>()
    };
    groups.iter().flat_map(sentences).collect()
}

/// A difference to a baseline, with its corrected p-value.
struct Tested {
    paired: Option<(Paired, f64)>,
    baseline: String,
    /// The threshold for the smallest p-value.
    level: f64,
}

impl Tested {
    fn verdict(&self, label: &str) -> String {
        let baseline = &self.baseline;
        let Some((paired, p)) = self.paired else {
            return format!(
                "{label} and {baseline} have fewer than two seeds in common: no evidence either way."
            );
        };
        let points = 100.0 * paired.difference;
        let error = 100.0 * paired.standard_error;
        let seeds = paired.pairs;
        if p >= LEVEL {
            let unseen = 100.0 * paired.visible(self.level);
            let unseen = match unseen < 0.05 {
                true => "These seeds are too similar to estimate their spread".into(),
                false => format!("Differences below {unseen:.1} points may remain undetected"),
            };
            return format!(
                "{label} is not distinguishable from {baseline} at {seeds} seeds: {points:+.2} ± {error:.2} points. {unseen}."
            );
        }
        let verb = if points > 0.0 { "beats" } else { "loses to" };
        format!(
            "{label} {verb} {baseline} by {:.2} ± {error:.2} points at {seeds} seeds (paired t test, p {}).",
            points.abs(),
            match p < 0.001 {
                true => "below 0.001".to_owned(),
                false => format!("= {p:.3}"),
            }
        )
    }
}

/// The cost of the target group's accuracy, where the target group is another group.
fn costs(row: &Row, comparison: &Comparison) -> Option<String> {
    let (label, target_group) = (&row.label, &comparison.target_group);
    if label == target_group {
        return None;
    }
    let goal = format!("the {:.1} % of {target_group}", 100.0 * comparison.target);
    let axes = ["samples", "flops", "own-flops", "seconds"];
    let less = axes.map(|axis| row.times_less.get(axis));
    let [Some(samples), Some(flops), Some(own), Some(seconds)] = less else {
        return None;
    };
    if samples.reached == Reached::Never {
        return Some(format!("{label} did not reach {goal}."));
    }
    if samples.factor.is_none() {
        return Some(format!(
            "{label} reached {goal}; the cost cannot be compared, because the mean of {target_group} ends with its shortest seed."
        ));
    }
    Some(format!(
        "{label} reached {goal}. For that {target_group} took {samples} times the back-propagated samples, {flops} times the operations ({own} without the reference's) and {seconds} times the time."
    ))
}

#[cfg(test)]
mod tests {
    use crate::results::{compare, fixtures::group};

    /// The verdicts on three seeds of `jest` beside those of `random`.
    fn verdicts(jest: [f64; 3]) -> String {
        let curves = jest.map(|last| [0.25, last]);
        let curves: Vec<&[f64]> = curves.iter().map(<[f64; 2]>::as_slice).collect();
        let random = group("random", &[&[0.25, 0.5], &[0.25, 0.5], &[0.25, 0.5]]);
        let comparison = compare(&[random, group("jest", &curves)], None);
        comparison.unwrap().verdicts.join("\n")
    }

    #[test]
    fn a_verdict_is_plain() {
        let better = verdicts([0.60, 0.61, 0.62]);
        assert!(
            better.contains("jest beats random by 11.00 ± 0.58 points at 3 seeds"),
            "{better}"
        );
        assert!(
            better.contains("jest reached the 50.0 % of random. For that random took "),
            "{better}"
        );
        let worse = verdicts([0.4, 0.41, 0.42]);
        assert!(worse.contains("jest loses to random by 9.00"), "{worse}");
        assert!(worse.contains("jest did not reach the 50.0 %"), "{worse}");
        let neither = verdicts([0.4, 0.5, 0.62]);
        assert!(
            neither.contains("jest is not distinguishable from random at 3 seeds: +0.67"),
            "{neither}"
        );
    }

    #[test]
    fn runs_of_other_learners_and_runs_left_out_are_named() {
        let mut other = group("full", &[&[0.9], &[0.9]]);
        for run in &mut other.runs {
            run.config.learner = "resnet14-w32".parse().unwrap();
        }
        let mut none = group("jest", &[&[0.9]]);
        none.runs[0].summary = None;
        none.repeated = 2;
        let random = group("random", &[&[0.5], &[0.6]]);
        let message = compare(&[other, none, random], None).unwrap().verdicts;
        let expected = [
            "full was not compared: its settings differ from those of random (learner is \"resnet14-w32\").",
            "jest: 1 unfinished run was left out.",
            "jest: 2 repeated runs were left out.",
        ];
        assert_eq!(message, expected);
    }

    #[test]
    fn seeds_that_end_at_different_epochs_are_no_failure_to_reach() {
        let full = group("full", &[&[0.25, 0.9], &[0.5]]);
        let random = group("random", &[&[0.5, 0.8], &[0.5, 0.9]]);
        let message = compare(&[full, random], None).unwrap().verdicts.join("\n");
        assert!(message.contains("random reached the 70.0 %"), "{message}");
        assert!(message.contains("cannot be compared"), "{message}");
    }

    #[test]
    fn one_seed_is_no_evidence() {
        let one = |method| group(method, &[&[0.5, 0.75]]);
        let comparison = compare(&[one("random"), one("gstds")], None).unwrap();
        assert!(comparison.verdicts[0].contains("no evidence"));
    }
}
