//! What came out: verdicts and the table of groups.

use super::element::{section as make_section, table};
use crate::{
    report::{drawing::Unit, markup::escaped},
    results::{Comparison, Group, Mean, Row},
};

const HEADS: [&str; 10] = [
    "group",
    "seeds",
    "test accuracy, %",
    "to baseline, points",
    "samples",
    "operations",
    "seconds",
    "samples, times less",
    "operations, times less",
    "seconds, times less",
];

pub(super) fn section(groups: &[Group], comparison: Option<&Comparison>) -> String {
    let contents = match comparison {
        Some(comparison) => verdicts(comparison) + &rows(comparison),
        None => "<p class=\"missing\">No run has finished, so there is nothing to compare yet; the curves go as far as the runs did.</p>\n".into(),
    };
    make_section(
        "outcome",
        "What came out",
        &(contents + &unfinished(groups)),
    )
}

fn verdicts(comparison: &Comparison) -> String {
    let verdicts = comparison.verdicts.iter();
    let items: String = verdicts
        .map(|verdict| format!("<li>{}</li>\n", escaped(verdict)))
        .collect();
    match items.is_empty() {
        true => String::new(),
        false => format!("<ul class=\"verdicts\">\n{items}</ul>\n"),
    }
}

fn rows(comparison: &Comparison) -> String {
    let rows: Vec<Vec<String>> = comparison.rows.iter().map(cells).collect();
    let note = format!(
        "Means over finished runs, ± the standard error of the mean over seeds. Differences are to {} at the same seeds. “Times less” is what {} cost until its mean curve reached {:.1} %, over what the group cost, read between evaluations in straight lines; a dash means that it never came up to that.",
        comparison.baseline,
        comparison.yardstick,
        100.0 * comparison.target
    );
    format!(
        "{}<p class=\"note\">{}</p>\n",
        table("Groups and what they came to", &HEADS, &rows),
        escaped(&note)
    )
}

fn cells(row: &Row) -> Vec<String> {
    let times = |axis: &str| {
        let factor = row.times_less.get(axis).and_then(|less| less.factor);
        factor.map_or_else(|| "–".into(), times_less)
    };
    let difference = row.difference.map_or_else(String::new, |paired| {
        let (points, error) = (100.0 * paired.difference, 100.0 * paired.standard_error);
        format!("{points:+.2} ± {error:.2}").replace('-', "−")
    });
    vec![
        row.label.clone(),
        row.seeds.to_string(),
        percent(row.accuracy),
        difference,
        format!("{:.0}", row.samples),
        Unit::Amount.write(row.flops),
        format!("{:.1}", row.seconds),
        times("samples"),
        times("flops"),
        times("seconds"),
    ]
}

/// A factor, with two digits that are not zero where it is small.
fn times_less(factor: f64) -> String {
    match factor {
        _ if factor >= 0.1 => format!("{factor:.2}"),
        _ if factor >= 0.01 => format!("{factor:.3}"),
        _ => format!("{factor:.4}"),
    }
}

fn percent(mean: Mean) -> String {
    let value = 100.0 * mean.mean;
    match mean.standard_error {
        Some(error) => format!("{value:.2} ± {:.2}", 100.0 * error),
        None => format!("{value:.2}"),
    }
}

/// Which runs have not ended, and how far they came.
fn unfinished(groups: &[Group]) -> String {
    let runs = groups.iter().flat_map(|group| {
        let open = group.runs.iter().filter(|run| !run.is_finished());
        open.map(move |run| {
            let epochs = run.curve.len();
            let text = format!(
                "{}, seed {}: unfinished, {epochs} of {} epochs made.",
                group.label, run.config.seed, run.config.epochs
            );
            format!("<li>{}</li>\n", escaped(&text))
        })
    });
    let items: String = runs.collect();
    match items.is_empty() {
        true => String::new(),
        false => format!(
            "<p class=\"note\">Charts show unfinished runs only where their group has no finished one.</p>\n<ul class=\"note\">\n{items}</ul>\n"
        ),
    }
}
