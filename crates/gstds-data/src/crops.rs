//! Image files as crops of one size, made once and kept in a file for each split.
//!
//! `decode` makes one square of one image, and `precheck` sees what its decoders do not; `make`
//! puts all crops of a split into a file, `store` is that file's format and check, and `key` says
//! when it may be used again.

mod decode;
mod key;
mod make;
mod precheck;
mod store;

use super::error::{Error, Result};
use super::pixels::PixelFile;
use super::split::ImageShape;
use std::path::{Path, PathBuf};

/// Smallest side of a square, in pixels.
pub const SMALLEST_SIDE: usize = 8;
/// Largest side of a square, in pixels.
pub const LARGEST_SIDE: usize = 1024;

/// Image files that become crops.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    pub dataset: &'a str,
    pub split: &'static str,
    /// What the files are below.
    pub root: &'a Path,
    pub files: &'a [PathBuf],
    pub side: usize,
}

/// Crops in a file.
#[derive(Debug)]
pub(super) struct Crops {
    pub file: PixelFile,
    /// Which of the files have no square because they cannot be decoded, ascending, and why.
    pub bad: Vec<(usize, String)>,
}

/// The crops of each of `requests`, and how many image files were decoded for them.
///
/// What `cache` holds is used, everything else is made and put there. `progress` counts the images
/// of all requests that are made.
pub(super) fn get(
    requests: &[Request<'_>],
    cache: Option<&Path>,
    warnings: &mut Vec<String>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<(Vec<Crops>, usize)> {
    let mut found = Vec::new();
    for request in requests {
        check_side(request.side)?;
        let key = key::of(request)?;
        let path = cache.map(|cache| cache.join(file_name(request, &key)));
        let cached = path.as_deref().and_then(|path| {
            store::open(path, &key, request).unwrap_or_else(|e| {
                warnings.push(format!("{e}; its images are decoded again"));
                None
            })
        });
        let files = request.files.len();
        match &cached {
            Some(_) => log::debug!("crops of {files} image files: cached in {path:?}"),
            None => log::debug!("crops of {files} image files: not cached in {path:?}"),
        }
        found.push((key, path, cached));
    }
    let missing = |(request, (_, _, cached)): (&Request<'_>, &(_, _, Option<_>))| {
        if cached.is_some() {
            0
        } else {
            request.files.len()
        }
    };
    let total: usize = requests.iter().zip(&found).map(missing).sum();
    let mut done = 0;
    let mut all = Vec::new();
    for (request, (key, path, cached)) in requests.iter().zip(found) {
        all.push(match cached {
            Some(crops) => crops,
            None => {
                let before = done;
                let mut one_more = |count| {
                    done = before + count;
                    progress(done, total);
                };
                match make::crops(request, &key, path.as_deref(), warnings, &mut one_more) {
                    // A cache without room costs a warning; the crops are made again elsewhere.
                    Err(
                        e @ Error::Io {
                            action: "writing", ..
                        },
                    ) if path.is_some() => {
                        warnings.push(format!(
                            "{e}; its images will be decoded each time until the cache has room"
                        ));
                        make::crops(request, &key, None, warnings, &mut one_more)?
                    }
                    made => made?,
                }
            }
        });
    }
    Ok((all, total))
}

pub(super) fn shape(side: usize) -> ImageShape {
    ImageShape {
        height: side,
        width: side,
        channels: 3,
    }
}

fn check_side(side: usize) -> Result<()> {
    if (SMALLEST_SIDE..=LARGEST_SIDE).contains(&side) {
        return Ok(());
    }
    Err(Error::Side {
        side,
        least: SMALLEST_SIDE,
        most: LARGEST_SIDE,
    })
}

fn file_name(request: &Request<'_>, key: &str) -> String {
    let Request {
        dataset,
        split,
        side,
        ..
    } = request;
    format!("{dataset}-{split}-{side}-{}.squares", &key[..16])
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
