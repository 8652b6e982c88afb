//! Where the pixels of a split are: in memory, or in a file that is read image by image.

use crate::error::{Error, Result};
use std::{fs::File, path::PathBuf, sync::Arc};

#[derive(Debug, Clone)]
pub(crate) enum Pixels {
    All(PixelStore),
    /// Images of `image` bytes each, by row; rows may repeat.
    Part {
        of: PixelStore,
        image: usize,
        rows: Arc<[usize]>,
    },
}

/// Pixels of images, shared by all splits that refer to them.
#[derive(Debug, Clone)]
pub(crate) enum PixelStore {
    Memory(Arc<Vec<u8>>),
    File(Arc<PixelFile>),
}

/// Pixels in a file, image after image from byte `start` on.
#[derive(Debug)]
pub(crate) struct PixelFile {
    pub(crate) file: Positional,
    /// For messages; the file may no longer have a name.
    pub(crate) path: PathBuf,
    pub(crate) start: u64,
    pub(crate) bytes: usize,
    /// As [`Split::pixel_fingerprint`](crate::Split::pixel_fingerprint), taken when it was written.
    pub(crate) fingerprint: String,
}

impl Pixels {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::All(PixelStore::Memory(pixels)) => pixels.len(),
            Self::All(PixelStore::File(file)) => file.bytes,
            Self::Part { image, rows, .. } => image * rows.len(),
        }
    }

    /// Appends `count` bytes from `start` on; both are whole images.
    pub(crate) fn read(&self, start: usize, count: usize, into: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::All(store) => store.read(start, count, into)?,
            Self::Part { of, image, rows } => {
                for row in &rows[start / image..(start + count) / image] {
                    of.read(row * image, *image, into)?;
                }
            }
        }
        Ok(())
    }
}

impl PixelStore {
    fn read(&self, start: usize, count: usize, into: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::Memory(pixels) => into.extend_from_slice(&pixels[start..start + count]),
            Self::File(file) => file.read(start, count, into)?,
        }
        Ok(())
    }
}

impl PixelFile {
    fn read(&self, start: usize, count: usize, into: &mut Vec<u8>) -> Result<()> {
        assert!(start + count <= self.bytes, "past the last image");
        let before = into.len();
        into.resize(before + count, 0);
        self.file
            .read_exact_at(&mut into[before..], self.start + start as u64)
            .map_err(Error::io("reading", &self.path))
    }
}

/// A file that threads read concurrently at different positions.
#[cfg(any(unix, windows))]
#[derive(Debug)]
pub(crate) struct Positional(File);

/// A file that threads read at different positions, in turn: a file has one position here.
#[cfg(not(any(unix, windows)))]
#[derive(Debug)]
pub(crate) struct Positional(std::sync::Mutex<File>);

impl Positional {
    #[cfg(any(unix, windows))]
    pub(crate) fn new(file: File) -> Self {
        Self(file)
    }

    #[cfg(unix)]
    pub(crate) fn read_exact_at(&self, into: &mut [u8], start: u64) -> std::io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.0, into, start)
    }

    #[cfg(windows)]
    pub(crate) fn read_exact_at(&self, mut into: &mut [u8], mut start: u64) -> std::io::Result<()> {
        while !into.is_empty() {
            match std::os::windows::fs::FileExt::seek_read(&self.0, into, start) {
                Ok(0) => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    into = &mut into[count..];
                    start += count as u64;
                }
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    #[cfg(not(any(unix, windows)))]
    pub(crate) fn new(file: File) -> Self {
        Self(std::sync::Mutex::new(file))
    }

    #[cfg(not(any(unix, windows)))]
    pub(crate) fn read_exact_at(&self, into: &mut [u8], start: u64) -> std::io::Result<()> {
        use std::io::{Read, Seek, SeekFrom};
        let mut file = self.0.lock().unwrap_or_else(|lock| lock.into_inner());
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(into)
    }
}
