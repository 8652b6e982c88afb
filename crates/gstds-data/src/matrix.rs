//! Feature matrices on disk: one row a sample, read some rows at a time, never as a whole.

mod dtype;
mod layout;
pub mod safetensors;

pub use dtype::{Dtype, Element, Kind};
pub use layout::Layout;

use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::npy;

/// Why a feature file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{path} cannot be read: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path} is not a usable .npy file: {source}")]
    Npy {
        path: PathBuf,
        source: npy::FormatError,
    },
    #[error("{path} is not a usable .safetensors file: {source}")]
    Safetensors {
        path: PathBuf,
        source: safetensors::FormatError,
    },
}

/// Bytes that are read at positions.
pub trait Source: Read + Seek {}

impl<T: Read + Seek> Source for T {}

/// A matrix whose header has been read: one row a sample.
pub struct Matrix {
    path: PathBuf,
    source: Box<dyn Source>,
    layout: Layout,
}

impl Matrix {
    /// Opens a file and reads its header, no values yet: .safetensors where it is named so, else
    /// .npy. `tensor` is the one of several.
    pub fn open(path: &Path, tensor: Option<&str>) -> Result<Self, Error> {
        let (mut file, size) = open(path)?;
        let layout = if is_safetensors(path) {
            safetensors::matrix(&mut file, size, tensor).map_err(|source| Error::Safetensors {
                path: path.into(),
                source,
            })?
        } else {
            npy::header(&mut file, size).map_err(|source| Error::Npy {
                path: path.into(),
                source,
            })?
        };
        Ok(Self::new(path, Box::new(file), layout))
    }

    /// The matrix that lies so in `source`; `path` is what it is called in errors.
    pub fn new(path: &Path, source: Box<dyn Source>, layout: Layout) -> Self {
        let path = path.to_path_buf();
        Self {
            path,
            source,
            layout,
        }
    }

    /// Its shape and element type.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Appends these rows to `into`, row-major, as [`Layout::element`] has them.
    pub fn read(&mut self, rows: Range<usize>, into: &mut Vec<u8>) -> Result<(), Error> {
        let read = self.layout.read(&mut self.source, rows, into);
        read.map_err(|source| Error::Io {
            path: self.path.clone(),
            source,
        })
    }
}

/// Whether a file is named as safetensors are.
pub fn is_safetensors(path: &Path) -> bool {
    let extension = path.extension();
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case("safetensors"))
}

/// The open file and its size; only a regular file has one to hold a header against.
pub fn open(path: &Path) -> Result<(File, u64), Error> {
    let opened = (|| {
        // Asked before it is opened: a pipe would keep us waiting.
        let about = fs::metadata(path)?;
        if !about.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        Ok((File::open(path)?, about.len()))
    })();
    opened.map_err(|source| Error::Io {
        path: path.into(),
        source,
    })
}
