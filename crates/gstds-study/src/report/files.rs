//! A report's files and their folder: each file appears whole or not at all.

use super::{
    charts::{GUIDE, TIMES_KEPT},
    figures::{ReportFigures, gather},
    page, tables,
};
use crate::{
    error::Result,
    results::{Comparison, Group},
};
use gstds_burn::GpuDevice;
use gstds_data::atomic_file::{check_writable, refuse_existing};
use gstds_data::output_file;
use gstds_plot::{Theme, png};
use gstds_train::run::RunProgress;
use std::{
    fs, iter,
    path::{Path, PathBuf},
};

const PAGE: &str = "report.html";
const CURVES: &str = "curves.csv";
const RUNS: &str = "runs.csv";
const PLOTS: &str = "plots";

/// A report, drawn and not yet written.
#[derive(Clone, Debug)]
pub struct Report {
    page: String,
    /// Beside the page, by name below the folder.
    beside: Vec<(String, Vec<u8>)>,
    missing: Vec<String>,
}

impl Report {
    /// Makes the report on `groups`; `comparison` has their results, if any run has finished.
    ///
    /// Data sets are opened as the runs had them. `open` is called for a device where there is a
    /// batch to be solved again, for its similarity map. A data set that is gone, a missing device
    /// or kept rows that cannot be read are listed in the report, see [`Report::missing`].
    ///
    /// Costs a pass over the runs' kept rows, one selection, and some tens of milliseconds a
    /// picture. The same runs give the same bytes on the same adapter.
    ///
    /// # Errors
    /// [`Error::Plot`](crate::Error::Plot) where a picture cannot be drawn,
    /// [`Error::Train`](crate::Error::Train) for a configuration that TOML cannot hold.
    pub fn make(
        groups: &[Group],
        comparison: Option<&Comparison>,
        open: &mut dyn FnMut() -> Result<GpuDevice>,
        progress: &mut dyn RunProgress,
    ) -> Result<Self> {
        let pictures = gather(groups, open, progress);
        let mut beside = vec![
            (CURVES.into(), tables::curves(groups).into_bytes()),
            (RUNS.into(), tables::runs_table(groups).into_bytes()),
        ];
        beside.extend(plots(&pictures)?);
        let sections = [
            pictures.missing_kept.clone(),
            pictures.missing_sheets.clone(),
            pictures.missing_batch.clone(),
        ];
        Ok(Self {
            page: page::html(groups, comparison, &pictures)?,
            beside,
            missing: sections.concat(),
        })
    }

    /// The HTML: one file with all pictures in it, which loads nothing.
    #[must_use]
    pub fn page(&self) -> &str {
        &self.page
    }

    /// What could not be shown, and why, in sentences.
    #[must_use]
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// Checks before the work that [`Report::write`] can write there, and replaces nothing unless
    /// `replace`.
    ///
    /// # Errors
    /// [`Error::Data`](crate::Error::Data) for the first file that is there already, and for a
    /// folder in which none can be created.
    pub fn check(folder: &Path, replace: bool) -> Result<()> {
        if !replace {
            refuse_existing([PAGE, CURVES, RUNS, PLOTS].map(|name| folder.join(name)))?;
        }
        Ok(check_writable(folder)?)
    }

    /// Writes `report.html`, `curves.csv`, `runs.csv` and `plots/*.png` to `folder`, which is
    /// created if missing and may hold other files, and returns the path of the page, which is
    /// named last. All are written before any gets its name, so that a full disk leaves nothing.
    /// With `replace`, files of these names are replaced one by one, and plots that an earlier
    /// report had and this one has not are removed.
    ///
    /// # Errors
    /// [`Error::Data`](crate::Error::Data) for a file that is there, unless `replace`, and for one
    /// that cannot be written.
    pub fn write(&self, folder: &Path, replace: bool) -> Result<PathBuf> {
        let beside = self.beside.iter().map(|(name, bytes)| (&**name, &**bytes));
        let page = iter::once((PAGE, self.page.as_bytes()));
        output_file::write_all(folder, beside.chain(page), replace)?;
        if replace {
            self.clear(&folder.join(PLOTS))?;
        }
        Ok(folder.join(PAGE))
    }

    /// Removes plots of an earlier report that this one does not have.
    fn clear(&self, plots: &Path) -> Result<()> {
        let failed = || gstds_data::Error::io("removing", plots);
        for entry in fs::read_dir(plots).map_err(failed())? {
            let entry = entry.map_err(failed())?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let made = self
                .beside
                .iter()
                .any(|(path, _)| *path == format!("{PLOTS}/{name}"));
            if is_optional(&name) && !made {
                let path = entry.path();
                fs::remove_file(&path).map_err(gstds_data::Error::io("removing", &path))?;
            }
        }
        Ok(())
    }
}

/// Plots that not every report has, beside contact sheets.
const OPTIONAL: [&str; 5] = [TIMES_KEPT, GUIDE, FIEDLER_ORDER, INPUT_ORDER, SCORES];
const FIEDLER_ORDER: &str = "similarity-fiedler-order";
const INPUT_ORDER: &str = "similarity-input-order";
const SCORES: &str = "fiedler-vector";
/// How the names of contact sheets begin; a number follows.
const SHEET: &str = "kept-images-";

/// Whether a report may have a file of this name among its plots, and another may not.
fn is_optional(name: &str) -> bool {
    let Some(name) = name.strip_suffix(".png") else {
        return false;
    };
    let number = name.strip_prefix(SHEET);
    let is_sheet = number.is_some_and(|number| number.parse::<usize>().is_ok());
    is_sheet || OPTIONAL.contains(&name)
}

/// All pictures as files, on a light background.
fn plots(pictures: &ReportFigures) -> Result<Vec<(String, Vec<u8>)>> {
    let mut plots = Vec::new();
    for figure in pictures.curves.iter().chain(&pictures.kept) {
        plots.push((figure.name.to_owned(), png(&figure.chart, Theme::Light)?));
    }
    for (number, sheet) in (1..).zip(&pictures.sheets) {
        plots.push((format!("{SHEET}{number}"), sheet.sheet.png()?));
    }
    if let Some(batch) = &pictures.batch {
        let [sorted, _] = batch.fiedler_order.clone();
        let [input, _] = batch.input_order.clone();
        plots.push((FIEDLER_ORDER.into(), sorted));
        plots.push((INPUT_ORDER.into(), input));
        plots.push((SCORES.into(), png(&batch.scores, Theme::Light)?));
    }
    let named = |(name, bytes)| (format!("{PLOTS}/{name}.png"), bytes);
    Ok(plots.into_iter().map(named).collect())
}
