//! Where banks come from: the binary, the cache on disk, or the reference model.

use crate::bank::{BankElement, FeatureBank, bank_key};
use crate::error::{Error, Result};
use crate::reference::{OpenReference, ReferenceInfo, reference_device};
use gstds_burn::GpuDevice;
use gstds_data::{Progress, Split};
use std::path::{Path, PathBuf};

/// The environment variable that names the cache folder; without it banks go to `gstds` in the
/// system's cache folder.
pub const CACHE_VARIABLE: &str = "GSTDS_CACHE";

/// A bank and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedBank {
    /// The features.
    pub bank: FeatureBank,
    /// Where they came from.
    pub origin: BankOrigin,
    /// What the user should know: a cache file that was damaged, a cache that cannot be written.
    /// The bank is valid all the same.
    pub warnings: Vec<String>,
}

/// Where a bank came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BankOrigin {
    /// The binary.
    Shipped,
    /// This file in the cache.
    Cached(PathBuf),
    /// The reference model, just now.
    Computed,
}

impl BankOrigin {
    /// The word for it in summaries.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Shipped => "shipped",
            Self::Cached(_) => "cached",
            Self::Computed => "computed",
        }
    }
}

/// The folder that banks are cached in: `$GSTDS_CACHE`, else `gstds` in the system's cache folder;
/// none where the system has no such folder or `no_cache` is set.
#[must_use]
pub fn cache(no_cache: bool) -> Option<PathBuf> {
    match std::env::var_os(CACHE_VARIABLE) {
        _ if no_cache => None,
        Some(folder) if !folder.is_empty() => Some(folder.into()),
        _ => dirs::cache_dir().map(|folder| folder.join("gstds")),
    }
}

/// The features of `images` by a reference model: shipped, from `cache`, or computed on
/// [`reference_device`], and the model's operations for all of them.
///
/// # Errors
/// As [`find_or_compute`].
pub fn bank_of(
    reference: &OpenReference,
    images: &Split,
    device: &GpuDevice,
    cache: Option<&Path>,
    progress: &mut dyn Progress,
) -> Result<(LoadedBank, u64)> {
    let device = reference_device(device);
    let (info, element) = (reference.info(), reference.bank_element());
    let loaded = find_or_compute(info, images, element, cache, || {
        let network = reference.load(&device);
        let mut computed = |done, total| progress.job("features computed", done, total);
        FeatureBank::compute(network.as_ref(), images, element, &device, &mut computed)
    })?;
    log::debug!("features of {} images: {:?}", images.len(), loaded.origin);
    for warning in &loaded.warnings {
        progress.warn(warning);
    }
    Ok((loaded, 2 * info.multiply_adds * images.len() as u64))
}

/// The bank of `images`: shipped if the binary has it, else from `folder`, else from `compute` and
/// stored in `folder`.
///
/// A damaged cache file is computed again. Files are written under another name and renamed, so a
/// killed run leaves no partial bank.
///
/// # Errors
/// Those of `compute`. What is wrong with the cache is a warning in [`LoadedBank`].
pub fn find_or_compute(
    reference: &ReferenceInfo,
    images: &Split,
    element: BankElement,
    folder: Option<&Path>,
    compute: impl FnOnce() -> Result<FeatureBank>,
) -> Result<LoadedBank> {
    let (found, mut warnings) = find(reference, images, element, folder);
    let (bank, origin) = match found {
        Some(found) => found,
        None => (compute()?, BankOrigin::Computed),
    };
    if let (BankOrigin::Computed, Some(folder)) = (&origin, folder)
        && let Err(e) = write(&folder.join(file_name(reference, bank.key())), &bank)
    {
        warnings.push(format!(
            "{e}; the features will be computed again next time: set {CACHE_VARIABLE} to a folder with room"
        ));
    }
    Ok(LoadedBank {
        bank,
        origin,
        warnings,
    })
}

/// The bank of `images` where the binary or `folder` has it, and what is wrong with a damaged one.
pub fn find(
    reference: &ReferenceInfo,
    images: &Split,
    element: BankElement,
    folder: Option<&Path>,
) -> (Option<(FeatureBank, BankOrigin)>, Vec<String>) {
    let key = bank_key(reference, images, element);
    let mut warnings = Vec::new();
    match FeatureBank::embedded() {
        Ok(bank) if bank.key() == key => return (Some((bank, BankOrigin::Shipped)), warnings),
        Ok(_) => {}
        Err(e) => warnings.push(e.to_string()),
    }
    let path = folder.map(|folder| folder.join(file_name(reference, &key)));
    let found = path.and_then(|path| match read(&path, &key) {
        Ok(bank) => bank.map(|bank| (bank, BankOrigin::Cached(path))),
        Err(e) => {
            warnings.push(format!("{e}; recomputing it"));
            None
        }
    });
    (found, warnings)
}

fn file_name(reference: &ReferenceInfo, key: &str) -> String {
    format!("{}-{}.safetensors", reference.name, &key[..16])
}

/// The bank at `path`, or none when there is no such file.
fn read(path: &Path, key: &str) -> Result<Option<FeatureBank>> {
    let bytes = match std::fs::read(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(gstds_data::Error::io("reading", path)(source).into()),
        Ok(bytes) => bytes,
    };
    let origin = path.display().to_string();
    let bank = FeatureBank::from_bytes(&origin, bytes)?;
    if bank.key() != key {
        let reason = format!("its key is {}, not {key}", bank.key());
        return Err(Error::Bank { origin, reason });
    }
    Ok(Some(bank))
}

/// Writes `bank` to `path`, whole or not at all, creating the folder if missing.
///
/// # Errors
/// [`gstds_data::Error::Io`] with the operating system's reason.
pub fn write(path: &Path, bank: &FeatureBank) -> Result<()> {
    let failed = |source| gstds_data::Error::io("writing", path)(source);
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    // Only the name: the bank's writer puts a file of its own under it.
    let file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    let file = file.into_temp_path();
    bank.write_over(&file).map_err(failed)?;
    let written = std::fs::OpenOptions::new().write(true).open(&file);
    written.and_then(|it| it.sync_all()).map_err(failed)?;
    file.persist(path).map_err(|e| failed(e.error))?;
    Ok(())
}

#[cfg(test)]
mod tests;
