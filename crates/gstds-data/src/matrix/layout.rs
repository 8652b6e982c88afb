//! Where the values of a matrix lie, and how rows of it come to what the device reads.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use super::dtype::{Dtype, Kind};

/// A matrix within a file, held against the file's size by whoever made this.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// The byte at which the first value starts.
    pub start: u64,
    pub dtype: Dtype,
    /// Column after column instead of row after row.
    pub fortran_order: bool,
    pub rows: usize,
    pub features: usize,
}

impl Layout {
    /// How the device holds a value: f16 as it is, all else as f32.
    pub fn element(&self) -> crate::Element {
        match self.dtype.kind {
            Kind::F16 => crate::Element::F16,
            Kind::Bf16 | Kind::F32 | Kind::F64 => crate::Element::F32,
        }
    }

    /// Bytes of a row as the device holds it.
    pub fn row_bytes(&self) -> u64 {
        (self.features as u64).saturating_mul(self.element().bytes())
    }

    /// Appends rows to `into`, row-major, little-endian. Takes their bytes as stored of memory
    /// beside `into`, and one row as f64.
    ///
    /// A matrix in Fortran order takes a read for each column, whatever the number of rows.
    pub fn read(
        &self,
        input: &mut (impl Read + Seek),
        rows: Range<usize>,
        into: &mut Vec<u8>,
    ) -> io::Result<()> {
        let from = into.len();
        if self.lies_as_read() {
            self.stored(input, rows, into)?;
            if self.dtype.kind == Kind::F32 {
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
                crate::Element::F16 => halves(&row, into),
                crate::Element::F32 => narrow(&row, into),
            }
        }
        Ok(())
    }

    /// Whether rows lie as the device wants them.
    pub fn lies_as_read(&self) -> bool {
        let plain = matches!(self.dtype.kind, Kind::F16 | Kind::F32);
        plain && !self.fortran_order && !self.dtype.big_endian
    }

    /// Appends the bytes of rows as stored; in Fortran order the part of each column in turn.
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

/// Appends a row of values that are f16 already.
fn halves(row: &[f64], into: &mut Vec<u8>) {
    let value = |&value: &f64| half::f16::from_f64(value).to_le_bytes();
    into.extend(row.iter().flat_map(value));
}

/// Scales f32 rows of subnormal values up, which a device may take for zeros.
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

/// Appends a float64 row as f32.
///
/// Cosine similarity ignores a row's scale, so a finite row that f32 would turn into infinities or
/// into zeros alone is divided by a power of two first, which loses nothing.
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
