//! NumPy's .npy format: feature matrices in, kept indices out.
//!
//! Reads format versions 1.0 to 3.0, floating-point dtypes of 2, 4 and 8 bytes in either byte order,
//! C and Fortran order. Everything that the header claims is held against the file's size before any
//! memory is taken for it.

mod header;

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use header::Header;

/// Why a feature file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{path} cannot be read: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path} is not a usable .npy file: {source}")]
    Format { path: PathBuf, source: FormatError },
}

/// What is wrong with the bytes of a .npy file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FormatError {
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
    #[error("reading it failed: {0}")]
    Io(#[from] io::Error),
}

/// A feature file whose header has been read: one row a sample.
#[derive(Debug)]
pub(crate) struct FeatureFile {
    path: PathBuf,
    file: File,
    header: Header,
}

impl FeatureFile {
    /// Opens a file and reads its header, no values yet.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let path = path.to_path_buf();
        match open(&path) {
            Ok((mut file, size)) => match Header::read(&mut file, size) {
                Ok(header) => Ok(Self { path, file, header }),
                Err(source) => Err(Error::Format { path, source }),
            },
            Err(source) => Err(Error::Io { path, source }),
        }
    }

    /// Samples.
    pub(crate) fn rows(&self) -> usize {
        self.header.rows
    }

    /// Features of each sample.
    pub(crate) fn features(&self) -> usize {
        self.header.features
    }

    /// All values, row-major.
    pub(crate) fn values(self) -> Result<Vec<f32>, Error> {
        let path = self.path;
        let mut file = BufReader::with_capacity(1 << 20, self.file);
        values(&mut file, &self.header).map_err(|source| Error::Io { path, source })
    }
}

/// The open file and its size; only a regular file has one to hold the header against.
fn open(path: &Path) -> io::Result<(File, u64)> {
    let file = File::open(path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    Ok((file, about.len()))
}

/// Reads the values that follow the header, as row-major f32.
///
/// Takes at most seven times the file's size of memory: as f32, and one row as stored and as f64;
/// in Fortran order all rows as stored.
fn values(input: &mut impl Read, header: &Header) -> io::Result<Vec<f32>> {
    let mut values = Vec::with_capacity(header.rows * header.features);
    let mut row = vec![0.0; header.features];
    if header.fortran_order {
        let mut stored = vec![0; header.value_bytes];
        input.read_exact(&mut stored)?;
        for i in 0..header.rows {
            decode(header, &stored, i, header.rows, &mut row);
            narrow(&row, &mut values);
        }
    } else {
        let mut stored = vec![0; header.value_bytes / header.rows];
        for _ in 0..header.rows {
            input.read_exact(&mut stored)?;
            decode(header, &stored, 0, 1, &mut row);
            narrow(&row, &mut values);
        }
    }
    Ok(values)
}

/// Decodes a row whose values lie at every `step` of the stored ones, from `first` on.
fn decode(header: &Header, stored: &[u8], first: usize, step: usize, row: &mut [f64]) {
    let width = header.dtype.bytes();
    for (j, value) in row.iter_mut().enumerate() {
        let at = (first + j * step) * width;
        *value = header.dtype.decode(&stored[at..at + width]);
    }
}

/// Appends a float64 row as f32.
///
/// Cosine similarity ignores a row's scale, so a finite row that f32 would turn into infinities or
/// into zeros alone is divided by a power of two first, which loses nothing.
fn narrow(row: &[f64], values: &mut Vec<f32>) {
    let largest = row
        .iter()
        .fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let finite = row.iter().all(|value| value.is_finite());
    let outside = largest > f64::from(f32::MAX) || largest < f64::from(f32::MIN_POSITIVE);
    if !finite || largest == 0.0 || !outside {
        values.extend(row.iter().map(|&value| value as f32));
        return;
    }
    // Two steps, since the scale of a subnormal maximum is itself beyond float64.
    let half = (-largest.log2() / 2.0).floor();
    let scale = half.exp2();
    values.extend(row.iter().map(|&value| (value * scale * scale) as f32));
}

/// The bytes of a .npy file that holds `indices` as one int64 vector, the type that NumPy and
/// PyTorch index with.
pub(crate) fn indices(indices: &[u32]) -> Vec<u8> {
    let mut bytes = start("<i8", &format!("({},)", indices.len()));
    bytes.extend(
        indices
            .iter()
            .flat_map(|&index| i64::from(index).to_le_bytes()),
    );
    bytes
}

/// The bytes of a .npy file that holds a row-major matrix as float32.
pub(crate) fn matrix(values: &[f32], rows: usize, features: usize) -> Vec<u8> {
    let mut bytes = matrix_start("<f4", rows, features);
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

/// What stands before the values of a row-major matrix of this dtype.
pub(crate) fn matrix_start(descr: &str, rows: usize, features: usize) -> Vec<u8> {
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
