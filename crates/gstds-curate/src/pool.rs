//! What is selected from: a feature matrix with one row per sample, and the image of each row.

mod classes;
pub(crate) mod path_list;
mod rows;
pub(crate) mod table_list;

pub use classes::Classes;
pub use path_list::{image_files, read as read_path_list, read_kept as read_kept_path_list};
pub use rows::RowSet;

use std::ops::Range;
use std::path::{Path, PathBuf};

use gstds_data::matrix::{DeviceElement, Matrix, MatrixLayout};
use gstds_data::{DECODE_LIMIT, counted};
use rayon::prelude::*;

use crate::error::{Error, Result};

/// Bytes of features on the host at once, about; one row where that is more.
pub(crate) const CHUNK_BYTES: usize = 8 << 20;

/// A feature matrix of which the header has been read, and perhaps the image of each row.
///
/// Rows are read as they are needed, some MiB at a time, so a pool may be larger than memory.
pub struct Pool {
    matrix: Matrix,
    images: Option<PoolImages>,
}

/// The image of each row.
struct PoolImages {
    /// What paths are relative to.
    root: PathBuf,
    paths: Vec<PathBuf>,
    /// Most bytes of one that is decoded.
    decode_limit: u64,
}

impl Pool {
    /// Opens a .npy or .safetensors file and reads its header, no values yet. `tensor` names the
    /// matrix where a .safetensors file holds several.
    ///
    /// # Errors
    /// [`Error::Data`] for a file that cannot be read or is not a feature matrix.
    pub fn open(features: &Path, tensor: Option<&str>) -> Result<Self> {
        Ok(Self::new(Matrix::open(features, tensor)?))
    }

    /// A pool of the rows of a matrix, such as features that were just computed.
    #[must_use]
    pub fn new(matrix: Matrix) -> Self {
        Self {
            matrix,
            images: None,
        }
    }

    /// The same pool with the image of each row, relative to `root`.
    ///
    /// # Errors
    /// [`Error::File`] unless there is one path per row.
    pub fn with_images(self, root: PathBuf, paths: Vec<PathBuf>) -> Result<Self> {
        let (listed, rows) = (paths.len(), self.layout().rows);
        if listed != rows {
            let reason = format!(
                "{} listed for {}; list one per row",
                match listed {
                    1 => "1 image is".into(),
                    many => format!("{many} images are"),
                },
                counted(rows, "row", "rows")
            );
            return Err(Error::file(&root, reason));
        }
        let images = Some(PoolImages {
            root,
            paths,
            decode_limit: DECODE_LIMIT,
        });
        Ok(Self { images, ..self })
    }

    /// The same pool, of whose images up to `limit` bytes are decoded where they are looked at; by
    /// default [`DECODE_LIMIT`].
    #[must_use]
    pub fn with_decode_limit(mut self, limit: u64) -> Self {
        if let Some(images) = &mut self.images {
            images.decode_limit = limit;
        }
        self
    }

    /// Most bytes of an image that is decoded.
    pub(crate) fn decode_limit(&self) -> u64 {
        let images = self.images.as_ref();
        images.map_or(DECODE_LIMIT, |images| images.decode_limit)
    }

    /// Shape and element type of the features.
    #[must_use]
    pub fn layout(&self) -> &MatrixLayout {
        self.matrix.layout()
    }

    /// The image of each row, where rows are images.
    #[must_use]
    pub fn paths(&self) -> Option<&[PathBuf]> {
        self.images.as_ref().map(|images| &*images.paths)
    }

    /// What the images' paths are relative to; `.` where there are none.
    #[must_use]
    pub fn root(&self) -> &Path {
        let root = self.images.as_ref().map(|images| &*images.root);
        root.unwrap_or(Path::new("."))
    }

    /// Whether each row can be in a graph: it is neither zero, NaN nor infinite. Reads all rows.
    ///
    /// # Errors
    /// [`Error::Data`] for rows that cannot be read.
    pub fn valid_rows(&mut self) -> Result<Vec<bool>> {
        let rows = self.layout().rows;
        let mut valid = vec![true; rows];
        for row in self.invalid_among(&RowSet::Range(0..rows))? {
            valid[row as usize] = false;
        }
        Ok(valid)
    }

    /// Appends rows to `into`, row-major, as [`MatrixLayout::element`] has them.
    pub(crate) fn read(&mut self, rows: Range<usize>, into: &mut Vec<u8>) -> Result<()> {
        Ok(self.matrix.read(rows, into)?)
    }

    /// Rows that are read at once.
    pub(crate) fn chunk_rows(&self) -> usize {
        (CHUNK_BYTES as u64 / self.layout().row_bytes()).max(1) as usize
    }

    /// Appends the numbers of those rows that are zero, NaN or infinite, and so in no graph. The
    /// rows follow each other from `first` and are as [`Pool::read`] gives them.
    pub(crate) fn note_invalid(&self, rows: &[u8], first: usize, into: &mut Vec<u32>) {
        let layout = self.layout();
        let is_valid = match layout.element() {
            DeviceElement::F16 => is_valid_half,
            DeviceElement::F32 => is_valid_single,
        };
        let row_bytes = layout.row_bytes() as usize;
        let found: Vec<u32> = rows
            .par_chunks_exact(row_bytes)
            .enumerate()
            .filter(|(_, row)| !is_valid(row))
            .map(|(at, _)| (first + at) as u32)
            .collect();
        into.extend(found);
    }

    /// The rows among these that are zero, NaN or infinite.
    pub(crate) fn invalid_among(&mut self, rows: &RowSet) -> Result<Vec<u32>> {
        let (mut stored, mut invalid) = (Vec::new(), Vec::new());
        for run in rows.runs(self.chunk_rows()) {
            stored.clear();
            let first = run.start;
            self.read(run, &mut stored)?;
            self.note_invalid(&stored, first, &mut invalid);
        }
        Ok(invalid)
    }

    /// Calls `visit` with each of these rows as the device holds it, in their order.
    pub(crate) fn for_each_row(
        &mut self,
        rows: &RowSet,
        mut visit: impl FnMut(&[f64]),
    ) -> Result<()> {
        let (row_bytes, element) = (self.layout().row_bytes(), self.layout().element());
        let mut row = vec![0.0; self.layout().features];
        let mut stored = Vec::new();
        for run in rows.runs(self.chunk_rows()) {
            stored.clear();
            self.read(run, &mut stored)?;
            for bytes in stored.chunks_exact(row_bytes as usize) {
                decode(bytes, element, &mut row);
                visit(&row);
            }
        }
        Ok(())
    }
}

/// Whether a row of f32 can be in a graph: it is neither zero, NaN nor infinite.
fn is_valid_single(row: &[u8]) -> bool {
    const EXPONENT: u32 = 0x7f80_0000;
    let values = || {
        row.as_chunks::<4>()
            .0
            .iter()
            .map(|at| u32::from_le_bytes(*at))
    };
    values().all(|bits| bits & EXPONENT != EXPONENT) && values().any(|bits| bits << 1 != 0)
}

/// The same of a row of f16.
fn is_valid_half(row: &[u8]) -> bool {
    const EXPONENT: u16 = 0x7c00;
    let values = || {
        row.as_chunks::<2>()
            .0
            .iter()
            .map(|at| u16::from_le_bytes(*at))
    };
    values().all(|bits| bits & EXPONENT != EXPONENT) && values().any(|bits| bits << 1 != 0)
}

fn decode(bytes: &[u8], element: DeviceElement, row: &mut [f64]) {
    let stored = bytes.chunks_exact(element.bytes() as usize);
    for (value, at) in row.iter_mut().zip(stored) {
        *value = match *at {
            [a, b] => half::f16::from_le_bytes([a, b]).to_f64(),
            [a, b, c, d] => f32::from_le_bytes([a, b, c, d]).into(),
            _ => f64::NAN,
        };
    }
}
