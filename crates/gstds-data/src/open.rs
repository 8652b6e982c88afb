//! From the name of a data set to its images.

use super::Dataset;
use super::crops::{self, Crops, Request, shape};
use super::embedded::{self, EMBEDDED_NAME};
use super::error::{Error, Result};
use super::formats::{Listed, Listing, cifar10, flowers, folder, idx, pets, walk};
use super::left_out::LeftOut;
use super::source::{NAMES, Source};
use super::split::Split;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A data set, and how it was come by.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// The images and labels.
    pub dataset: Dataset,
    /// Images that cannot be decoded and are in neither split, by path below the folder given.
    /// Empty unless [`Source::skip_bad`] is set.
    pub left_out: Vec<LeftOut>,
    /// What the user should know: files ignored, a cache that was damaged or cannot be written.
    /// The data set is good all the same.
    pub warnings: Vec<String>,
    /// Image files decoded now; 0 when all crops came from the cache.
    pub decoded: usize,
    /// Wall-clock time of all of it.
    pub seconds: f64,
}

/// Images without labels, and how they were come by.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenedImages {
    /// The images, `[images, side, side, 3]`; every label is 0.
    pub images: Split,
    /// One path an image, below the folder given.
    pub paths: Vec<PathBuf>,
    /// Images that cannot be decoded, by path below the folder given.
    pub left_out: Vec<LeftOut>,
    /// As in [`Opened`].
    pub warnings: Vec<String>,
    /// As in [`Opened`].
    pub decoded: usize,
    /// As in [`Opened`].
    pub seconds: f64,
}

type Progress<'a> = &'a mut dyn FnMut(usize, usize);

/// Reads the data set that `source` names.
///
/// CIFAR-10 and both MNISTs are held in memory as they are. Image files (JPEG, PNG, WebP, BMP) are
/// decoded on all cores, turned as EXIF says, made 8-bit RGB (alpha is dropped), cut to the largest
/// square in their centre and resized to [`Source::side`] with a triangle filter two target pixels
/// wide. The crops go to a file in `cache`, one a split, and are read from there by image, so the
/// set may be larger than memory. The file's key is made from the data set, the side and each
/// image's path, length and time of change; a damaged file is made again. Without `cache` the file
/// is in the system's folder for temporary files and has no name.
///
/// `progress` is called on this thread with images done and images to decode, and not at all when
/// there is nothing to decode.
///
/// # Errors
/// [`Error`], as [`Error::Data`](crate::Error::Data): an unknown name, a folder missing or with
/// another layout, files that contradict their format, images that cannot be decoded or pass
/// 256 MiB decoded (unless [`Source::skip_bad`] and some are left).
pub fn open(
    source: &Source,
    cache: Option<&Path>,
    progress: Progress<'_>,
) -> crate::Result<Opened> {
    let started = Instant::now();
    let mut opened = by_name(source, cache, progress)?;
    if let Some(count) = source.per_class {
        opened.dataset.train = opened.dataset.train.first_of_each_class(count)?;
    }
    opened.seconds = started.elapsed().as_secs_f64();
    Ok(opened)
}

fn by_name(source: &Source, cache: Option<&Path>, progress: Progress<'_>) -> Result<Opened> {
    Ok(match source.dataset.as_str() {
        EMBEDDED_NAME => in_memory(embedded::read()?, Vec::from_iter(unused_folder(source))),
        name @ ("fashion-mnist" | "mnist") => {
            in_memory(idx::read(name, needed(source, idx::LAYOUT)?)?, Vec::new())
        }
        "cifar10" => {
            let (dataset, warnings) = cifar10::read(needed(source, cifar10::LAYOUT)?)?;
            in_memory(dataset, warnings)
        }
        name @ ("flowers" | "flowers-valid" | "flowers-trainval") => {
            let listing = flowers::list(name, needed(source, flowers::LAYOUT)?)?;
            resized(source, listing, cache, progress)?
        }
        "pets" => {
            let listing = pets::list(needed(source, pets::LAYOUT)?)?;
            resized(source, listing, cache, progress)?
        }
        "folder" => {
            let listing = folder::list(needed(source, folder::LAYOUT)?)?;
            resized(source, listing, cache, progress)?
        }
        name => {
            return Err(Error::Unknown {
                name: name.into(),
                choices: NAMES.join(", "),
            });
        }
    })
}

/// Image files, and what the user should know of how they were found.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedImages {
    /// One path an image, below the folder given.
    pub paths: Vec<PathBuf>,
    /// Files ignored.
    pub warnings: Vec<String>,
}

/// All images below `folder` by their names, in the order of their paths; none is opened. Links
/// are followed, but no folder is entered twice.
///
/// # Errors
/// [`Error`], as [`Error::Data`](crate::Error::Data): a folder that cannot be read or holds no
/// image.
pub fn list_images(folder: &Path) -> crate::Result<ListedImages> {
    let walked = walk::images(folder)?;
    if walked.files.is_empty() {
        let reason = format!("it holds no image; {} other files", walked.ignored);
        return Err(Error::file(folder, reason));
    }
    Ok(ListedImages {
        warnings: Vec::from_iter(walked.warning()),
        paths: walked.files,
    })
}

/// The images that [`list_images`] finds below `folder`, as [`open_listed_images`] opens them.
///
/// # Errors
/// As [`open`]; also when there is no image.
pub fn open_images(
    folder: &Path,
    side: usize,
    skip_bad: bool,
    cache: Option<&Path>,
    progress: Progress<'_>,
) -> crate::Result<OpenedImages> {
    let listed = list_images(folder)?;
    open_listed_images(folder, listed, side, skip_bad, cache, progress)
}

/// The images `listed` below `folder`, in that order, as crops of `side` pixels; decoded and
/// cached as [`open`] does; `skip_bad` is what [`Source::skip_bad`] is there.
///
/// # Errors
/// As [`open`].
pub fn open_listed_images(
    folder: &Path,
    listed: ListedImages,
    side: usize,
    skip_bad: bool,
    cache: Option<&Path>,
    progress: Progress<'_>,
) -> crate::Result<OpenedImages> {
    let started = Instant::now();
    let mut warnings = listed.warnings;
    let parts = [Part {
        name: "images",
        listed: Listed {
            labels: vec![0; listed.paths.len()],
            files: listed.paths,
        },
    }];
    let how = How {
        dataset: "images",
        root: folder,
        side,
        skip_bad,
        classes: &[String::from("images")],
    };
    let made = splits(&how, parts, cache, &mut warnings, progress)?;
    let [(images, paths)] = made.splits;
    Ok(OpenedImages {
        images,
        paths,
        left_out: made.left_out,
        warnings,
        decoded: made.decoded,
        seconds: started.elapsed().as_secs_f64(),
    })
}

fn needed<'a>(source: &'a Source, layout: &'static str) -> Result<&'a Path> {
    let missing = || Error::NoFolder {
        dataset: source.dataset.clone(),
        layout,
    };
    source.folder.as_deref().ok_or_else(missing)
}

fn unused_folder(source: &Source) -> Option<String> {
    let folder = source.folder.as_ref()?;
    Some(format!(
        "{EMBEDDED_NAME} lies in the binary, so {} is not read",
        folder.display()
    ))
}

fn in_memory(dataset: Dataset, warnings: Vec<String>) -> Opened {
    Opened {
        dataset,
        left_out: Vec::new(),
        warnings,
        decoded: 0,
        seconds: 0.0,
    }
}

fn resized(
    source: &Source,
    listing: Listing,
    cache: Option<&Path>,
    progress: Progress<'_>,
) -> Result<Opened> {
    let how = How {
        dataset: &source.dataset,
        root: &listing.root,
        side: source.side,
        skip_bad: source.skip_bad,
        classes: &listing.classes,
    };
    let parts = [("train", listing.train), ("test", listing.test)];
    let parts = parts.map(|(name, listed)| Part { name, listed });
    let mut warnings = listing.warnings;
    let made = splits(&how, parts, cache, &mut warnings, progress)?;
    let [(train, _), (test, _)] = made.splits;
    Ok(Opened {
        dataset: Dataset {
            name: source.dataset.clone(),
            classes: listing.classes,
            train,
            test,
        },
        left_out: made.left_out,
        warnings,
        decoded: made.decoded,
        seconds: 0.0,
    })
}

/// What all splits of a data set have in common.
struct How<'a> {
    dataset: &'a str,
    root: &'a Path,
    side: usize,
    skip_bad: bool,
    /// One name a class.
    classes: &'a [String],
}

struct Part {
    name: &'static str,
    listed: Listed,
}

struct Made<const PARTS: usize> {
    /// With one path an image.
    splits: [(Split, Vec<PathBuf>); PARTS],
    left_out: Vec<LeftOut>,
    decoded: usize,
}

fn splits<const PARTS: usize>(
    how: &How<'_>,
    parts: [Part; PARTS],
    cache: Option<&Path>,
    warnings: &mut Vec<String>,
    progress: Progress<'_>,
) -> Result<Made<PARTS>> {
    let requests = parts.each_ref().map(|part| Request {
        dataset: how.dataset,
        split: part.name,
        root: how.root,
        files: &part.listed.files,
        side: how.side,
    });
    let (crops, decoded) = crops::get(&requests, cache, warnings, progress)?;
    let total = parts.iter().map(|part| part.listed.files.len()).sum();
    let mut left_out = Vec::new();
    for (part, crops) in parts.iter().zip(&crops) {
        left_out.extend(crops.bad.iter().map(|(index, reason)| LeftOut {
            split: part.name,
            path: part.listed.files[*index].clone(),
            reason: reason.clone(),
        }));
    }
    if !how.skip_bad && !left_out.is_empty() {
        return Err(Error::BadImages {
            total,
            images: left_out,
        });
    }
    let mut made = Vec::new();
    for (part, crops) in parts.into_iter().zip(crops) {
        made.push(split(how, part, crops, warnings)?);
    }
    let Ok(splits) = made.try_into() else {
        unreachable!("one split a part");
    };
    Ok(Made {
        splits,
        left_out,
        decoded,
    })
}

/// The images of `part` that have a square, with one path an image.
fn split(
    how: &How<'_>,
    part: Part,
    crops: Crops,
    warnings: &mut Vec<String>,
) -> Result<(Split, Vec<PathBuf>)> {
    let Part { name, listed } = part;
    let total = listed.files.len();
    let mut emptied: BTreeSet<u16> = listed.labels.iter().copied().collect();
    let mut bad = crops.bad.iter().map(|&(index, _)| index).peekable();
    let (mut files, mut labels) = (Vec::new(), Vec::new());
    for (index, (file, label)) in listed.files.into_iter().zip(listed.labels).enumerate() {
        if bad.next_if_eq(&index).is_none() {
            files.push(file);
            labels.push(label);
            emptied.remove(&label);
        }
    }
    if files.is_empty() {
        let reason = format!("none of the {total} images of the {name} split can be decoded");
        return Err(Error::file(how.root, reason));
    }
    if !emptied.is_empty() {
        let names = emptied
            .iter()
            .map(|&label| how.classes[usize::from(label)].as_str());
        warnings.push(format!(
            "no image of {} is left in the {name} split: none of them can be decoded",
            Vec::from_iter(names).join(", ")
        ));
    }
    let split = Split::in_file(name, shape(how.side), crops.file, labels, how.classes.len())?;
    Ok((split, files))
}
