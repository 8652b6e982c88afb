//! A comparison as a table for terminals.

use super::{
    comparison::{Comparison, Less, Row},
    paired::Mean,
};
use std::fmt;

/// The first column is aligned to the left, the others to the right.
const COLUMNS: [&str; 11] = [
    "method",
    "seeds",
    "test accuracy",
    "vs. baseline",
    "samples",
    "operations",
    "seconds",
    "samples x",
    "operations x",
    "own x",
    "seconds x",
];

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = vec![COLUMNS.map(str::to_owned)];
        lines.extend(self.rows.iter().map(cells));
        let width = |column: usize| {
            let widths = lines.iter().map(|line| line[column].chars().count());
            widths.max().unwrap_or(0)
        };
        for line in &lines {
            write!(f, "{:<1$}", line[0], width(0))?;
            for (column, cell) in line.iter().enumerate().skip(1) {
                write!(f, "  {:>1$}", cell, width(column))?;
            }
            writeln!(f)?;
        }
        writeln!(
            f,
            "Accuracy in % and difference from {} in points: mean ± standard error over seeds. x: the cost of {} over the method's at the point where each mean curve reaches {:.1} %, interpolated linearly between epochs (≥, ≤, ~: reached before the first evaluation). own: operations without the reference's.",
            self.baseline,
            self.yardstick,
            100.0 * self.target
        )?;
        for verdict in &self.verdicts {
            writeln!(f, "{verdict}")?;
        }
        Ok(())
    }
}

/// A group's line: one cell per column, as text.
pub(crate) fn cells(row: &Row) -> [String; 11] {
    let times = |axis: &str| {
        let less = row.times_less.get(axis);
        less.map_or_else(|| "-".into(), Less::to_string)
    };
    [
        row.label.clone(),
        row.seeds.to_string(),
        accuracy(row.accuracy),
        row.difference.map_or_else(String::new, |paired| {
            let (points, error) = (100.0 * paired.difference, 100.0 * paired.standard_error);
            format!("{points:+.2} ± {error:.2}")
        }),
        format!("{:.0}", row.samples),
        operations(row.flops),
        format!("{:.1}", row.seconds),
        times("samples"),
        times("flops"),
        times("own-flops"),
        times("seconds"),
    ]
}

fn accuracy(mean: Mean) -> String {
    let percent = 100.0 * mean.mean;
    match mean.standard_error {
        Some(error) => format!("{percent:.2} ± {:.2}", 100.0 * error),
        None => format!("{percent:.2}"),
    }
}

/// A count with its decimal prefix, such as `1.25 T`.
fn operations(count: f64) -> String {
    let steps = [(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M")];
    match steps.into_iter().find(|(unit, _)| count >= *unit) {
        Some((unit, letter)) => format!("{:.3} {letter}", count / unit),
        None => format!("{count:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use crate::results::{compare, fixtures::group};

    #[test]
    fn every_group_has_a_line_under_aligned_heads() {
        let random = group("random", &[&[0.25, 0.5], &[0.25, 0.75]]);
        let jest = group("jest", &[&[0.5, 0.75], &[0.5, 0.875]]);
        let text = compare(&[random, jest], None).unwrap().to_string();
        let lines: Vec<&str> = text.lines().collect();
        let widths: Vec<usize> = lines[..3].iter().map(|line| line.chars().count()).collect();
        assert_eq!(widths, [widths[0]; 3], "{text}");
        assert!(lines[1].starts_with("random") && lines[1].contains("62.50 ± 12.50"));
        assert!(lines[2].starts_with("jest") && lines[2].contains("+18.75 ± 6.25"));
        assert!(text.contains("interpolated linearly"));
    }

    #[test]
    fn operations_have_their_prefix() {
        let shown = [12.0, 3.5e6, 1.25e12, 2e18].map(super::operations);
        assert_eq!(shown, ["12", "3.500 M", "1.250 T", "2000.000 P"]);
    }
}
