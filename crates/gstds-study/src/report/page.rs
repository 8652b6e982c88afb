//! The HTML file: everything in it, nothing loaded.

mod configuration;
mod evidence;
mod summary;

use super::figures::ReportFigures;
use crate::{
    error::Result,
    results::{Comparison, Group},
};
use gstds_plot::html::page;

/// The report as HTML. The same input gives the same text.
pub(super) fn html(
    groups: &[Group],
    comparison: Option<&Comparison>,
    pictures: &ReportFigures,
) -> Result<String> {
    let sections = [
        summary::section(groups, comparison),
        evidence::curves(&pictures.curves)?,
        evidence::kept(&pictures.kept, &pictures.missing_kept)?,
        evidence::sheets(&pictures.sheets, &pictures.missing_sheets)?,
        evidence::batch(pictures.batch.as_ref(), &pictures.missing_batch)?,
        configuration::section(groups)?,
    ];
    let runs: usize = groups.iter().map(|group| group.runs.len()).sum();
    let title = format!(
        "gstds report: {runs} {} in {} {}",
        if runs == 1 { "run" } else { "runs" },
        groups.len(),
        if groups.len() == 1 { "group" } else { "groups" },
    );
    let footer = "from the runs' own folders";
    Ok(page(&title, "", &sections.concat(), footer))
}
