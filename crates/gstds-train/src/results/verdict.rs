//! What a comparison says, in plain sentences.

use super::comparison::{Comparison, Row};

/// The chance of a false claim that a verdict allows, over all groups of a comparison together.
pub const LEVEL: f64 = 0.05;

pub(super) fn sentences(comparison: &Comparison, on_other_data: &[&str]) -> Vec<String> {
    let baseline = &comparison.baseline;
    let others = || {
        let other = |row: &&Row| row.label != *baseline;
        let rows = comparison.rows.iter().filter(other);
        rows.filter(|row| !on_other_data.contains(&row.label.as_str()))
    };
    let mut said: Vec<String> = others().map(|row| against(row, baseline)).collect();
    said.extend(others().filter_map(|row| costs(row, comparison)));
    if !on_other_data.is_empty() {
        said.push(format!(
            "{} trained on other data than {baseline}: not compared.",
            on_other_data.join(", ")
        ));
    }
    let unfinished: usize = comparison.rows.iter().map(|row| row.unfinished).sum();
    if unfinished > 0 {
        said.push(format!(
            "{unfinished} unfinished {} left out.",
            if unfinished == 1 {
                "run is"
            } else {
                "runs are"
            }
        ));
    }
    said
}

fn against(row: &Row, baseline: &str) -> String {
    let label = &row.label;
    let (Some(paired), Some(p)) = (row.difference, row.corrected_p) else {
        return format!(
            "{label} and {baseline} have fewer than two seeds in common, which is no evidence either way."
        );
    };
    let points = 100.0 * paired.difference;
    let error = 100.0 * paired.standard_error;
    let seeds = paired.pairs;
    if p >= LEVEL {
        return format!(
            "{label} is not distinguishable from {baseline} at {seeds} seeds: {points:+.2} ± {error:.2} points. Differences below {:.1} points would go unseen here.",
            100.0 * paired.visible(LEVEL)
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

/// What the yardstick's accuracy cost, against a yardstick that is another group.
fn costs(row: &Row, comparison: &Comparison) -> Option<String> {
    let yardstick = &comparison.yardstick;
    if row.label == *yardstick {
        return None;
    }
    let goal = format!(
        "the {:.1} % that {yardstick} ends with",
        100.0 * comparison.target
    );
    let less = |axis: &str| {
        row.times_less
            .get(axis)
            .filter(|less| less.factor.is_some())
    };
    let (Some(samples), Some(flops), Some(own), Some(seconds)) = (
        less("samples"),
        less("flops"),
        less("own-flops"),
        less("seconds"),
    ) else {
        return Some(format!("{} did not reach {goal}.", row.label));
    };
    Some(format!(
        "{} reached {goal} with {samples}x less back-propagated samples, {flops}x less operations ({own}x without the reference's) and {seconds}x less time; below 1x means more.",
        row.label
    ))
}

#[cfg(test)]
mod tests {
    use crate::results::{compare, made_up::group};

    /// What is said of three seeds of `jest` beside those of `random`.
    fn said(jest: [f64; 3]) -> String {
        let curves = jest.map(|last| [0.25, last]);
        let curves: Vec<&[f64]> = curves.iter().map(<[f64; 2]>::as_slice).collect();
        let random = group("random", &[&[0.25, 0.5], &[0.25, 0.5], &[0.25, 0.5]]);
        let comparison = compare(&[random, group("jest", &curves)], None);
        comparison.unwrap().verdicts.join("\n")
    }

    #[test]
    fn a_verdict_is_plain() {
        let better = said([0.60, 0.61, 0.62]);
        assert!(
            better.contains("jest beats random by 11.00 ± 0.58 points at 3 seeds"),
            "{better}"
        );
        assert!(better.contains("jest reached the 50.0 % that random ends with"));
        let worse = said([0.4, 0.41, 0.42]);
        assert!(worse.contains("jest loses to random by 9.00"), "{worse}");
        assert!(worse.contains("jest did not reach the 50.0 %"), "{worse}");
        let neither = said([0.4, 0.5, 0.62]);
        assert!(
            neither.contains("jest is not distinguishable from random at 3 seeds: +0.67"),
            "{neither}"
        );
    }

    #[test]
    fn one_seed_is_no_evidence() {
        let one = |method| group(method, &[&[0.5, 0.75]]);
        let comparison = compare(&[one("random"), one("gstds")], None).unwrap();
        assert!(comparison.verdicts[0].contains("no evidence"));
    }
}
