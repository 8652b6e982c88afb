//! Makes all crops of a split on all cores, into a file.

use super::decode::{LIMIT, crop};
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

/// Longest image file; an uncompressed image within the limit is shorter.
const LONGEST: u64 = 2 * LIMIT;

/// A crop, or why the image cannot be decoded.
type Decoded = Result<Vec<u8>, String>;

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
    let mut out = BufWriter::with_capacity(1 << 20, target.start()?);
    decode_all(
        request,
        |block, done| {
            for (index, decoded) in (done..).zip(block) {
                match decoded {
                    Ok(crop) => out
                        .write_all(&crop)
                        .map_err(Error::io("writing", target.shown()))?,
                    Err(reason) => bad.push((index, reason)),
                }
            }
            Ok(())
        },
        progress,
    )?;
    out.flush().map_err(Error::io("writing", target.shown()))?;
    drop(out);
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
                let crops: Result<Vec<Decoded>> =
                    files.par_iter().map(|file| decode(request, file)).collect();
                let failed = crops.is_err();
                // The receiver is dropped only after a failure, which ends this thread too.
                if sender.send(crops).is_err() || failed {
                    return;
                }
            }
        });
        let mut done = 0;
        for crops in blocks {
            let crops = crops?;
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

/// An unreadable file is always an error, unlike an image that cannot be decoded.
fn decode(request: &CropRequest<'_>, file: &Path) -> Result<Decoded> {
    let path = request.root.join(file);
    let failed = |e| Error::io("reading", &path)(e);
    let length = std::fs::metadata(&path).map_err(failed)?.len();
    if length > LONGEST {
        let reason = format!("has {length} bytes, and the limit is {LONGEST}");
        return Ok(Err(reason));
    }
    let bytes = std::fs::read(&path).map_err(failed)?;
    Ok(crop(&bytes, request.side, LIMIT))
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
