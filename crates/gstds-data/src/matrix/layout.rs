//! Where the values of a matrix are in its file, and how rows become what a device reads.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use super::stored_type::{DeviceElement, FloatKind, StoredType};

/// A matrix within a file. Whoever makes one has checked that it lies within the file.
#[derive(Clone, Debug, PartialEq)]
pub struct MatrixLayout {
    /// The byte offset of the first value.
    pub start: u64,
    /// How values are stored.
    pub dtype: StoredType,
    /// Whether the matrix is stored column by column.
    pub fortran_order: bool,
    /// Number of samples, 1 or more.
    pub rows: usize,
    /// Features per sample, 1 or more.
    pub features: usize,
}

impl MatrixLayout {
    /// The element type that [`MatrixLayout::read`] produces.
    pub fn element(&self) -> DeviceElement {
        match self.dtype.kind {
            FloatKind::F16 => DeviceElement::F16,
            FloatKind::Bf16 | FloatKind::F32 | FloatKind::F64 => DeviceElement::F32,
        }
    }

    /// Bytes of a row as [`MatrixLayout::read`] produces it.
    pub fn row_bytes(&self) -> u64 {
        (self.features as u64).saturating_mul(self.element().bytes())
    }

    /// Appends `rows` to `into`: row-major, little-endian, [`MatrixLayout::element`]s. Rows whose
    /// values only f64 can represent are scaled by a power of two, to which cosine similarity is
    /// invariant.
    ///
    /// Allocates the stored bytes of the rows and one row of f64, unless
    /// [`MatrixLayout::lies_as_read`]. A matrix in Fortran order costs one read per column, whatever
    /// the number of rows.
    ///
    /// # Errors
    /// Those of `input`.
    pub fn read(
        &self,
        input: &mut (impl Read + Seek),
        rows: Range<usize>,
        into: &mut Vec<u8>,
    ) -> io::Result<()> {
        let from = into.len();
        if self.lies_as_read() {
            self.stored(input, rows, into)?;
            if self.dtype.kind == FloatKind::F32 {
                raise(&mut into[from..], self.features);
            }
            return Ok(());
        }
        let count = rows.len();
        let mut stored = Vec::new();
        self.stored(input, rows, &mut stored)?;
        let (width, features) = (self.dtype.bytes(), self.features);
        let (row_step, column_step) = match self.fortran_order {
            true => (1, count),
            false => (features, 1),
        };
        let mut row = vec![0.0; features];
        for i in 0..count {
            for (j, value) in row.iter_mut().enumerate() {
                let at = (i * row_step + j * column_step) * width;
                *value = self.dtype.decode(&stored[at..at + width]);
            }
            match self.element() {
                DeviceElement::F16 => halves(&row, into),
                DeviceElement::F32 => narrow(&row, into),
            }
        }
        Ok(())
    }

    /// Whether rows are stored as the device wants them, so that reading converts nothing.
    pub fn lies_as_read(&self) -> bool {
        let plain = matches!(self.dtype.kind, FloatKind::F16 | FloatKind::F32);
        plain && !self.fortran_order && !self.dtype.big_endian
    }

    /// Appends the stored bytes of rows; in Fortran order, those of each column in turn.
    fn stored(
        &self,
        input: &mut (impl Read + Seek),
        rows: Range<usize>,
        into: &mut Vec<u8>,
    ) -> io::Result<()> {
        let width = self.dtype.bytes();
        let (pieces, length, step, first) = match self.fortran_order {
            true => (self.features, rows.len(), self.rows, rows.start),
            false => (1, rows.len() * self.features, 0, rows.start * self.features),
        };
        let mut at = into.len();
        into.resize(at + pieces * length * width, 0);
        for piece in 0..pieces {
            let position = self.start + ((first + piece * step) * width) as u64;
            input.seek(SeekFrom::Start(position))?;
            input.read_exact(&mut into[at..at + length * width])?;
            at += length * width;
        }
        Ok(())
    }
}

/// Appends a row of values that f16 represents exactly.
fn halves(row: &[f64], into: &mut Vec<u8>) {
    let value = |&value: &f64| half::f16::from_f64(value).to_le_bytes();
    into.extend(row.iter().flat_map(value));
}

/// Scales up f32 rows of subnormal values, which a device may flush to zero.
fn raise(bytes: &mut [u8], features: usize) {
    for row in bytes.chunks_exact_mut(features * 4) {
        let value = |at: &[u8]| f32::from_le_bytes([at[0], at[1], at[2], at[3]]);
        let largest = row.chunks_exact(4).fold(0.0, |largest: f32, at| {
            let size = value(at).abs();
            // A NaN is neither larger nor smaller; the row stays as it is.
            if size <= largest { largest } else { size }
        });
        if largest > 0.0 && largest < f32::MIN_POSITIVE {
            let values: Vec<f64> = row.chunks_exact(4).map(|at| value(at).into()).collect();
            let mut scaled = Vec::with_capacity(row.len());
            narrow(&values, &mut scaled);
            row.copy_from_slice(&scaled);
        }
    }
}

/// Appends a row as f32.
///
/// Cosine similarity ignores a row's scale, so a finite row that f32 would turn into infinities or
/// zeros is multiplied by a power of two first, which is exact.
fn narrow(row: &[f64], into: &mut Vec<u8>) {
    let largest = row
        .iter()
        .fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let finite = row.iter().all(|value| value.is_finite());
    let outside = largest > f64::from(f32::MAX) || largest < f64::from(f32::MIN_POSITIVE);
    if !finite || largest == 0.0 || !outside {
        into.extend(row.iter().flat_map(|&value| (value as f32).to_le_bytes()));
        return;
    }
    // Two steps, since the scale of a subnormal maximum is itself beyond float64.
    let half = (-largest.log2() / 2.0).floor();
    let scale = half.exp2();
    let scaled = |&value: &f64| ((value * scale * scale) as f32).to_le_bytes();
    into.extend(row.iter().flat_map(scaled));
}
