//! Makes all crops of a split on all cores, into a file.

use super::decode::crop;
use super::request::{CropRequest, Crops};
use super::store::CropFile;
use crate::error::{Error, Result};
use rayon::prelude::*;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::mpsc;

/// Bytes of crops per block: enough to keep every core busy, few enough for memory.
const BLOCK_BYTES: usize = 16 << 20;
/// Images per block: few enough to show progress.
const BLOCK_IMAGES: usize = 256;

/// A crop, or why there is none.
type Decoded = Result<Vec<u8>, NoCrop>;

/// Why an image has no crop.
pub(crate) enum NoCrop {
    /// The file cannot be read now; it may be later, without a change to the file.
    Unreadable(String),
    /// The file can be read and makes no image.
    Undecodable(String),
}

impl From<NoCrop> for String {
    fn from(reason: NoCrop) -> Self {
        match reason {
            NoCrop::Unreadable(text) | NoCrop::Undecodable(text) => text,
        }
    }
}

/// Writes the crops of `request` to a file at `path`, or to one without a name. `progress` gets the
/// number of images done, on this thread.
pub(super) fn crops(
    request: &CropRequest<'_>,
    key: &str,
    path: Option<&Path>,
    warnings: &mut Vec<String>,
    progress: &mut dyn FnMut(usize),
) -> Result<Crops> {
    let target = CropFile::new(path, warnings)?;
    let mut bad = Vec::new();
    let mut all_read = true;
    let mut out = BufWriter::with_capacity(1 << 20, target.start()?);
    decode_all(
        request,
        |block, done| {
            for (index, decoded) in (done..).zip(block) {
                match decoded {
                    Ok(crop) => out
                        .write_all(&crop)
                        .map_err(Error::io("writing", target.shown()))?,
                    Err(NoCrop::Undecodable(reason)) => bad.push((index, reason)),
                    Err(NoCrop::Unreadable(reason)) => {
                        all_read = false;
                        bad.push((index, reason));
                    }
                }
            }
            Ok(())
        },
        progress,
    )?;
    out.flush().map_err(Error::io("writing", target.shown()))?;
    drop(out);
    let target = if all_read { target } else { target.unnamed() };
    target.finish(request, key, bad, warnings)
}

/// Passes the files' crops to `take` in blocks, in order and on this thread, with the index of each
/// block's first image, while other threads decode the next block.
fn decode_all(
    request: &CropRequest<'_>,
    mut take: impl FnMut(Vec<Decoded>, usize) -> Result<()>,
    progress: &mut dyn FnMut(usize),
) -> Result<()> {
    let block = block(request.shape().bytes(), rayon::current_num_threads());
    let (sender, blocks) = mpsc::sync_channel(1);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for files in request.files.chunks(block) {
                let crops: Vec<Decoded> =
                    files.par_iter().map(|file| decode(request, file)).collect();
                // The receiver is dropped only after a failure, which ends this thread too.
                if sender.send(crops).is_err() {
                    return;
                }
            }
        });
        let mut done = 0;
        for crops in blocks {
            let count = crops.len();
            take(crops, done)?;
            done += count;
            progress(done);
        }
        Ok(())
    })
}

/// Images per block: as many as its limits allow, but at least two per thread.
fn block(image_bytes: usize, threads: usize) -> usize {
    let of_bytes = BLOCK_BYTES / image_bytes;
    of_bytes.min(BLOCK_IMAGES).max(2 * threads)
}

fn decode(request: &CropRequest<'_>, file: &Path) -> Decoded {
    let bytes = read(&request.root.join(file), request.limit)?;
    crop(&bytes, request.side, request.limit).map_err(NoCrop::Undecodable)
}

/// The bytes of an image file of which `limit` bytes are decoded at most.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, NoCrop> {
    let failed = |error: std::io::Error| NoCrop::Unreadable(format!("cannot be read: {error}"));
    // Looked at before it is opened: opening a pipe would block.
    let about = std::fs::metadata(path).map_err(failed)?;
    if !about.is_file() {
        return Err(NoCrop::Unreadable("is not a regular file".into()));
    }
    // An uncompressed image within the limit is shorter.
    let (length, longest) = (about.len(), limit.saturating_mul(2));
    if length > longest {
        let reason = format!("has {length} bytes, and the limit is {longest}, twice decode_limit");
        return Err(NoCrop::Undecodable(reason));
    }
    std::fs::read(path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_keeps_any_number_of_threads_busy() {
        assert_eq!(block(8 * 8 * 3, 4), BLOCK_IMAGES);
        assert_eq!(block(1024 * 1024 * 3, 2), 5);
        assert_eq!(block(224 * 224 * 3, 1000), 2000);
    }
}
