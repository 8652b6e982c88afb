//! A report as a table, for people and for Markdown.

use crate::{BenchReport, Cell, Measured};
use gstds::Stage;

impl BenchReport {
    /// Lines of text: the machine, the ceilings, the control, and a table in aligned columns.
    #[must_use]
    pub fn text(&self) -> String {
        let rows = self.table();
        let columns = rows[0].len();
        let width = |column: usize| {
            let cells = rows.iter().map(|row| row[column].chars().count());
            cells.max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths);
            let padded = cells.map(|(cell, width)| format!("{cell:>width$}"));
            padded.collect::<Vec<_>>().join("  ") + "\n"
        };
        let table: String = rows.iter().map(line).collect();
        format!("{}\n{table}", self.heading())
    }

    /// The same with a Markdown table.
    #[must_use]
    pub fn markdown(&self) -> String {
        self.markdown_with("", &[])
    }

    /// [`BenchReport::markdown`] with one more column, `title`, of a cell for each shape.
    #[must_use]
    pub fn markdown_with(&self, title: &str, column: &[String]) -> String {
        let mut rows = self.table();
        if !title.is_empty() {
            let cells = std::iter::once(title).chain(column.iter().map(String::as_str));
            rows.iter_mut()
                .zip(cells)
                .for_each(|(row, cell)| row.push(cell.into()));
        }
        let line = |row: &Vec<String>| format!("| {} |\n", row.join(" | "));
        let rule = format!("|{}\n", "---:|".repeat(rows[0].len()));
        let body: String = rows[1..].iter().map(line).collect();
        format!("{}\n{}{rule}{body}", self.heading(), line(&rows[0]))
    }

    /// Adapter, driver and settings, one line each.
    fn heading(&self) -> String {
        let machine = &self.machine;
        let (copy, fma) = (&self.ceilings.copy, &self.ceilings.fma);
        let control = self.control.map_or_else(String::new, |c| {
            format!(
                "control: {} x {} against itself reads {:.3}\n",
                c.rows, c.features, c.ratio
            )
        });
        format!(
            "adapter: {} ({}, {} {}), gstds {}\n\
             options: {} Laplacian, {} affinity, {} solver, {} rule\n\
             clock: {}, medians of {} interleaved rounds, quartiles in brackets; \
             wall: the host's clock, host: until submitted\n\
             ceilings: copy {:.1} GB/s ({} MiB read and written), \
             multiply-adds from registers {:.1} GFLOP/s\n\
             {control}",
            machine.adapter,
            machine.backend,
            machine.driver,
            machine.driver_info,
            machine.version,
            self.options.laplacian,
            self.options.affinity,
            self.options.solver,
            self.options.rule,
            self.clock.name(),
            self.rounds,
            copy.giga_per_second,
            copy.amount >> 20,
            fma.giga_per_second,
        )
    }

    /// Column titles and one line per cell.
    fn table(&self) -> Vec<Vec<String>> {
        let mut titles: Vec<String> = ["rows", "features", "kept", "path", "steps", "total ms"]
            .map(String::from)
            .to_vec();
        titles.extend(["wall ms", "host µs"].map(String::from));
        titles.extend(Stage::ALL.iter().map(Stage::to_string));
        titles.extend(["GFLOP/s", "GB/s", "of ceiling", "dispatches", "MiB"].map(String::from));
        std::iter::once(titles)
            .chain(self.cells.iter().map(line))
            .collect()
    }
}

fn line(cell: &Cell) -> Vec<String> {
    let total = &cell.total;
    let mut line = vec![
        cell.rows.to_string(),
        cell.features.to_string(),
        cell.keep.to_string(),
        cell.path.to_string(),
        cell.steps.to_string(),
        format!(
            "{} ({}-{})",
            milliseconds(total.time.median),
            milliseconds(total.time.lower),
            milliseconds(total.time.upper)
        ),
        milliseconds(cell.wall.median),
        format!("{:.0}", cell.host.median * 1e3),
    ];
    line.extend(cell.stages.iter().map(|s| stage(&s.measured)));
    line.extend([
        format!("{:.1}", total.gflop_per_second),
        format!("{:.1}", total.gb_per_second),
        percent(total.share),
        cell.dispatches.to_string(),
        format!("{:.1}", cell.workspace_bytes as f64 / f64::from(1 << 20)),
    ]);
    line
}

/// A stage's time and its share of the ceiling, where it has work.
fn stage(measured: &Measured) -> String {
    let time = milliseconds(measured.time.median);
    if measured.work.bytes == 0 {
        return time;
    }
    format!("{time} {}", percent(measured.share))
}

fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

/// Three significant digits, so that microseconds show too.
fn milliseconds(time: f64) -> String {
    match time {
        100.0.. => format!("{time:.0}"),
        10.0..100.0 => format!("{time:.1}"),
        1.0..10.0 => format!("{time:.2}"),
        _ => format!("{time:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_keep_three_digits() {
        let shown = [1234.6, 12.34, 1.234, 0.1234].map(milliseconds);
        assert_eq!(shown, ["1235", "12.3", "1.23", "0.123"]);
    }
}
