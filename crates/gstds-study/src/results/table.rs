//! A comparison as a table for terminals.

use super::{
    comparison::{Comparison, Less, Row},
    paired::{Mean, Paired},
};

/// The first column is aligned to the left, the others to the right.
const COLUMNS: [&str; 14] = [
    "method",
    "seeds",
    "accuracy",
    "vs. baseline",
    "p",
    "vs. small-batch",
    "samples",
    "operations",
    "own operations",
    "seconds",
    "samples x",
    "operations x",
    "own x",
    "seconds x",
];

const ACCURACY: usize = 2;
const OWN_OPERATIONS: usize = 8;

/// The columns that fit a terminal of 80 characters.
const NARROW: [usize; 6] = [0, ACCURACY, 3, 4, OWN_OPERATIONS, 9];

impl Comparison {
    /// The comparison for a terminal: the table, what its columns are, and the verdicts. At most 80
    /// characters wide, or with every column where it is `wide`.
    #[must_use]
    pub fn table(&self, wide: bool) -> String {
        let mut lines = vec![COLUMNS.map(str::to_owned)];
        lines.extend(self.rows.iter().map(cells));
        if !wide {
            lines[0][OWN_OPERATIONS] = "operations".into();
            // The difference has its standard error; this one's has no room.
            for (line, row) in lines[1..].iter_mut().zip(&self.rows) {
                line[ACCURACY] = format!("{:.2}", 100.0 * row.accuracy.mean);
            }
        }
        let columns: Vec<usize> = match wide {
            true => (0..COLUMNS.len()).collect(),
            false => NARROW.to_vec(),
        };
        let mut text = aligned(&lines, &columns, if wide { usize::MAX } else { WIDTH });
        text.push_str(&wrapped(&self.legend(wide)));
        for verdict in &self.verdicts {
            text.push_str(&wrapped(verdict));
        }
        text
    }

    fn legend(&self, wide: bool) -> String {
        let mut legend = format!(
            "Accuracy in % and its difference from {} in points: mean ± standard error over seeds. p: of a paired t test, corrected for all tests. ",
            self.baseline
        );
        legend.push_str(match wide {
            true => "Operations and seconds include the reference's, own operations do not.",
            false => "Operations are those without the reference's, seconds include its.",
        });
        if wide && self.learned {
            legend.push_str(&format!(
                " x: the cost of {} over the method's at the point where each mean curve reaches {:.1} %, interpolated linearly between epochs (≥, ≤, ~: reached before the first evaluation). own: of own operations.",
                self.target_group,
                100.0 * self.target
            ));
        }
        legend
    }
}

/// Lines of these columns, the first flush left. Where a name leaves the others no room in `most`
/// characters, it has a line to itself, above them.
fn aligned(lines: &[[String; 14]], columns: &[usize], most: usize) -> String {
    let width = |column: usize| {
        let widths = lines.iter().map(|line| line[column].chars().count());
        widths.max().unwrap_or(0)
    };
    let others: usize = columns[1..].iter().map(|&column| width(column) + 2).sum();
    let room = most.saturating_sub(others);
    let fitting = lines.iter().map(|line| line[0].chars().count());
    let first = fitting.filter(|&width| width <= room).max().unwrap_or(0);
    let mut text = String::new();
    for line in lines {
        let name = match line[0].chars().count() > room {
            true => {
                text.push_str(&wrapped(&line[0]));
                ""
            }
            false => &line[0],
        };
        text.push_str(&format!("{name:<first$}"));
        for &column in &columns[1..] {
            text.push_str(&format!("  {:>1$}", line[column], width(column)));
        }
        text.push('\n');
    }
    text
}

/// The text in lines of at most 80 characters.
fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut length = 0;
    for word in text.split(' ') {
        let width = word.chars().count();
        if length > 0 && length + 1 + width > WIDTH {
            lines.push('\n');
            length = 0;
        }
        if length > 0 {
            lines.push(' ');
            length += 1;
        }
        lines.push_str(word);
        length += width;
    }
    lines.push('\n');
    lines
}

/// The width that terminals begin with.
const WIDTH: usize = 80;

/// A group's line: one cell per column, as text.
pub(crate) fn cells(row: &Row) -> [String; 14] {
    let times = |axis: &str| {
        let less = row.times_less.get(axis);
        less.map_or_else(|| "-".into(), Less::to_string)
    };
    [
        row.label.clone(),
        row.seeds.to_string(),
        accuracy(row.accuracy),
        difference(row.difference),
        row.corrected_p.map_or_else(String::new, p_value),
        difference(row.to_small_batch),
        format!("{:.0}", row.samples),
        operations(row.flops),
        operations(row.own_flops),
        format!("{:.1}", row.seconds),
        times("samples"),
        times("flops"),
        times("own-flops"),
        times("seconds"),
    ]
}

fn difference(paired: Option<Paired>) -> String {
    paired.map_or_else(String::new, |paired| {
        let (points, error) = (100.0 * paired.difference, 100.0 * paired.standard_error);
        format!("{points:+.2} ± {error:.2}")
    })
}

fn p_value(p: f64) -> String {
    match p < 0.001 {
        true => "<0.001".into(),
        false => format!("{p:.3}"),
    }
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
        let comparison = compare(&[random, jest], None).unwrap();
        for wide in [false, true] {
            let text = comparison.table(wide);
            let lines: Vec<&str> = text.lines().collect();
            let widths: Vec<usize> = lines[..3].iter().map(|line| line.chars().count()).collect();
            assert_eq!(widths, [widths[0]; 3], "{text}");
            assert!(lines[1].starts_with("random") && lines[1].contains("62.50"));
            assert_eq!(lines[1].contains("62.50 ± 12.50"), wide);
            assert!(lines[2].starts_with("jest") && lines[2].contains("+18.75 ± 6.25"));
            assert_eq!(text.contains("interpolated"), wide);
            assert_eq!(lines[0].contains("samples x"), wide);
        }
    }

    #[test]
    fn the_table_fits_80_columns_with_the_longest_names() {
        let names = [
            "random",
            "small-batch",
            "stratified-learnability",
            "spectral-guided",
        ];
        let groups = names.map(|name| group(name, &[&[0.25, 0.5], &[0.25, 0.75], &[0.1, 0.2]]));
        let comparison = compare(&groups, None).unwrap();
        let text = comparison.table(false);
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        for verdict in &comparison.verdicts {
            assert!(text.replace('\n', " ").contains(verdict.as_str()), "{text}");
        }
    }

    #[test]
    fn a_name_that_leaves_no_room_has_a_line_to_itself() {
        let long = "guided (guide class,reference, reference_loss probe, temperature 0.5)";
        let groups = ["random", "guided"].map(|name| group(name, &[&[0.25, 0.5], &[0.25, 0.75]]));
        let mut comparison = compare(&groups, None).unwrap();
        comparison.rows[1].label = long.into();
        let narrow = comparison.table(false);
        let lines: Vec<&str> = narrow.lines().collect();
        assert!(lines[1].starts_with("random  "), "{narrow}");
        assert_eq!(lines[2], long);
        assert!(lines[3].starts_with("   ") && lines[3].contains("62.50"));
        assert!(lines.iter().all(|line| line.chars().count() <= 80));
        let wide = comparison.table(true);
        let line = wide.lines().find(|line| line.starts_with(long));
        assert!(line.unwrap().contains("62.50"), "{wide}");
    }

    #[test]
    fn operations_have_their_prefix() {
        let shown = [12.0, 3.5e6, 1.25e12, 2e18].map(super::operations);
        assert_eq!(shown, ["12", "3.500 M", "1.250 T", "2000.000 P"]);
    }
}
