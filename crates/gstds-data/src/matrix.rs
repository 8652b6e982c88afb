//! Feature matrices on disk: one row per sample, of which some rows are read at a time.

mod foreign;
mod integers;
mod layout;
pub mod npy;
pub mod safetensors;
mod stored_type;

pub use foreign::ForeignFormat;
pub use layout::MatrixLayout;
pub use stored_type::{DeviceElement, FloatKind, StoredType};

use crate::error::{Error, Result};
use std::{
    fs::{self, File},
    io::{self, Read, Seek},
    ops::Range,
    path::{Path, PathBuf},
};

/// Bytes that are read at positions.
pub trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

/// A matrix whose header has been read.
pub struct Matrix {
    path: PathBuf,
    bytes: Box<dyn ReadSeek>,
    layout: MatrixLayout,
}

impl Matrix {
    /// Opens a file and reads its header, but no values: safetensors if its extension is
    /// `.safetensors`, else .npy. `tensor` names the one of several in a safetensors file.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::File`], [`Error::Tensor`].
    pub fn open(path: &Path, tensor: Option<&str>) -> Result<Self> {
        let (mut file, size) = open(path)?;
        let layout = match is_safetensors(path) {
            true => {
                let mut start = [0; npy::MAGIC.len()];
                let read = file.read(&mut start).map_err(Error::io("reading", path))?;
                if start[..read] == *npy::MAGIC {
                    let reason = "it is a .npy file; give it that extension";
                    return Err(Error::file(path, reason));
                }
                safetensors::layout(path, &mut file, size, tensor)
            }
            false => {
                if let Some(ForeignFormat { name, line }) = foreign(path, &mut file)? {
                    let reason = format!("it is {name}; in Python: {line}");
                    return Err(Error::file(path, reason));
                }
                npy::layout(path, &mut file, size)
            }
        }?;
        Ok(Self::new(path, Box::new(file), layout))
    }

    /// The matrix that `layout` describes within `bytes`; errors call it `path`.
    pub fn new(path: &Path, bytes: Box<dyn ReadSeek>, layout: MatrixLayout) -> Self {
        let path = path.to_path_buf();
        Self {
            path,
            bytes,
            layout,
        }
    }

    /// Its shape and how it is stored.
    pub fn layout(&self) -> &MatrixLayout {
        &self.layout
    }

    /// Appends `rows` to `into` as [`MatrixLayout::read`] does.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn read(&mut self, rows: Range<usize>, into: &mut Vec<u8>) -> Result<()> {
        let read = self.layout.read(&mut self.bytes, rows, into);
        read.map_err(Error::io("reading", &self.path))
    }
}

/// Whether the extension of `path` is `.safetensors`.
pub fn is_safetensors(path: &Path) -> bool {
    let extension = path.extension();
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case("safetensors"))
}

/// The format of an opened file, where it is one that is not read here but known how to convert. The
/// file is read from its start and left there.
///
/// # Errors
/// [`Error::Io`].
pub fn foreign(path: &Path, file: &mut File) -> Result<Option<ForeignFormat>> {
    let mut start = Vec::new();
    let read = file.rewind().and_then(|()| {
        file.by_ref().take(foreign::START).read_to_end(&mut start)?;
        file.rewind()
    });
    read.map_err(Error::io("reading", path))?;
    Ok(foreign::recognise(path, &start))
}

/// Opens a regular file and returns its size, against which a header is checked.
///
/// # Errors
/// [`Error::Io`].
pub fn open(path: &Path) -> Result<(File, u64)> {
    let opened = (|| {
        // Checked before opening: opening a pipe would block.
        let about = fs::metadata(path)?;
        if !about.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        Ok((File::open(path)?, about.len()))
    })();
    opened.map_err(Error::io("reading", path))
}
