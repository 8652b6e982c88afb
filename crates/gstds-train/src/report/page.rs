//! The HTML file: everything in it, nothing loaded.

mod configuration;
mod element;
mod evidence;
mod summary;

use super::pictures::Pictures;
use crate::{
    error::Result,
    results::{Comparison, Group},
};

const STYLE: &str = include_str!("page/style.css");
/// Browsers are told that there is nothing to load, whatever a text may have smuggled in.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/// The report as HTML. The same input gives the same text.
pub(super) fn html(
    groups: &[Group],
    comparison: Option<&Comparison>,
    pictures: &Pictures,
) -> Result<String> {
    let sections = [
        summary::section(groups, comparison),
        evidence::curves(&pictures.curves)?,
        evidence::kept(&pictures.kept, &pictures.no_kept)?,
        evidence::sheets(&pictures.sheets, &pictures.no_sheets)?,
        evidence::batch(pictures.batch.as_ref(), &pictures.no_batch)?,
        configuration::section(groups)?,
    ];
    let runs: usize = groups.iter().map(|group| group.runs.len()).sum();
    let title = format!(
        "gstds report: {runs} {} in {} {}",
        if runs == 1 { "run" } else { "runs" },
        groups.len(),
        if groups.len() == 1 { "group" } else { "groups" },
    );
    Ok(format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>
{STYLE}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{}</main>
<footer>Made by gstds {} from the runs' own folders.</footer>
</body>
</html>
"#,
        sections.concat(),
        env!("CARGO_PKG_VERSION"),
    ))
}
