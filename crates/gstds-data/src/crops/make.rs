//! All crops of a split, on all cores, into a file.

use super::decode::{LIMIT, square};
use super::store::Target;
use super::{Crops, Request, shape};
use crate::error::{Error, Result};
use rayon::prelude::*;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::mpsc;

/// Crops made before any is written: enough to keep every core busy, few enough for memory.
const BLOCK_BYTES: usize = 16 << 20;
/// And so few that progress is seen.
const BLOCK_IMAGES: usize = 256;

/// Longest image file: one without compression whose pixels are within the limit is shorter.
const LONGEST: u64 = 2 * LIMIT;

/// A square, or why there is none.
type Decoded = Result<Vec<u8>, String>;

/// Decodes every file of `request` and leaves the crops in a file at `path`, or in one without a
/// name. `progress` gets the images done, on this thread.
pub(super) fn crops(
    request: &Request<'_>,
    key: &str,
    path: Option<&Path>,
    warnings: &mut Vec<String>,
    progress: &mut dyn FnMut(usize),
) -> Result<Crops> {
    let target = Target::new(path, warnings)?;
    let mut bad = Vec::new();
    let mut out = BufWriter::with_capacity(1 << 20, target.crops()?);
    decode_all(
        request,
        |block, done| {
            for (index, decoded) in (done..).zip(block) {
                match decoded {
                    Ok(square) => out
                        .write_all(&square)
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

/// Hands the files' crops to `take`, in order and on this thread, while others decode the next;
/// with each block goes the index of its first image.
fn decode_all(
    request: &Request<'_>,
    mut take: impl FnMut(Vec<Decoded>, usize) -> Result<()>,
    progress: &mut dyn FnMut(usize),
) -> Result<()> {
    let block = block(request.side, rayon::current_num_threads());
    let (sender, blocks) = mpsc::sync_channel(1);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for files in request.files.chunks(block) {
                let crops: Result<Vec<Decoded>> =
                    files.par_iter().map(|file| decode(request, file)).collect();
                let failed = crops.is_err();
                // The receiver leaves only after a failure, which ends this thread too.
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

/// Images of a block: what its bytes and images allow, and two a thread even beyond that.
fn block(side: usize, threads: usize) -> usize {
    let of_bytes = BLOCK_BYTES / shape(side).bytes();
    of_bytes.min(BLOCK_IMAGES).max(2 * threads)
}

/// A file that cannot be read is no matter of its contents and always an error.
fn decode(request: &Request<'_>, file: &Path) -> Result<Decoded> {
    let path = request.root.join(file);
    let failed = |e| Error::io("reading", &path)(e);
    let length = std::fs::metadata(&path).map_err(failed)?.len();
    if length > LONGEST {
        let reason = format!("it is {length} bytes long, and the limit is {LONGEST}");
        return Ok(Err(reason));
    }
    let bytes = std::fs::read(&path).map_err(failed)?;
    Ok(square(&bytes, request.side, LIMIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_keeps_any_number_of_threads_busy() {
        assert_eq!(block(8, 4), BLOCK_IMAGES);
        assert_eq!(block(1024, 2), 5);
        assert_eq!(block(224, 1000), 2000);
    }
}
