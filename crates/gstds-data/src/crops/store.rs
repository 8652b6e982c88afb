//! The file of a split's crops: a header of fixed length, the pixels (u8, image after image,
//! `[side, side, 3]`), then the images that cannot be decoded and why, as JSON.
//!
//! Header: mark; images, side and length of the JSON (u64, little-endian); key, fingerprint of the
//! pixels and checksum (64 hex digits each). The checksum covers everything else.

use super::request::{CropRequest, Crops};
use crate::atomic_file::{StagedFile, folder};
use crate::error::{Error, Result};
use crate::hash;
use crate::pixels::{PixelFile, Positional};
use crate::split::{ImageShape, fingerprint_start};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const MARK: &[u8; 16] = b"gstds squares 1\n";
const DIGEST: usize = 64;
pub(super) const HEADER: usize = MARK.len() + 3 * 8 + 3 * DIGEST;
/// Bytes that a core hashes at a time. Part of the format: the checksum is over chunks.
const CHUNK: usize = 4 << 20;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct CropsHeader {
    pub images: u64,
    pub side: u64,
    pub notes: u64,
    pub key: String,
    pub fingerprint: String,
    pub checksum: String,
}

impl CropsHeader {
    /// Everything but the checksum.
    fn body(&self) -> Vec<u8> {
        let mut bytes = MARK.to_vec();
        for number in [self.images, self.side, self.notes] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(self.key.as_bytes());
        bytes.extend(self.fingerprint.as_bytes());
        bytes
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        [&self.body(), self.checksum.as_bytes()].concat()
    }

    pub(super) fn parse(bytes: &[u8; HEADER]) -> Result<Self, String> {
        let (mark, rest) = bytes.split_at(MARK.len());
        if mark != MARK {
            return Err("it is not a file of crops".into());
        }
        let (numbers, digests) = rest.split_at(3 * 8);
        let numbers = numbers.as_chunks::<8>().0;
        let digest = |index: usize| {
            let digest = &digests[index * DIGEST..(index + 1) * DIGEST];
            match str::from_utf8(digest) {
                Ok(text) if text.bytes().all(|digit| digit.is_ascii_hexdigit()) => Ok(text.into()),
                _ => Err("its header is damaged"),
            }
        };
        Ok(Self {
            images: u64::from_le_bytes(numbers[0]),
            side: u64::from_le_bytes(numbers[1]),
            notes: u64::from_le_bytes(numbers[2]),
            key: digest(0)?,
            fingerprint: digest(1)?,
            checksum: digest(2)?,
        })
    }

    /// Bytes of pixels, if header, pixels and notes have `length` bytes together.
    pub(super) fn pixels(&self, length: u64) -> Result<usize, String> {
        let pixels = self
            .side
            .checked_mul(self.side)
            .and_then(|square| square.checked_mul(3))
            .and_then(|square| square.checked_mul(self.images));
        let all = pixels
            .and_then(|pixels| pixels.checked_add(self.notes))
            .and_then(|rest| rest.checked_add(HEADER as u64));
        match (pixels.map(usize::try_from), all) {
            (Some(Ok(pixels)), Some(all)) if all == length => Ok(pixels),
            _ => Err(format!(
                "it has {length} bytes, and its header says {} images of {side}x{side} pixels and {} bytes of notes",
                self.images,
                self.notes,
                side = self.side
            )),
        }
    }
}

/// The crops in the file at `path`, or none when there is no such file.
///
/// # Errors
/// What is wrong with the file: length, key or checksum.
pub(super) fn open(path: &Path, key: &str, request: &CropRequest<'_>) -> Result<Option<Crops>> {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    let file = match File::open(path) {
        Err(e) if [NotFound, NotADirectory].contains(&e.kind()) => return Ok(None),
        file => file.map_err(Error::io("reading", path))?,
    };
    let length = file.metadata().map_err(Error::io("reading", path))?.len();
    read(Positional::new(file), path, length, key, request).map(Some)
}

fn read(
    file: Positional,
    path: &Path,
    length: u64,
    key: &str,
    request: &CropRequest<'_>,
) -> Result<Crops> {
    let damaged = |reason: String| Error::file(path, reason);
    let unread = |e| Error::io("reading", path)(e);
    let mut bytes = [0; HEADER];
    if length < HEADER as u64 {
        let reason = format!("it has {length} bytes, and its header alone has {HEADER}");
        return Err(damaged(reason));
    }
    file.read_exact_at(&mut bytes, 0).map_err(unread)?;
    let header = CropsHeader::parse(&bytes).map_err(damaged)?;
    let pixels = header.pixels(length).map_err(damaged)?;
    if header.key != key || header.side != request.side as u64 {
        return Err(damaged("it was made from other images".into()));
    }
    let mut notes = vec![0; header.notes as usize];
    file.read_exact_at(&mut notes, (HEADER + pixels) as u64)
        .map_err(unread)?;
    let checksum = checksum(&file, pixels, &header.body(), &notes).map_err(unread)?;
    if checksum != header.checksum {
        return Err(damaged("its checksum does not match its contents".into()));
    }
    let bad = bad_images(&notes, header.images, request.files.len()).map_err(damaged)?;
    let file = PixelFile {
        file,
        path: path.into(),
        start: HEADER as u64,
        bytes: pixels,
        fingerprint: header.fingerprint,
    };
    Ok(Crops { file, bad })
}

/// The `total - images` images that could not be decoded, ascending.
pub(super) fn bad_images(
    notes: &[u8],
    images: u64,
    total: usize,
) -> Result<Vec<(usize, String)>, String> {
    let bad: Vec<(usize, String)> =
        serde_json::from_slice(notes).map_err(|e| format!("its notes are damaged: {e}"))?;
    let ascending = bad.is_sorted_by(|(one, _), (two, _)| one < two);
    let inside = bad.last().is_none_or(|&(last, _)| last < total);
    if !ascending || !inside || images.checked_add(bad.len() as u64) != Some(total as u64) {
        return Err(format!(
            "it holds {images} images and notes {} more, and there are {total}",
            bad.len()
        ));
    }
    Ok(bad)
}

/// SHA-256, in hex, over the header before it, the notes, and the SHA-256 of every chunk of pixels.
fn checksum(
    file: &Positional,
    pixels: usize,
    body: &[u8],
    notes: &[u8],
) -> std::io::Result<String> {
    let digest = |buffer: &mut Vec<u8>, chunk: usize| {
        let start = chunk * CHUNK;
        buffer.resize(CHUNK.min(pixels - start), 0);
        file.read_exact_at(buffer, (HEADER + start) as u64)?;
        Ok(Sha256::digest(buffer).into())
    };
    let digests: Vec<[u8; 32]> = (0..pixels.div_ceil(CHUNK))
        .into_par_iter()
        .map_init(Vec::new, digest)
        .collect::<std::io::Result<_>>()?;
    let mut hash = Sha256::new_with_prefix(body);
    hash.update(notes);
    digests.iter().for_each(|digest| hash.update(digest));
    Ok(hash::hex(hash))
}

/// [`Split::pixel_fingerprint`](crate::Split::pixel_fingerprint) of the pixels in `file`.
fn fingerprint(file: &Positional, images: usize, shape: ImageShape) -> std::io::Result<String> {
    let mut hash = fingerprint_start(images, shape);
    let pixels = images * shape.bytes();
    let mut buffer = Vec::new();
    for start in (0..pixels).step_by(CHUNK) {
        buffer.resize(CHUNK.min(pixels - start), 0);
        file.read_exact_at(&mut buffer, (HEADER + start) as u64)?;
        hash.update(&buffer);
    }
    Ok(hash::hex(hash))
}

/// A file of crops that is being written: one that gets its name when it is complete, or one
/// without a name, which is removed when it is closed.
pub(super) enum CropFile {
    Named(StagedFile, PathBuf),
    Nameless(File),
}

impl CropFile {
    /// Without `path`, or if it cannot be written, the file has no name.
    pub(super) fn new(path: Option<&Path>, warnings: &mut Vec<String>) -> Result<Self> {
        if let Some(path) = path {
            let created = std::fs::create_dir_all(folder(path));
            match created.and_then(|()| StagedFile::create(path)) {
                Ok(file) => return Ok(Self::Named(file, path.into())),
                Err(e) => warnings.push(not_kept(path, &e)),
            }
        }
        let folder = std::env::temp_dir();
        let file = tempfile::tempfile_in(&folder).map_err(Error::io("writing in", folder))?;
        Ok(Self::Nameless(file))
    }

    /// The same file, which is removed when it is closed: nothing of it is kept.
    pub(super) fn unnamed(self) -> Self {
        match self {
            Self::Named(staged, path) => match staged.file().try_clone() {
                // Dropping the staged file takes its name away; the data stay while it is open.
                Ok(file) => Self::Nameless(file),
                Err(_) => Self::Named(staged, path),
            },
            nameless => nameless,
        }
    }

    fn file(&self) -> &File {
        match self {
            Self::Named(file, _) => file.file(),
            Self::Nameless(file) => file,
        }
    }

    /// Its name in messages.
    pub(super) fn shown(&self) -> PathBuf {
        match self {
            Self::Named(_, path) => path.clone(),
            Self::Nameless(_) => std::env::temp_dir().join("(a file without a name)"),
        }
    }

    /// The file at the position where the crops start.
    pub(super) fn start(&self) -> Result<&File> {
        let mut file = self.file();
        file.seek(SeekFrom::Start(HEADER as u64))
            .map_err(Error::io("writing", self.shown()))?;
        Ok(file)
    }

    /// Writes what surrounds the crops, reads them back for the checksums, and gives the file its
    /// name.
    pub(super) fn finish(
        self,
        request: &CropRequest<'_>,
        key: &str,
        bad: Vec<(usize, String)>,
        warnings: &mut Vec<String>,
    ) -> Result<Crops> {
        let path = self.shown();
        let failed = |e| Error::io("writing", &path)(e);
        let images = request.files.len() - bad.len();
        let pixels = images * request.shape().bytes();
        let handle = self.file().try_clone().map_err(failed)?;
        let file = Positional::new(handle);
        let fingerprint = fingerprint(&file, images, request.shape()).map_err(failed)?;
        if let Self::Named(named, path) = self {
            let notes = serde_json::to_vec(&bad).map_err(|e| failed(e.into()))?;
            let mut header = CropsHeader {
                images: images as u64,
                side: request.side as u64,
                notes: notes.len() as u64,
                key: key.into(),
                fingerprint: fingerprint.clone(),
                checksum: String::new(),
            };
            header.checksum = checksum(&file, pixels, &header.body(), &notes).map_err(failed)?;
            publish(named, &header, &notes).unwrap_or_else(|e| warnings.push(not_kept(&path, &e)));
        }
        let file = PixelFile {
            file,
            path,
            start: HEADER as u64,
            bytes: pixels,
            fingerprint,
        };
        Ok(Crops { file, bad })
    }
}

fn publish(staged: StagedFile, header: &CropsHeader, notes: &[u8]) -> std::io::Result<()> {
    let mut file = staged.file();
    file.seek(SeekFrom::End(0))?;
    file.write_all(notes)?;
    file.rewind()?;
    file.write_all(&header.bytes())?;
    staged.publish(true)
}

fn not_kept(path: &Path, reason: &std::io::Error) -> String {
    format!(
        "writing {} failed: {reason}, so the images will be decoded again next time; choose a cache folder with room",
        path.display()
    )
}
