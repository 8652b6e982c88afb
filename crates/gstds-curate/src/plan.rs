//! What a selection will do and how much memory it needs, determined beforehand.

mod device;
mod fitting;
mod forecast;

pub use device::DevicePlan;
pub use fitting::Remedy;
pub(crate) use fitting::listed;
pub use forecast::{ClassForecast, Forecast};

use std::path::PathBuf;

use gstds::{Keep, Rule, Shape};
use gstds_data::matrix::MatrixLayout;

use crate::error::{Error, Result};
use crate::label_losses;
use crate::near_duplicates::{self, DuplicateGroups};
use crate::partition::{Partition, PoolPart};
use crate::pool::{CHUNK_BYTES, RowSet};
use crate::request::SelectRequest;

/// A request divided into parts, checked as far as that needs no device.
#[derive(Debug)]
pub struct PoolPlan<'a> {
    pub(crate) request: &'a SelectRequest,
    pub(crate) layout: MatrixLayout,
    pub(crate) parts: Vec<PoolPart>,
    /// Bytes of the rows' paths.
    path_bytes: u64,
}

impl<'a> PoolPlan<'a> {
    /// Divides a pool of this layout, whose rows may have these images.
    ///
    /// # Errors
    /// [`Error::Count`](crate::Error::Count),
    /// [`Error::Threshold`](crate::Error::Threshold),
    /// [`Error::TooManyPairs`](crate::Error::TooManyPairs), and
    /// [`Error::Selection`](crate::Error::Selection) for options that contradict each other or the
    /// number of rows.
    pub fn new(
        request: &'a SelectRequest,
        layout: &MatrixLayout,
        paths: Option<&[PathBuf]>,
    ) -> Result<Self> {
        let plan = Self {
            parts: request.divide(layout)?,
            layout: layout.clone(),
            request,
            path_bytes: paths.map_or(0, path_bytes),
        };
        if request.coverage.is_none() {
            let mut shape = plan.largest_shape();
            if !plan.solves() {
                // Checks the options alone: drawing has no limit of its own.
                shape.rows = shape.rows.min(gstds::MAX_ROWS);
            }
            request.options.path_for(shape)?;
        }
        Ok(plan)
    }

    /// The same plan for the rows that survive, of which a keep ratio is then a share. Rows that were
    /// chosen before are among them.
    pub(crate) fn without_duplicates(&self, groups: &DuplicateGroups) -> Result<Self> {
        let survives = |row: &u32| groups.survivors[*row as usize] == *row;
        let left = |part: &PoolPart| -> RowSet {
            let rows = (0..part.rows.len()).map(|place| part.rows.at(place) as u32);
            RowSet::List(rows.filter(survives).collect())
        };
        let lists: Vec<RowSet> = self.parts.iter().map(left).collect();
        let already = self.request.already();
        let new = |list: &RowSet| list.len() - list.places_of(already).len();
        let sizes: Vec<usize> = lists.iter().map(new).collect();
        let left = sizes.iter().sum();
        // As without duplicates, a ratio is one of all rows, those chosen before included.
        let survivors = lists.iter().map(RowSet::len).sum();
        let keep = match self.request.keep {
            Keep::Count(count) if count > left => {
                let rows = self.layout.rows;
                return Err(Error::TooFewLeft { count, left, rows });
            }
            keep => keep.of(survivors)?.min(left),
        };
        let kept = self.request.partition.share(&sizes, keep);
        let parts = self.parts.iter().zip(lists).zip(kept);
        Ok(Self {
            parts: parts
                .map(|((part, list), keep)| PoolPart {
                    rows: list,
                    keep,
                    class: part.class,
                })
                .collect(),
            layout: self.layout.clone(),
            ..*self
        })
    }

    /// The parts, in the order in which they are solved.
    #[must_use]
    pub fn parts(&self) -> &[PoolPart] {
        &self.parts
    }

    /// Whether graphs are solved; else rows are drawn, for which no device is needed.
    pub(crate) fn solves(&self) -> bool {
        self.request.coverage.is_some() || self.request.options.rule != Rule::Random
    }

    /// The shape that every part which keeps a row fits.
    pub(crate) fn largest_shape(&self) -> Shape {
        let kept = self.parts.iter().filter(|part| part.keep > 0);
        Shape {
            rows: kept.map(|part| part.rows.len()).max().unwrap_or(0),
            features: self.layout.features,
        }
    }

    /// Rows that any part has chosen in the end, those chosen before included.
    pub(crate) fn most_chosen(&self) -> usize {
        let already = self.request.already();
        let chosen = |part: &PoolPart| part.keep + part.rows.places_of(already).len();
        let kept = self.parts.iter().filter(|part| part.keep > 0);
        kept.map(chosen).max().unwrap_or(0)
    }

    /// Bytes on the host, roughly: chunks on their way and as they are stored, scores, kept rows
    /// and marks of them, parts and their lists of rows with what they are drawn by, paths, and
    /// unit rows where near-duplicates are looked for. The program and the driver come on top; so
    /// do the text of a .json, and of images their pixels and features.
    pub(crate) fn host_bytes(&self) -> u64 {
        let rows = self.layout.rows as u64;
        if !self.request.reads_features() {
            // The rows and the numbers drawn for them, and which are kept.
            return rows * 24 + self.path_bytes;
        }
        let chunk = self.layout.row_bytes().max(CHUNK_BYTES as u64);
        let listed = match self.request.partition {
            Partition::Whole | Partition::Batches { shuffle: None, .. } => 0,
            Partition::Batches { .. } => 32,
            Partition::Classes { .. } => 12,
        };
        let largest = self.parts.iter().map(|part| part.rows.len()).max();
        let units = match (self.request.near_duplicates, largest) {
            _ if self.request.label_suspects.is_some() => {
                near_duplicates::host_bytes(self.layout.rows, self.layout.features)
                    + 24 * rows
                    + self.probe_bytes()
            }
            (Some(_), Some(most)) => {
                near_duplicates::host_bytes(most, self.layout.features) + 24 * rows
            }
            _ => 0,
        };
        let each = size_of::<PoolPart>() + size_of::<Option<gstds::Status>>();
        let parts = (self.parts.len() * each) as u64;
        2 * chunk
            + self.stored_bytes(chunk)
            + rows * (16 + listed)
            + units
            + parts
            + self.path_bytes
    }

    /// Bytes of a probe that finds label suspects.
    fn probe_bytes(&self) -> u64 {
        let labels = self.request.label_suspects.as_ref();
        let classes = labels.map_or(0, |labels| labels.names().len());
        label_losses::probe_bytes(self.layout.features, classes)
    }

    /// Bytes of a chunk as the file has them, where they are not what the device reads.
    fn stored_bytes(&self, chunk: u64) -> u64 {
        match self.layout.lies_as_read() {
            true => 0,
            false => chunk / self.layout.element().bytes() * self.layout.dtype.bytes() as u64,
        }
    }
}

/// Bytes of paths, and of the copy by which repeated or undecodable images are found.
fn path_bytes(paths: &[PathBuf]) -> u64 {
    let each = |path: &PathBuf| (size_of::<PathBuf>() + path.as_os_str().len()) as u64;
    2 * paths.iter().map(each).sum::<u64>()
}
