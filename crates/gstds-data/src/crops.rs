//! Image files as square crops of one size, made once and cached in one file per split.
//!
//! `decode` makes one crop of one image, `jpeg`, `tiff` and `webp` check what its decoders do not;
//! `make` puts all crops of a split into a file, `store` is that file's format, and `key` decides
//! when it may be reused.

pub(crate) mod decode;
mod jpeg;
mod key;
pub(crate) mod make;
mod request;
mod store;
mod tiff;
mod webp;

pub use decode::is_decoding;
pub(crate) use request::{CropRequest, Crops};

use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// Most bytes of a decoded image unless another limit is set: 256 MiB, 89 megapixels of RGB.
pub const DECODE_LIMIT: u64 = 256 << 20;
/// Smallest side of a crop, in pixels.
pub const SMALLEST_SIDE: usize = 8;
/// Largest side of a crop, in pixels.
pub const LARGEST_SIDE: usize = 1024;

/// Where a split's crops are cached, and the crops if they are there.
struct Lookup {
    key: String,
    path: Option<PathBuf>,
    cached: Option<Crops>,
}

/// The crops of each of `requests`, and how many image files were decoded for them: those that
/// `cache` does not hold, to which they are added. `progress` gets decoded images and images to
/// decode, of all requests together.
pub(crate) fn get(
    requests: &[CropRequest<'_>],
    cache: Option<&Path>,
    warnings: &mut Vec<String>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<(Vec<Crops>, usize)> {
    let mut found = Vec::new();
    for request in requests {
        found.push(look_up(request, cache, warnings)?);
    }
    let missing = requests.iter().zip(&found);
    let missing = missing.filter(|(_, lookup)| lookup.cached.is_none());
    let total = missing.map(|(request, _)| request.files.len()).sum();
    let mut done = 0;
    let mut all = Vec::new();
    for (request, lookup) in requests.iter().zip(found) {
        if let Some(crops) = lookup.cached {
            all.push(crops);
            continue;
        }
        let before = done;
        let mut decoded = |count| {
            done = before + count;
            progress(done, total);
        };
        all.push(make(request, &lookup, warnings, &mut decoded)?);
    }
    Ok((all, total))
}

fn look_up(
    request: &CropRequest<'_>,
    cache: Option<&Path>,
    warnings: &mut Vec<String>,
) -> Result<Lookup> {
    check_side(request.side)?;
    let key = key::of(request)?;
    let path = cache.map(|cache| cache.join(file_name(request, &key)));
    let cached = path.as_deref().and_then(|path| {
        store::open(path, &key, request).unwrap_or_else(|e| {
            warnings.push(format!("{e}; its images are decoded again"));
            None
        })
    });
    let state = if cached.is_some() {
        "cached"
    } else {
        "not cached"
    };
    log::debug!(
        "crops of {} image files: {state} in {path:?}",
        request.files.len()
    );
    Ok(Lookup { key, path, cached })
}

/// Makes the crops. A cache without room costs a warning, and they go elsewhere.
fn make(
    request: &CropRequest<'_>,
    lookup: &Lookup,
    warnings: &mut Vec<String>,
    progress: &mut dyn FnMut(usize),
) -> Result<Crops> {
    let path = lookup.path.as_deref();
    match make::crops(request, &lookup.key, path, warnings, progress) {
        Err(
            e @ Error::Io {
                action: "writing", ..
            },
        ) if path.is_some() => {
            warnings.push(format!(
                "{e}; its images will be decoded each time until the cache has room"
            ));
            make::crops(request, &lookup.key, None, warnings, progress)
        }
        made => made,
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

/// The extension is part of the cache's format.
fn file_name(request: &CropRequest<'_>, key: &str) -> String {
    let CropRequest {
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
