//! The results: verdicts and the table of groups.

use crate::results::{Comparison, Group, cells};
use gstds_plot::html::{escape, section as make_section, table};

const HEADS: [&str; 14] = [
    "group",
    "seeds",
    "test accuracy, %",
    "vs. baseline, points",
    "p",
    "vs. small-batch, points",
    "samples",
    "operations",
    "own operations",
    "seconds",
    "samples, times fewer",
    "operations, times fewer",
    "own operations, times fewer",
    "seconds, times less",
];

pub(super) fn section(groups: &[Group], comparison: Option<&Comparison>) -> String {
    let contents = match comparison {
        Some(comparison) => verdicts(comparison) + &rows(comparison),
        None => "<p class=\"missing\">No run has finished, so there is nothing to compare yet; the curves show the epochs so far.</p>\n".into(),
    };
    make_section("outcome", "Results", &(contents + &unfinished(groups)))
}

fn verdicts(comparison: &Comparison) -> String {
    let verdicts = comparison.verdicts.iter();
    let items: String = verdicts
        .map(|verdict| format!("<li>{}</li>\n", escape(verdict)))
        .collect();
    match items.is_empty() {
        true => String::new(),
        false => format!("<ul class=\"verdicts\">\n{items}</ul>\n"),
    }
}

fn rows(comparison: &Comparison) -> String {
    let rows = comparison.rows.iter().map(|row| cells(row).to_vec());
    let rows: Vec<Vec<String>> = rows.collect();
    let note = format!(
        "Means over finished runs, ± the standard error of the mean over seeds. Differences are from {} and from small-batch at the same seeds; p is that of the first, corrected for all tests. “Times fewer” is the cost of {} until its mean curve reached {:.1} %, over the group's, interpolated linearly between evaluations: ≥, ≤ and ~ where a curve reached it before its first evaluation, a dash where the group never reached it or trained on other data. Own operations exclude the reference's.",
        comparison.baseline,
        comparison.target_group,
        100.0 * comparison.target
    );
    format!(
        "{}<p class=\"note\">{}</p>\n",
        table("Results by group", &HEADS, &rows),
        escape(&note)
    )
}

/// Which runs have not ended, and how far they came.
fn unfinished(groups: &[Group]) -> String {
    let runs = groups.iter().flat_map(|group| {
        let open = group.runs.iter().filter(|run| !run.is_finished());
        open.map(move |run| {
            let epochs = run.curve.len();
            let text = format!(
                "{}, seed {}: unfinished after {epochs} of {} epochs.",
                group.label, run.config.seed, run.config.epochs
            );
            format!("<li>{}</li>\n", escape(&text))
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

#[cfg(test)]
mod tests {
    use crate::results::{compare, fixtures::group};

    #[test]
    fn factors_are_as_on_terminals_with_the_sign_of_a_bound() {
        let full = group("full", &[&[0.25, 0.5]]);
        let random = group("random", &[&[0.75, 0.5]]);
        let mut other = group("loss", &[&[0.5]]);
        other.runs[0].config.data.per_class = Some(3);
        let groups = [full, random, other];
        let comparison = compare(&groups, None).unwrap();
        let page = super::section(&groups, Some(&comparison));
        let terminal = comparison.table(true);
        for row in &comparison.rows {
            for less in row.times_less.values() {
                let shown = less.to_string();
                assert!(
                    page.contains(&format!(">{shown}</td>")),
                    "{shown} in {page}"
                );
                assert!(terminal.contains(&shown), "{shown} in {terminal}");
            }
        }
        assert!(page.contains(">≥2.00</td>") && page.contains("≥, ≤ and ~"));
        assert!(page.contains("a dash where") && page.contains("on other data"));
    }
}
