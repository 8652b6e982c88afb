//! Where the pixels of a split lie: in memory, or in a file that is read image by image.

use super::error::{Error, Result};
use std::{fs::File, path::PathBuf, sync::Arc};

#[derive(Debug, Clone)]
pub(super) enum Pixels {
    All(Home),
    /// Some images, each `image` bytes long, by their number; one may stand several times.
    Part {
        of: Home,
        image: usize,
        rows: Arc<[usize]>,
    },
}

/// Pixels of images, shared by all that refer to them.
#[derive(Debug, Clone)]
pub(super) enum Home {
    Memory(Arc<Vec<u8>>),
    File(Arc<PixelFile>),
}

/// Pixels in a file, image after image, from byte `start` on.
#[derive(Debug)]
pub(super) struct PixelFile {
    pub(super) file: Positional,
    /// For messages; the file may have no name any more.
    pub(super) path: PathBuf,
    pub(super) start: u64,
    pub(super) bytes: usize,
    /// [`Split::pixel_fingerprint`](super::Split::pixel_fingerprint), taken when the file was made.
    pub(super) fingerprint: String,
}

impl Pixels {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::All(Home::Memory(pixels)) => pixels.len(),
            Self::All(Home::File(file)) => file.bytes,
            Self::Part { image, rows, .. } => image * rows.len(),
        }
    }

    /// Appends `count` bytes from `start` on: whole images.
    pub(super) fn read(&self, start: usize, count: usize, into: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::All(home) => home.read(start, count, into)?,
            Self::Part { of, image, rows } => {
                for row in &rows[start / image..(start + count) / image] {
                    of.read(row * image, *image, into)?;
                }
            }
        }
        Ok(())
    }
}

impl Home {
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

/// A file that several threads read at places of their own.
#[cfg(any(unix, windows))]
#[derive(Debug)]
pub(super) struct Positional(File);

/// A file that several threads read at places of their own, one after another: this system has
/// one place a file.
#[cfg(not(any(unix, windows)))]
#[derive(Debug)]
pub(super) struct Positional(std::sync::Mutex<File>);

impl Positional {
    #[cfg(any(unix, windows))]
    pub(super) fn new(file: File) -> Self {
        Self(file)
    }

    #[cfg(unix)]
    pub(super) fn read_exact_at(&self, into: &mut [u8], start: u64) -> std::io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.0, into, start)
    }

    #[cfg(windows)]
    pub(super) fn read_exact_at(&self, mut into: &mut [u8], mut start: u64) -> std::io::Result<()> {
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
    pub(super) fn new(file: File) -> Self {
        Self(std::sync::Mutex::new(file))
    }

    #[cfg(not(any(unix, windows)))]
    pub(super) fn read_exact_at(&self, into: &mut [u8], start: u64) -> std::io::Result<()> {
        use std::io::{Read, Seek, SeekFrom};
        let mut file = self.0.lock().unwrap_or_else(|lock| lock.into_inner());
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(into)
    }
}
