//! The HTML file: everything in it, nothing loaded.

mod configuration;
pub(crate) mod element;
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
    let footer = "from the runs' own folders";
    Ok(document(&title, "", &sections.concat(), footer))
}

/// A whole page around its sections: `style` beside what all pages have, and `title` and `from`,
/// what it was made of, as HTML.
pub(crate) fn document(title: &str, style: &str, sections: &str, from: &str) -> String {
    format!(
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
{STYLE}{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{sections}</main>
<footer>Made by gstds {} {from}.</footer>
</body>
</html>
"#,
        env!("CARGO_PKG_VERSION"),
    )
}
