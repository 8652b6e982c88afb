//! The file that a selection is written to: CSV, JSON or .npy by its name.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::select::input::labels::Classes;
use crate::select::input::paths;
use gstds_data::Error;
use gstds_data::matrix::npy;
use gstds_data::output_file::{self, StagedOutput};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Format {
    Csv,
    Json,
    Npy,
}

const FORMATS: [(&str, Format); 3] = [
    ("csv", Format::Csv),
    ("json", Format::Json),
    ("npy", Format::Npy),
];

/// Where a selection goes, found fit before the work that it will hold is begun.
#[derive(Debug)]
pub(in crate::select) struct Target(output_file::FormattedOutput<Format>);

/// A selection, row by row.
pub(in crate::select) struct Table<'a> {
    /// In the order that they are listed in.
    pub(in crate::select) kept: &'a [u32],
    /// One a row, as all below.
    pub(in crate::select) scores: &'a [f32],
    pub(in crate::select) paths: Option<&'a [PathBuf]>,
    pub(in crate::select) classes: Option<&'a Classes>,
    /// The lowest row of each one's near-duplicates.
    pub(in crate::select) groups: Option<&'a [u32]>,
}

impl Target {
    /// Checks the name, its folder and what stands there already.
    pub(in crate::select) fn new(path: &Path, replace: bool) -> Result<Self, Error> {
        output_file::FormattedOutput::among(&FORMATS, path, replace).map(Self)
    }

    /// Writes a selection to a file that has yet to be placed.
    pub(in crate::select) fn stage(
        &self,
        table: &Table<'_>,
        summary: &Value,
    ) -> Result<StagedOutput<'_>, Error> {
        self.0.file.stage(|file| {
            let mut file = BufWriter::new(file);
            match self.0.format {
                Format::Csv => table.csv(&mut file)?,
                Format::Json => writeln!(file, "{}", table.json(summary))?,
                Format::Npy => file.write_all(&npy::indices(table.kept))?,
            }
            file.flush()
        })
    }
}

impl Table<'_> {
    /// One line per row in index order; paths and classes byte by byte as they are, in quotes where
    /// they would be misread without.
    fn csv(&self, file: &mut impl Write) -> io::Result<()> {
        let mut is_kept = vec![0; self.scores.len()];
        for &row in self.kept {
            is_kept[row as usize] = 1;
        }
        let columns = [
            ("path", self.paths.is_some()),
            ("class", self.classes.is_some()),
            ("group", self.groups.is_some()),
        ];
        write!(file, "index,score,kept")?;
        for (name, _) in columns.iter().filter(|(_, there)| *there) {
            write!(file, ",{name}")?;
        }
        writeln!(file)?;
        for (index, (score, kept)) in self.scores.iter().zip(is_kept).enumerate() {
            write!(file, "{index},{score},{kept}")?;
            if let Some(paths) = self.paths {
                cell(file, paths::bytes(&paths[index]))?;
            }
            if let Some(classes) = self.classes {
                cell(file, &classes.names[classes.of[index] as usize])?;
            }
            if let Some(groups) = self.groups {
                write!(file, ",{}", groups[index])?;
            }
            writeln!(file)?;
        }
        Ok(())
    }

    /// The summary, and the kept indices beside it, with their paths; and groups of more than one
    /// row.
    fn json(&self, summary: &Value) -> Value {
        let mut object = summary.clone();
        object["indices"] = json!(self.kept);
        if let Some(paths) = self.paths {
            let kept = self.kept.iter().map(|&row| &paths[row as usize]);
            object["paths"] = kept.map(|path| text(paths::bytes(path))).collect();
        }
        if let Some(groups) = self.groups {
            object["groups"] = json!(gathered(groups));
        }
        object
    }
}

/// A cell after others, as RFC 4180 has it.
fn cell(file: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    file.write_all(b",")?;
    if !bytes.iter().any(|byte| b",\"\r\n".contains(byte)) {
        return file.write_all(bytes);
    }
    file.write_all(b"\"")?;
    for piece in bytes.split_inclusive(|&byte| byte == b'"') {
        file.write_all(piece)?;
        if piece.ends_with(b"\"") {
            file.write_all(b"\"")?;
        }
    }
    file.write_all(b"\"")
}

/// Text where the bytes are UTF-8; else an array of them, so that nothing is lost.
pub(in crate::select) fn text(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => json!(bytes),
    }
}

/// Groups of at least two rows, each in ascending order.
pub(in crate::select) fn gathered(groups: &[u32]) -> Vec<Vec<u32>> {
    let mut members = std::collections::BTreeMap::<u32, Vec<u32>>::new();
    for (row, &group) in (0_u32..).zip(groups) {
        if group != row {
            members
                .entry(group)
                .or_insert_with(|| vec![group])
                .push(row);
        }
    }
    members.into_values().collect()
}

#[cfg(test)]
mod tests;
