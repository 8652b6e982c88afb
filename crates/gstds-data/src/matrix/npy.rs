//! NumPy's .npy format: matrices and labels are read, indices and matrices are written.
//!
//! Reads format versions 1.0 to 3.0; for matrices, floating-point dtypes of 2, 4 and 8 bytes in
//! either byte order, C and Fortran order. A header's claims are checked against the file's size
//! before any memory is allocated for them.

mod advice;
mod header;

pub(super) use header::MAGIC;

use crate::{
    error::{Error, Result},
    matrix::layout::MatrixLayout,
};
use std::{io::Read, path::Path};

/// Where the matrix is in `input`, which holds `size` bytes and is named `path` in errors.
///
/// # Errors
/// [`Error::File`].
pub fn layout(path: &Path, input: &mut impl Read, size: u64) -> Result<MatrixLayout> {
    header::matrix(input, size).map_err(|reason| Error::file(path, reason))
}

/// The integers of the vector in `input`, which holds `size` bytes and is named `path` in errors.
///
/// # Errors
/// [`Error::File`].
pub fn labels(path: &Path, input: &mut impl Read, size: u64) -> Result<Vec<i64>> {
    let wanted = ("labels are integers, one per sample", advice::labels as _);
    header::vector(input, size, wanted).map_err(|reason| Error::file(path, reason))
}

/// The same of row numbers, which get other advice where they are no integers.
///
/// # Errors
/// [`Error::File`].
pub fn rows(path: &Path, input: &mut impl Read, size: u64) -> Result<Vec<i64>> {
    let wanted = ("row numbers are a vector of integers", advice::rows as _);
    header::vector(input, size, wanted).map_err(|reason| Error::file(path, reason))
}

/// A .npy file with `indices` as an int64 vector, the type that NumPy and PyTorch index with.
pub fn indices(indices: &[u32]) -> Vec<u8> {
    let mut bytes = start("<i8", &format!("({},)", indices.len()));
    bytes.extend(
        indices
            .iter()
            .flat_map(|&index| i64::from(index).to_le_bytes()),
    );
    bytes
}

/// A .npy file with `values`, a row-major matrix, as float32.
pub fn matrix(values: &[f32], rows: usize, features: usize) -> Vec<u8> {
    let mut bytes = matrix_start("<f4", rows, features);
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

/// The start of a .npy file, before the values of a row-major matrix of dtype `descr`.
pub fn matrix_start(descr: &str, rows: usize, features: usize) -> Vec<u8> {
    start(descr, &format!("({rows}, {features})"))
}

fn start(descr: &str, shape: &str) -> Vec<u8> {
    let dict = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    // The values must start at a multiple of 64 bytes; the dictionary is padded with spaces.
    let unpadded = header::PRELUDE + 2 + dict.len() + 1;
    let padding = unpadded.next_multiple_of(64) - unpadded;
    let length = (dict.len() + padding + 1) as u16;
    let mut bytes = Vec::with_capacity(unpadded + padding);
    bytes.extend_from_slice(header::MAGIC);
    bytes.extend_from_slice(&[1, 0]);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(dict.as_bytes());
    bytes.resize(bytes.len() + padding, b' ');
    bytes.push(b'\n');
    bytes
}

#[cfg(test)]
mod tests;
