//! What is inspected.

use crate::label_losses::LabelLosses;
use crate::near_duplicates::DuplicateGroups;
use crate::pool::Classes;
use gstds::{Options, Selection};
use std::path::{Path, PathBuf};

/// A pool and what was selected from it.
#[derive(Clone, Copy, Debug)]
pub struct InspectionInput<'a> {
    /// The options of the selection.
    pub options: &'a Options,
    /// The selection. The order of [`Selection::kept`] does not matter.
    pub selection: &'a Selection,
    /// Features of a row.
    pub width: usize,
    /// Rows that are in no graph: zero, NaN or infinite; ascending.
    pub invalid: &'a [u32],
    /// Groups of near-duplicates, where they were looked for.
    pub near_duplicates: Option<&'a DuplicateGroups>,
    /// Losses of the rows' labels, with these, where they were looked at.
    pub label_losses: Option<(&'a LabelLosses, &'a Classes)>,
    /// The class of each row, where rows have classes: what the page filters by.
    pub classes: Option<&'a Classes>,
    /// The image of each row, where rows are images.
    pub paths: Option<&'a [PathBuf]>,
    /// What the paths are relative to.
    pub root: &'a Path,
    /// Most bytes of an image that is decoded, such as
    /// [`DECODE_LIMIT`](gstds_data::DECODE_LIMIT).
    pub decode_limit: u64,
}
