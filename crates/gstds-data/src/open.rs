//! Opens data sets and folders of images.

use crate::bad_image::BadImage;
use crate::crop_options::CropOptions;
use crate::crops::{self, CropRequest, Crops};
use crate::dataset::Dataset;
use crate::dataset_config::{DatasetConfig, NAMES};
use crate::embedded::{EMBEDDED_NAME, embedded};
use crate::error::{Error, Result};
use crate::exclude::Exclude;
use crate::formats::listing::{LabelledFiles, Listing};
use crate::formats::{cifar10, flowers, folder, idx, pets, walk};
use crate::split::{ImageShape, Split};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// An opened data set.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenedDataset {
    /// The images and labels.
    pub dataset: Dataset,
    /// Images that cannot be decoded and are in neither split; paths are relative to the folder.
    /// Empty unless [`DatasetConfig::skip_bad`] is set.
    pub skipped: Vec<BadImage>,
    /// What the user should know: files ignored, a cache that was damaged or cannot be written. The
    /// data set is complete all the same.
    pub warnings: Vec<String>,
    /// How many image files were decoded; 0 when all crops came from the cache.
    pub decoded: usize,
    /// Wall-clock time of opening.
    pub seconds: f64,
}

/// Opened images without labels.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenedImages {
    /// The images, `[images, side, side, 3]`; every label is 0.
    pub images: Split,
    /// One path per image, relative to the folder.
    pub paths: Vec<PathBuf>,
    /// As [`OpenedDataset::skipped`].
    pub skipped: Vec<BadImage>,
    /// As [`OpenedDataset::warnings`].
    pub warnings: Vec<String>,
    /// As [`OpenedDataset::decoded`].
    pub decoded: usize,
    /// As [`OpenedDataset::seconds`].
    pub seconds: f64,
}

type CountProgress<'a> = &'a mut dyn FnMut(usize, usize);

/// Opens the data set that `config` names.
///
/// CIFAR-10 and both MNISTs are held in memory. Image files (JPEG, PNG, WebP, BMP, and the first
/// image of a GIF or TIFF) are decoded on all cores, oriented by their EXIF data, converted to 8-bit RGB (alpha is dropped), cropped to
/// the largest square in their centre and resized to [`DatasetConfig::side`] with a triangle filter
/// two target pixels wide. The crops of each split go to a file in `cache` and are read from there
/// image by image, so a data set may be larger than memory. The file's key covers the data set, the
/// side and each image's path, length and time of modification; a damaged file is made again.
/// Without `cache` the file is a temporary one without a name.
///
/// `progress` is called on this thread with the number of images decoded and to decode, unless
/// there are none to decode.
///
/// # Errors
/// An unknown name, a folder that is missing or has another layout, files that contradict their
/// format, images that cannot be read or decoded or exceed [`DatasetConfig::decode_limit`] (unless
/// [`DatasetConfig::skip_bad`] and some are left).
pub fn open(
    config: &DatasetConfig,
    cache: Option<&Path>,
    progress: CountProgress<'_>,
) -> Result<OpenedDataset> {
    let started = Instant::now();
    let mut opened = by_name(config, cache, progress)?;
    if let Some(count) = config.per_class {
        opened.dataset.train = opened.dataset.train.first_of_each_class(count)?;
    }
    opened.seconds = started.elapsed().as_secs_f64();
    Ok(opened)
}

fn by_name(
    config: &DatasetConfig,
    cache: Option<&Path>,
    progress: CountProgress<'_>,
) -> Result<OpenedDataset> {
    let listing = match config.dataset.as_str() {
        EMBEDDED_NAME => {
            let warnings = Vec::from_iter(unused_folder(config));
            return Ok(in_memory(embedded()?, warnings));
        }
        name @ ("fashion-mnist" | "mnist") => {
            let dataset = idx::read(name, folder_of(config, idx::LAYOUT)?)?;
            return Ok(in_memory(dataset, Vec::new()));
        }
        "cifar10" => {
            let (dataset, warnings) = cifar10::read(folder_of(config, cifar10::LAYOUT)?)?;
            return Ok(in_memory(dataset, warnings));
        }
        name @ ("flowers" | "flowers-valid" | "flowers-trainval") => {
            flowers::list(name, folder_of(config, flowers::LAYOUT)?)?
        }
        "pets" => pets::list(folder_of(config, pets::LAYOUT)?)?,
        "folder" => {
            let exclude = Exclude::new(config.exclude.clone());
            let exclude = match config.default_excludes {
                true => exclude,
                false => exclude.all(),
            };
            folder::list(folder_of(config, folder::LAYOUT)?, &exclude)?
        }
        name => {
            return Err(Error::Unknown {
                name: name.into(),
                choices: NAMES.join(", "),
            });
        }
    };
    cropped(config, listing, cache, progress)
}

/// The image files found below a folder.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListedImages {
    /// One path per image, relative to the folder.
    pub paths: Vec<PathBuf>,
    /// Files ignored or passed over.
    pub warnings: Vec<String>,
    /// Folders that cannot be read.
    pub unreadable: Vec<BadImage>,
}

/// Lists all files below `folder` that are named like images and not passed over, in the order of
/// their paths, without opening them. Links are followed, but no folder is entered twice.
///
/// # Errors
/// A folder that cannot be read or holds no image. Folders below it that cannot be read are listed.
pub fn list_images(folder: &Path, exclude: &Exclude) -> Result<ListedImages> {
    let walked = walk::images(folder, exclude)?;
    if walked.files.is_empty() {
        return Err(Error::file(folder, without_images(&walked)));
    }
    Ok(ListedImages {
        warnings: walked.warnings(),
        paths: walked.files,
        unreadable: walked.unreadable,
    })
}

fn without_images(walked: &walk::Walked) -> String {
    let only = match walked.ignored() {
        Some(others) => format!(", only {others}"),
        None => String::new(),
    };
    match walked.excluded() {
        0 => format!(
            "it holds no image{only}; name a folder of JPEG, PNG, WebP, BMP, GIF or TIFF files"
        ),
        passed => format!(
            "it holds no image{only} but for {} excluded by name; exclude less",
            crate::counted(passed, "file or folder", "files and folders")
        ),
    }
}

/// Opens the images that [`list_images`] finds below `folder`, as [`open_listed_images`] does.
///
/// # Errors
/// As [`list_images`] and [`open_listed_images`].
pub fn open_images(
    folder: &Path,
    exclude: &Exclude,
    options: CropOptions,
    cache: Option<&Path>,
    progress: CountProgress<'_>,
) -> Result<OpenedImages> {
    let listed = list_images(folder, exclude)?;
    open_listed_images(folder, listed, options, cache, progress)
}

/// Opens the images `listed` below `folder`, in that order, as crops; `cache` and `progress` as in
/// [`open`].
///
/// # Errors
/// Images and folders that cannot be read or decoded, unless `options.skip_bad` and some are left; a
/// side out of range.
pub fn open_listed_images(
    folder: &Path,
    listed: ListedImages,
    options: CropOptions,
    cache: Option<&Path>,
    progress: CountProgress<'_>,
) -> Result<OpenedImages> {
    let started = Instant::now();
    let mut warnings = listed.warnings;
    let parts = [Part {
        name: "images",
        listed: LabelledFiles {
            labels: vec![0; listed.paths.len()],
            files: listed.paths,
        },
    }];
    let set = ImageSet {
        dataset: "images",
        root: folder,
        options,
        classes: &[String::from("images")],
        unreadable: listed.unreadable,
    };
    let made = splits(&set, parts, cache, &mut warnings, progress)?;
    let [(images, paths)] = made.splits;
    Ok(OpenedImages {
        images,
        paths,
        skipped: made.skipped,
        warnings,
        decoded: made.decoded,
        seconds: started.elapsed().as_secs_f64(),
    })
}

fn folder_of<'a>(config: &'a DatasetConfig, layout: &'static str) -> Result<&'a Path> {
    let missing = || Error::NoFolder {
        dataset: config.dataset.clone(),
        layout,
    };
    config.folder.as_deref().ok_or_else(missing)
}

fn unused_folder(config: &DatasetConfig) -> Option<String> {
    let folder = config.folder.as_ref()?;
    Some(format!(
        "ignoring {}: {EMBEDDED_NAME} is embedded",
        folder.display()
    ))
}

fn in_memory(dataset: Dataset, warnings: Vec<String>) -> OpenedDataset {
    OpenedDataset {
        dataset,
        skipped: Vec::new(),
        warnings,
        decoded: 0,
        seconds: 0.0,
    }
}

fn cropped(
    config: &DatasetConfig,
    listing: Listing,
    cache: Option<&Path>,
    progress: CountProgress<'_>,
) -> Result<OpenedDataset> {
    let set = ImageSet {
        dataset: &config.dataset,
        root: &listing.root,
        options: CropOptions {
            side: config.side,
            skip_bad: config.skip_bad,
            decode_limit: config.decode_limit,
        },
        classes: &listing.classes,
        unreadable: listing.unreadable,
    };
    let parts = [("train", listing.train), ("test", listing.test)];
    let parts = parts.map(|(name, listed)| Part { name, listed });
    let mut warnings = listing.warnings;
    let made = splits(&set, parts, cache, &mut warnings, progress)?;
    let [(train, _), (test, _)] = made.splits;
    Ok(OpenedDataset {
        dataset: Dataset {
            name: config.dataset.clone(),
            classes: listing.classes,
            train,
            test,
        },
        skipped: made.skipped,
        warnings,
        decoded: made.decoded,
        seconds: 0.0,
    })
}

/// What all splits of a set of image files share.
struct ImageSet<'a> {
    dataset: &'a str,
    root: &'a Path,
    options: CropOptions,
    /// One name per class.
    classes: &'a [String],
    /// Folders that cannot be read.
    unreadable: Vec<BadImage>,
}

/// The files of a split.
struct Part {
    name: &'static str,
    listed: LabelledFiles,
}

struct Splits<const PARTS: usize> {
    /// With one path per image.
    splits: [(Split, Vec<PathBuf>); PARTS],
    skipped: Vec<BadImage>,
    decoded: usize,
}

fn splits<const PARTS: usize>(
    set: &ImageSet<'_>,
    parts: [Part; PARTS],
    cache: Option<&Path>,
    warnings: &mut Vec<String>,
    progress: CountProgress<'_>,
) -> Result<Splits<PARTS>> {
    let requests = parts.each_ref().map(|part| CropRequest {
        dataset: set.dataset,
        split: part.name,
        root: set.root,
        files: &part.listed.files,
        side: set.options.side,
        limit: set.options.decode_limit,
    });
    let (crops, decoded) = crops::get(&requests, cache, warnings, progress)?;
    let files: usize = parts.iter().map(|part| part.listed.files.len()).sum();
    let total = files + set.unreadable.len();
    let mut skipped = set.unreadable.clone();
    for (part, crops) in parts.iter().zip(&crops) {
        skipped.extend(crops.bad.iter().map(|(index, reason)| BadImage {
            split: part.name,
            path: part.listed.files[*index].clone(),
            reason: reason.clone(),
        }));
    }
    if !set.options.skip_bad && !skipped.is_empty() {
        return Err(Error::BadImages {
            total,
            images: skipped,
        });
    }
    let mut made = Vec::new();
    for (part, crops) in parts.into_iter().zip(crops) {
        made.push(split(set, part, crops, warnings)?);
    }
    let Ok(splits) = made.try_into() else {
        unreachable!("one split per part");
    };
    Ok(Splits {
        splits,
        skipped,
        decoded,
    })
}

/// The images of `part` that have a crop, with one path per image.
fn split(
    set: &ImageSet<'_>,
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
        let first = crops.bad.first().map_or("", |(_, reason)| reason);
        let reason = match total {
            1 => format!("the only image of the {name} split cannot be decoded: {first}"),
            _ => format!(
                "none of the {total} images of the {name} split can be decoded; of the first: {first}"
            ),
        };
        return Err(Error::file(set.root, reason));
    }
    if !emptied.is_empty() {
        let names = emptied
            .iter()
            .map(|&label| set.classes[usize::from(label)].as_str());
        warnings.push(format!(
            "no image of {} is left in the {name} split: none of them can be decoded",
            Vec::from_iter(names).join(", ")
        ));
    }
    let shape = ImageShape {
        height: set.options.side,
        width: set.options.side,
        channels: 3,
    };
    let split = Split::in_file(name, shape, crops.file, labels, set.classes.len())?;
    Ok((split, files))
}
