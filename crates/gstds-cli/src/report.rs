//! `gstds report`: the results of runs, as one HTML file with pictures and tables.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use gstds_burn::GpuDevice;
use gstds_data::output_file::OutputFile;
use gstds_study::report::Report;
use gstds_study::results::{Comparison, Group, Run, compare, find, groups};
use gstds_study::{Error, Result};
use gstds_train::method::MethodName;
use serde_json::json;

use crate::exit::{self, Failure};
use crate::terminal::Terminal;
use crate::{adapter, console};

/// Report on runs: one HTML page, CSV files, and a table.
///
/// The page is self-contained and has charts; the table goes to stdout. Runs that differ only in
/// their seed form one group. Unfinished runs are shown up to their last epoch.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Run folders, or folders that hold some.
    ///
    /// At any depth.
    #[arg(value_name = "RUN", required = true)]
    runs: Vec<PathBuf>,
    /// Write to this folder or .html.
    ///
    /// A folder gets report.html, plots/, curves.csv and runs.csv, a file the page alone.
    #[arg(
        long,
        value_name = "DIR|FILE.html",
        default_value = "report",
        help_heading = "Output"
    )]
    out: PathBuf,
    /// Replace an existing report.
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Method to compare with [default: random or first]
    ///
    /// By default random where it is among them, else the first.
    #[arg(long, value_name = "METHOD", help_heading = "Output")]
    baseline: Option<MethodName>,
    /// Print every column of the table.
    ///
    /// Also where that is wider than 80 characters.
    #[arg(long, help_heading = "Output")]
    wide: bool,
    /// Print the comparison as JSON on stdout.
    #[arg(long, conflicts_with = "wide", help_heading = "Output")]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gstds report runs/compare-1
  gstds report runs/gstds-1 runs/random-1 --out both.html
  gstds report runs --baseline full --json";

pub(crate) fn run(args: &Args, adapter: &adapter::Args) -> Result<(), Failure> {
    let wanted = adapter.wanted();
    let page = args.page()?;
    let runs: Result<Vec<Run>> = find(&args.runs)?.iter().map(|run| Run::read(run)).collect();
    let groups = groups(runs?)?;
    let comparison = compared(&groups, args.baseline)?;
    let mut open = || GpuDevice::open(&wanted).map_err(|e| gstds_train::Error::Gpu(e).into());
    let mut progress = Terminal::stderr("report");
    let report = Report::make(&groups, comparison.as_ref(), &mut open, &mut progress)?;
    for run in groups.iter().flat_map(|group| &group.runs) {
        if !run.is_finished() {
            let (epochs, all) = (run.curve.len(), run.config.epochs);
            let folder = run.folder.display();
            console::warn(&format!(
                "unfinished: {folder}, {epochs} of {all} epochs done"
            ));
        }
    }
    for missing in report.missing() {
        console::warn(&format!("not shown: {missing}"));
    }
    let written = match page {
        Some(page) => {
            page.write(|file| file.write_all(report.page().as_bytes()))?;
            args.out.clone()
        }
        None => report.write(&args.out, args.force)?,
    };
    print(args, &written, &groups, comparison.as_ref())?;
    console::info(&format!("report written to {}", written.display()));
    Ok(())
}

impl Args {
    /// The file of the page where only that is requested; checked, as the folder is, before the
    /// work.
    fn page(&self) -> Result<Option<OutputFile>, Failure> {
        if let Some(page) = OutputFile::of_page(&self.out, self.force)? {
            return Ok(Some(page));
        }
        Report::check(&self.out, self.force)?;
        Ok(None)
    }
}

/// The comparison; none where no run has finished and no baseline was requested.
fn compared(groups: &[Group], baseline: Option<MethodName>) -> Result<Option<Comparison>> {
    match compare(groups, baseline) {
        Err(Error::NothingToCompare { method: None }) => Ok(None),
        comparison => comparison.map(Some),
    }
}

fn print(
    args: &Args,
    page: &Path,
    groups: &[Group],
    comparison: Option<&Comparison>,
) -> Result<(), Failure> {
    let runs = || groups.iter().flat_map(|group| &group.runs);
    let text = match (args.json, comparison) {
        (true, _) => json!({
            "page": page.to_string_lossy(),
            "groups": groups.len(),
            "runs": runs().count(),
            "unfinished": runs().filter(|run| !run.is_finished()).count(),
            "comparison": comparison,
        })
        .to_string(),
        (false, Some(comparison)) => comparison.table(args.wide),
        (false, None) => "no run has finished, so there is nothing to compare yet".into(),
    };
    exit::print(&text)
}
