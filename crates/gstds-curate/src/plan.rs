//! What a selection will do and how much memory it needs, determined beforehand.

mod device;
mod forecast;

pub use device::DevicePlan;
pub use forecast::{ClassForecast, Forecast};

use std::path::PathBuf;

use gstds::Shape;
use gstds_data::matrix::MatrixLayout;

use crate::error::Result;
use crate::near_duplicates;
use crate::partition::{Partition, PoolPart};
use crate::pool::CHUNK_BYTES;
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
            request.options.path_for(plan.largest_shape())?;
        }
        Ok(plan)
    }

    /// The parts, in the order in which they are solved.
    #[must_use]
    pub fn parts(&self) -> &[PoolPart] {
        &self.parts
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
        let chunk = self.layout.row_bytes().max(CHUNK_BYTES as u64);
        let listed = match self.request.partition {
            Partition::Whole | Partition::Batches { shuffle: None, .. } => 0,
            Partition::Batches { .. } => 32,
            Partition::Classes { .. } => 12,
        };
        let largest = self.parts.iter().map(|part| part.rows.len()).max();
        let units = match (self.request.near_duplicates, largest) {
            (Some(_), Some(most)) => near_duplicates::bytes(most, self.layout.features) + 4 * rows,
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
