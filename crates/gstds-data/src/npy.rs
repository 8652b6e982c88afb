//! NumPy's .npy format: feature matrices in, kept indices out.
//!
//! Reads format versions 1.0 to 3.0, for features floating-point dtypes of 2, 4 and 8 bytes in
//! either byte order, C and Fortran order. Everything that the header claims is held against the
//! file's size before any memory is taken for it.

mod header;

use std::io::{self, Read};

pub use header::integers;

use crate::matrix::Layout;

/// What is wrong with the bytes of a .npy file.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    #[error("it is empty; write it with numpy.save(path, features)")]
    Empty,
    #[error("it does not begin with NumPy's magic bytes; write it with numpy.save(path, features)")]
    Magic,
    #[error(
        "its format version is {major}.{minor}, and 1.0, 2.0 and 3.0 are read; save it with a current NumPy"
    )]
    Version { major: u8, minor: u8 },
    #[error(
        "its header needs {needed} bytes and the file holds {held}; it was cut short, copy it again"
    )]
    HeaderCut { needed: u64, held: u64 },
    #[error(
        "its header of {bytes} bytes is longer than the {limit} that a plain array needs; save a plain array"
    )]
    HeaderLong { bytes: u64, limit: u64 },
    #[error("its header cannot be understood at byte {at}: {expected} was expected")]
    Header { at: usize, expected: &'static str },
    #[error(
        "its dtype is {found}, and float16, float32 and float64 are read; convert with features.astype('float32')"
    )]
    Dtype { found: String },
    #[error(
        "its shape is {shape}, and a matrix (samples, features) is needed; use features.reshape(len(features), -1)"
    )]
    NotMatrix { shape: String },
    #[error(
        "its shape is ({rows}, {features}), and at least one sample with one feature is needed"
    )]
    NoValues { rows: u64, features: u64 },
    #[error("its shape ({rows}, {features}) needs more bytes than a 64-bit machine can address")]
    Overflow { rows: u64, features: u64 },
    #[error(
        "its shape ({rows}, {features}) needs {needed} bytes of values and the file holds {held}; it was cut short, copy it again"
    )]
    Truncated {
        rows: u64,
        features: u64,
        needed: u64,
        held: u64,
    },
    #[error("{extra} bytes follow its ({rows}, {features}) values; save one array a file")]
    Trailing {
        rows: u64,
        features: u64,
        extra: u64,
    },
    #[error(
        "it holds {descr} of shape {shape}, and labels are whole numbers, one a sample; use labels.astype('int64')"
    )]
    NotLabels { descr: String, shape: String },
    #[error(
        "{held} bytes follow its header, which is not what its {labels} labels take; save it again"
    )]
    LabelBytes { labels: u64, held: u64 },
    #[error("reading it failed: {0}")]
    Io(#[from] io::Error),
}

/// Where the matrix lies in `input`, which holds `size` bytes.
pub fn header(input: &mut impl Read, size: u64) -> Result<Layout, FormatError> {
    header::matrix(input, size)
}

/// The whole numbers of a vector, one a sample.
pub fn labels(input: &mut impl Read, size: u64) -> Result<Vec<i64>, FormatError> {
    header::vector(input, size)
}

/// The bytes of a .npy file that holds `indices` as one int64 vector, the type that NumPy and
/// PyTorch index with.
pub fn indices(indices: &[u32]) -> Vec<u8> {
    let mut bytes = start("<i8", &format!("({},)", indices.len()));
    bytes.extend(
        indices
            .iter()
            .flat_map(|&index| i64::from(index).to_le_bytes()),
    );
    bytes
}

/// The bytes of a .npy file that holds a row-major matrix as float32.
pub fn matrix(values: &[f32], rows: usize, features: usize) -> Vec<u8> {
    let mut bytes = matrix_start("<f4", rows, features);
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

/// What stands before the values of a row-major matrix of this dtype.
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
