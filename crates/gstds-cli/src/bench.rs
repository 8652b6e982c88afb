//! `gstds bench`: times of selections on this adapter, beside its ceilings.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gstds::{Keep, Shape};
use gstds_bench::{BenchConfig, BenchReport, Cell, features, run as measure};
use serde_json::json;

use crate::adapter;
use crate::exit::Failure;
use crate::graph::GraphArgs;
use crate::ratios::ratio;
use gstds_data::atomic_file;
use gstds_data::matrix::npy;
use gstds_data::output_file::OutputFile;

/// Measure selections over a grid of batch shapes on this adapter.
///
/// Every round visits every shape once; a copy and multiply-adds from registers, measured in the
/// same rounds, give the adapter's ceilings. Figures are medians.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Rows of a batch.
    #[arg(long, value_name = "N,N,...", value_delimiter = ',', default_value = "128,256,512,1024", value_parser = at_least_one(), help_heading = "Shapes")]
    rows: Vec<u32>,
    /// Features of a row.
    ///
    /// Every number of rows is measured with each.
    #[arg(long, value_name = "D,D,...", value_delimiter = ',', default_value = "512", value_parser = at_least_one(), help_heading = "Shapes")]
    features: Vec<u32>,
    /// Share of the rows to keep.
    ///
    /// Above 0 and at most 1.
    #[arg(long, value_name = "R", default_value = "0.25", value_parser = ratio, help_heading = "Shapes")]
    keep: f64,
    /// Timed rounds, after a warm-up.
    #[arg(long, value_name = "N", default_value = "15", value_parser = at_least_one(), help_heading = "Shapes")]
    rounds: u32,
    /// Print a JSON object instead of text.
    #[arg(long, help_heading = "Output")]
    json: bool,
    /// Print a Markdown table.
    #[arg(long, conflicts_with = "json", help_heading = "Output")]
    markdown: bool,
    /// Also write the JSON object to this file.
    ///
    /// A file that is there is replaced.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    json_file: Option<PathBuf>,
    /// Save features and kept rows to this folder.
    ///
    /// Of each shape features-NxD.npy and the rows kept of them, kept-NxD.npy; what is there is
    /// replaced.
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    save: Option<PathBuf>,
    #[command(flatten)]
    graph: GraphArgs,
}

const EXAMPLES: &str = "\
Examples:
  gstds bench
  gstds bench --rows 64,256,1024 --features 128,1280 --markdown
  gstds bench --rows 65536 --path low-rank --rounds 5
  gstds bench --adapter llvmpipe --json";

fn at_least_one() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..)
}

pub(crate) fn run(args: &Args, adapter: &adapter::Args) -> Result<(), Failure> {
    let wanted = adapter.wanted();
    let config = args.config();
    for shape in &config.shapes {
        config.options.path_for(*shape)?;
    }
    if let Some(folder) = &args.save {
        // Before the work, and with the features, which are known already.
        save_features(folder, &config.shapes)?;
    }
    let json_file = args.json_file.as_deref();
    let json_file = json_file.map(|path| OutputFile::new(path, true));
    let json_file = json_file.transpose()?;
    let gpu = gstds::adapter::open(&wanted)?;
    adapter::log_opened(&gpu);
    let report = measure(&gpu, &config)?;
    // What was measured is shown whatever happens to the files.
    let shown = std::io::stdout().write_all(args.shown(&report).as_bytes());
    if let Some(file) = json_file {
        file.write(|file| file.write_all(object(&report).as_bytes()))?;
    }
    if let Some(folder) = &args.save {
        save_kept(folder, &report.cells)?;
    }
    shown.map_err(Failure::Stdout)
}

impl Args {
    fn config(&self) -> BenchConfig {
        let shape = |features: u32| {
            self.rows.iter().map(move |&rows| Shape {
                rows: rows as usize,
                features: features as usize,
            })
        };
        BenchConfig {
            shapes: self.features.iter().copied().flat_map(shape).collect(),
            options: self.graph.options(),
            keep: Keep::Ratio(self.keep),
            rounds: self.rounds as usize,
        }
    }

    fn shown(&self, report: &BenchReport) -> String {
        if self.json {
            return object(report);
        }
        let table = if self.markdown {
            report.markdown()
        } else {
            report.text()
        };
        format!("date: {}\n{table}", today())
    }
}

/// The report as one line of JSON.
fn object(report: &BenchReport) -> String {
    let mut object = json!(report);
    object["date"] = json!(today());
    format!("{object}\n")
}

fn save_features(folder: &Path, shapes: &[Shape]) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|source| unsaved(folder, source))?;
    for shape in shapes {
        let path = file(folder, "features", shape.rows, shape.features);
        let values = features(shape.rows, shape.features);
        let bytes = npy::matrix(&values, shape.rows, shape.features);
        atomic_file::write(&path, &bytes)?;
    }
    Ok(())
}

fn save_kept(folder: &Path, cells: &[Cell]) -> Result<(), Failure> {
    for cell in cells {
        let path = file(folder, "kept", cell.rows, cell.features);
        atomic_file::write(&path, &npy::indices(&cell.kept))?;
    }
    Ok(())
}

fn file(folder: &Path, what: &str, rows: usize, features: usize) -> PathBuf {
    folder.join(format!("{what}-{rows}x{features}.npy"))
}

fn unsaved(path: &Path, source: std::io::Error) -> Failure {
    Failure::Save {
        path: path.into(),
        source,
    }
}

fn today() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    date(since.unwrap_or_default())
}

/// The UTC date of a time since 1970: YYYY-MM-DD.
fn date(since: Duration) -> String {
    let mut day = since.as_secs() / 86_400;
    let mut year = 1970;
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    while day >= 365 + u64::from(leap(year)) {
        day -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 1;
    for days in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if day < days {
            break;
        }
        day -= days;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", day + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_fall_on_their_dates() {
        let days = [
            (0, "1970-01-01"),
            (58, "1970-02-28"),
            (59, "1970-03-01"),
            (364, "1970-12-31"),
            (365, "1971-01-01"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (20_781, "2026-11-24"),
        ];
        for (day, expected) in days {
            assert_eq!(date(Duration::from_secs(day * 86_400 + 86_399)), expected);
        }
    }
}
