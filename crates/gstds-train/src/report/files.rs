//! A report's files, and the folder that they go to: each is there whole or not at all.

use super::{
    drawing::{Theme, png},
    page,
    pictures::{Pictures, gather},
    tables,
};
use crate::{
    error::{Error, Result},
    results::{Comparison, Group},
    run::Progress,
    whole_file,
};
use gstds_burn::GpuDevice;
use std::path::{Path, PathBuf};

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
    /// Makes the report on `groups`; `comparison` is what they came to, if any run has finished.
    ///
    /// Data sets are opened as the runs had them. `open` is asked for a device where there is a
    /// batch to be solved again, for its similarity map. A data set that is gone, a device that is
    /// not there or kept rows that cannot be read are told in the report, see
    /// [`Report::missing`].
    ///
    /// Costs a pass over the runs' kept rows, one selection, and some tens of milliseconds a
    /// picture. The same runs give the same bytes on the same adapter.
    ///
    /// # Errors
    /// [`Error::Drawing`] where a picture cannot be drawn, [`Error::Config`] for a configuration that
    /// TOML cannot hold.
    pub fn make(
        groups: &[Group],
        comparison: Option<&Comparison>,
        open: &mut dyn FnMut() -> Result<GpuDevice>,
        progress: &mut dyn Progress,
    ) -> Result<Self> {
        let pictures = gather(groups, open, progress);
        let mut beside = vec![
            (CURVES.into(), tables::curves(groups).into_bytes()),
            (RUNS.into(), tables::runs_table(groups).into_bytes()),
        ];
        beside.extend(plots(&pictures)?);
        let sections = [
            pictures.no_kept.clone(),
            pictures.no_sheets.clone(),
            pictures.no_batch.clone(),
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

    /// That [`Report::write`] would find its places free; asked before the work that they will hold.
    ///
    /// # Errors
    /// [`Error::ReportExists`] for the first file that is there already.
    pub fn check(folder: &Path) -> Result<()> {
        let places = [PAGE, CURVES, RUNS, PLOTS].map(|name| folder.join(name));
        free(places)
    }

    /// Writes `report.html`, `curves.csv`, `runs.csv` and `plots/*.png` to `folder`, which is made if
    /// need be and may hold other files, and gives the path of the page, which is written last. With
    /// `replace`, files of these names are replaced one by one.
    ///
    /// # Errors
    /// [`Error::ReportExists`] for a file that is there, unless `replace`, [`Error::Io`].
    pub fn write(&self, folder: &Path, replace: bool) -> Result<PathBuf> {
        for (name, bytes) in &self.beside {
            place(&folder.join(name), bytes, replace)?;
        }
        let page = folder.join(PAGE);
        place(&page, self.page.as_bytes(), replace)?;
        Ok(page)
    }
}

/// All pictures as files, on light ground.
fn plots(pictures: &Pictures) -> Result<Vec<(String, Vec<u8>)>> {
    let mut plots = Vec::new();
    for figure in pictures.curves.iter().chain(&pictures.kept) {
        plots.push((figure.name.to_owned(), png(&figure.chart, Theme::Light)?));
    }
    for (number, sheet) in (1..).zip(&pictures.sheets) {
        plots.push((format!("kept-images-{number}"), sheet.sheet.png()?));
    }
    if let Some(batch) = &pictures.batch {
        let [sorted, _] = batch.by_score.clone();
        let [input, _] = batch.as_it_came.clone();
        plots.push(("similarity-fiedler-order".into(), sorted));
        plots.push(("similarity-input-order".into(), input));
        plots.push(("fiedler-vector".into(), png(&batch.scores, Theme::Light)?));
    }
    let named = |(name, bytes)| (format!("{PLOTS}/{name}.png"), bytes);
    Ok(plots.into_iter().map(named).collect())
}

/// That nothing stands at any of these places.
pub(crate) fn free(places: impl IntoIterator<Item = PathBuf>) -> Result<()> {
    let taken = |place: &PathBuf| place.symlink_metadata().is_ok();
    match places.into_iter().find(taken) {
        Some(path) => Err(Error::ReportExists { path }),
        None => Ok(()),
    }
}

/// Writes a file whole, over another where `replace`.
pub(crate) fn place(path: &Path, bytes: &[u8], replace: bool) -> Result<()> {
    if replace {
        return whole_file::write(path, bytes);
    }
    match whole_file::write_new(path, bytes)? {
        true => Ok(()),
        false => Err(Error::ReportExists { path: path.into() }),
    }
}
