//! The file that a selection is written to: CSV, JSON or .npy by its name.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use gstds_data::matrix::npy;
use gstds_data::output_file::{FormattedOutput, StagedOutput};
use serde_json::{Value, json};

use crate::error::Result;
use crate::label_losses::LabelLosses;
use crate::near_duplicates::DuplicateGroups;
use crate::pool::table_list::to_hex;
use crate::pool::{Classes, Pool, path_list};
use crate::request::SelectRequest;
use crate::select::PoolSelection;

#[derive(Clone, Copy, Debug, PartialEq)]
enum TableFormat {
    Csv,
    Json,
    Npy,
}

const FORMATS: [(&str, TableFormat); 3] = [
    ("csv", TableFormat::Csv),
    ("json", TableFormat::Json),
    ("npy", TableFormat::Npy),
];

/// The file for a selection: checked before the work, then written whole or not at all.
#[derive(Debug)]
pub struct TableFile {
    path: PathBuf,
    target: FormattedOutput<TableFormat>,
}

/// A selection, row by row.
#[derive(Clone, Copy, Debug)]
pub struct SelectionTable<'a> {
    /// Kept rows in the order in which they are listed.
    pub(crate) kept: &'a [u32],
    /// One a row, as all below; NaN where a row has none.
    pub(crate) scores: &'a [f32],
    /// Rows that are zero, NaN or infinite, ascending; none where that is not known.
    pub(crate) invalid: Option<&'a [u32]>,
    pub(crate) paths: Option<&'a [PathBuf]>,
    pub(crate) classes: Option<&'a Classes>,
    pub(crate) near_duplicates: Option<&'a DuplicateGroups>,
    /// With the labels that they are of.
    pub(crate) label_losses: Option<(&'a LabelLosses, &'a Classes)>,
}

impl TableFile {
    /// Checks the name, its folder and what is there already. The extension decides the format:
    /// .csv with a line per row, .json or .npy with the kept rows.
    ///
    /// # Errors
    /// [`Error::Data`](crate::Error::Data).
    pub fn new(path: &Path, replace: bool) -> Result<Self> {
        Ok(Self {
            path: path.into(),
            target: FormattedOutput::among(&FORMATS, path, replace)?,
        })
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a selection to a file that has yet to be placed.
    pub(crate) fn stage(
        &self,
        table: &SelectionTable<'_>,
        summary: &Value,
    ) -> Result<StagedOutput<'_>, gstds_data::Error> {
        self.target.file.stage(|file| {
            let mut file = BufWriter::new(file);
            match self.target.format {
                TableFormat::Csv => table.csv(&mut file)?,
                TableFormat::Json => writeln!(file, "{}", table.json(summary))?,
                TableFormat::Npy => file.write_all(&npy::indices(table.kept))?,
            }
            file.flush()
        })
    }
}

impl<'a> SelectionTable<'a> {
    /// The rows of a selection that was made from `pool` by `request`.
    #[must_use]
    pub fn new(pool: &'a Pool, request: &'a SelectRequest, selection: &'a PoolSelection) -> Self {
        Self {
            kept: &selection.kept,
            scores: &selection.scores,
            invalid: selection.invalid.as_deref(),
            paths: pool.paths(),
            classes: request.partition.classes(),
            near_duplicates: selection.near_duplicates.as_ref(),
            label_losses: selection
                .label_losses
                .as_ref()
                .zip(request.label_suspects.as_ref()),
        }
    }
}

impl SelectionTable<'_> {
    /// One line per row in index order; a row without a score has an empty one. All of it is UTF-8:
    /// bytes of paths and classes that are not are shown as `\xNN`, and the column `path_bytes`
    /// then has the hex digits of those paths.
    fn csv(&self, file: &mut impl Write) -> io::Result<()> {
        let mut is_kept = vec![0; self.scores.len()];
        for &row in self.kept {
            is_kept[row as usize] = 1;
        }
        let mut is_valid = vec![1; self.scores.len()];
        for &row in self.invalid.unwrap_or_default() {
            is_valid[row as usize] = 0;
        }
        let odd = self
            .paths
            .is_some_and(|paths| !paths.iter().all(|path| is_text(path)));
        let columns = [
            ("valid", self.invalid.is_some()),
            ("path", self.paths.is_some()),
            ("path_bytes", odd),
            ("class", self.classes.is_some()),
            ("group", self.near_duplicates.is_some()),
            ("copy_of", self.copies().is_some()),
            ("label_loss", self.label_losses.is_some()),
            ("label", self.label_losses.is_some()),
            ("likely_label", self.label_losses.is_some()),
        ];
        write!(file, "index,score,kept")?;
        for (name, _) in columns.iter().filter(|(_, there)| *there) {
            write!(file, ",{name}")?;
        }
        writeln!(file)?;
        for (index, (score, kept)) in self.scores.iter().zip(is_kept).enumerate() {
            match score.is_nan() {
                true => write!(file, "{index},,{kept}")?,
                false => write!(file, "{index},{score},{kept}")?,
            }
            if self.invalid.is_some() {
                write!(file, ",{}", is_valid[index])?;
            }
            self.names(index, odd, file)?;
            self.findings(index, file)?;
            writeln!(file)?;
        }
        Ok(())
    }

    /// The cells of a row's path, of its bytes where any path is `odd`, and of its class.
    fn names(&self, index: usize, odd: bool, file: &mut impl Write) -> io::Result<()> {
        if let Some(paths) = self.paths {
            let path = &paths[index];
            cell(file, &path_list::shown(path_list::bytes(path)))?;
            if odd {
                let digits = match is_text(path) {
                    true => String::new(),
                    false => to_hex(path_list::bytes(path)),
                };
                cell(file, &digits)?;
            }
        }
        match self.classes {
            Some(classes) => cell(file, &path_list::shown(classes.name_of(index))),
            None => Ok(()),
        }
    }

    /// The cells of what was looked for: near-duplicates, copies and labels.
    fn findings(&self, index: usize, file: &mut impl Write) -> io::Result<()> {
        if let Some(groups) = self.near_duplicates {
            write!(file, ",{}", groups.survivors[index])?;
        }
        if let Some(copies) = self.copies() {
            write!(file, ",{}", copies[index])?;
        }
        let Some((found, labels)) = self.label_losses else {
            return Ok(());
        };
        match found.losses[index] {
            loss if loss.is_nan() => write!(file, ",")?,
            loss => write!(file, ",{loss}")?,
        }
        let likely = &labels.names()[found.likely[index] as usize];
        cell(file, &path_list::shown(labels.name_of(index)))?;
        cell(file, &path_list::shown(likely))
    }

    /// Of each row the first one with the same bytes, where rows have images and were compared.
    fn copies(&self) -> Option<&[u32]> {
        self.near_duplicates?.copies.as_deref()
    }

    /// The summary, and the kept indices beside it, with their paths; rows that are zero, NaN or
    /// infinite; and groups of more than one row, each with its survivor first.
    fn json(&self, summary: &Value) -> Value {
        let mut object = summary.clone();
        object["indices"] = json!(self.kept);
        if let Some(paths) = self.paths {
            let kept = self.kept.iter().map(|&row| &paths[row as usize]);
            object["paths"] = kept
                .map(|path| path_list::json_text(path_list::bytes(path)))
                .collect();
        }
        if let Some(invalid) = self.invalid {
            object["invalid"] = json!(invalid);
        }
        if let Some(groups) = self.near_duplicates {
            object["groups"] = json!(groups.lists());
            if let Some(copies) = groups.copy_lists() {
                object["copies"] = json!(copies);
            }
        }
        if let Some((found, labels)) = self.label_losses {
            object["label_suspects"] = json!(found.suspects(labels));
        }
        object
    }
}

/// Whether a path is UTF-8.
fn is_text(path: &Path) -> bool {
    std::str::from_utf8(path_list::bytes(path)).is_ok()
}

/// A comma and a cell, quoted as RFC 4180 defines.
fn cell(file: &mut impl Write, text: &str) -> io::Result<()> {
    match text.contains([',', '"', '\r', '\n']) {
        true => write!(file, ",\"{}\"", text.replace('"', "\"\"")),
        false => write!(file, ",{text}"),
    }
}

#[cfg(test)]
mod tests;
