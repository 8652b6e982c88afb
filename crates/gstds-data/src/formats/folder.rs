//! One folder of images per class, with or without folders `train` and `test` above.

use super::listing::{LabelledFiles, Listing};
use super::walk::{self, Entries, Walked};
use crate::error::{Error, Result};
use crate::exclude::Exclude;
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub(crate) const LAYOUT: &str = "a folder with one folder of images (jpg, png, webp, bmp, gif or tiff) for each of two or more classes; or with such folders in `train` and in `test` (or `val`), else a fifth of each class is held out as test images";

const TRAINING: &str = "train";
const TEST: [&str; 2] = ["test", "val"];
/// One in this many images of each class is a test image, where there is no test folder.
const HELD_OUT: usize = 5;
/// Decides which; another seed would make another data set.
const SEED: &str = "gstds test images 1\n";
/// Labels are u16.
const MOST_CLASSES: usize = 1 << 16;

/// Images, labelled by the sorted names of their folders.
///
/// Without `test` or `val`, the test images of a class are the fifth (rounded, at least one) whose
/// relative paths have the smallest SHA-256 after a fixed seed: the choice depends on nothing but
/// those paths, and an image added later moves at most one other.
pub(crate) fn list(root: &Path, exclude: &Exclude) -> Result<Listing> {
    let mut walked = Walked::default();
    let top = kept_entries(root, Path::new(""), exclude, &mut walked)?;
    let has = |name: &str| top.folders.iter().any(|folder| folder == name);
    let test = TEST.into_iter().find(|name| has(name));
    if has(TRAINING) && test.is_none() {
        let reason = "it holds `train`, but neither `test` nor `val`".into();
        return Err(layout(root, reason));
    }
    if !has(TRAINING)
        && let Some(name) = top.folders.iter().find(|name| is_split(name))
    {
        let reason = format!(
            "it holds `{}`, which names a split and not a class, but no `train`",
            name.display()
        );
        return Err(layout(root, reason));
    }
    for name in &top.files {
        walked.ignore(name.into());
    }
    match test {
        Some(test) if has(TRAINING) => given_split(root, test, &top.folders, exclude, &mut walked),
        _ => held_out_split(root, &top.folders, exclude, &mut walked),
    }
}

/// What is in `root/below` and not passed over.
fn kept_entries(
    root: &Path,
    below: &Path,
    exclude: &Exclude,
    walked: &mut Walked,
) -> Result<Entries> {
    let mut entries = walk::entries(&root.join(below))?;
    for names in [&mut entries.folders, &mut entries.files] {
        names.retain(|name| !walked.passes_over(&below.join(name), exclude));
    }
    Ok(entries)
}

/// Whether a folder is named as splits are, in upper or lower case.
fn is_split(name: &OsString) -> bool {
    const NAMES: [&str; 8] = [
        "train",
        "training",
        "trainval",
        "test",
        "testing",
        "val",
        "valid",
        "validation",
    ];
    let name = name.to_string_lossy().to_lowercase();
    NAMES.contains(&name.as_str())
}

fn layout(root: &Path, reason: String) -> Error {
    Error::Layout {
        path: root.into(),
        dataset: "folder".into(),
        reason,
        layout: LAYOUT,
    }
}

fn given_split(
    root: &Path,
    test: &str,
    top: &[OsString],
    exclude: &Exclude,
    walked: &mut Walked,
) -> Result<Listing> {
    let classes = kept_entries(root, Path::new(TRAINING), exclude, walked)?.folders;
    check_classes(root, TRAINING, &classes)?;
    let tested = kept_entries(root, Path::new(test), exclude, walked)?.folders;
    let mut train = LabelledFiles::default();
    let mut test_images = LabelledFiles::default();
    for (label, class) in classes.iter().enumerate() {
        let images = of_class(root, &Path::new(TRAINING).join(class), exclude, walked)?;
        images
            .into_iter()
            .for_each(|file| train.push(file, label as u16));
    }
    for class in &tested {
        let path = Path::new(test).join(class);
        let Ok(label) = classes.binary_search(class) else {
            let reason = format!("{} has no counterpart in `{TRAINING}`", path.display());
            return Err(layout(root, reason));
        };
        let images = of_class(root, &path, exclude, walked)?;
        images
            .into_iter()
            .for_each(|file| test_images.push(file, label as u16));
    }
    if tested.is_empty() {
        return Err(layout(root, format!("`{test}` holds no folder")));
    }
    let mut warnings = walked.warnings();
    let unread = |name: &&OsString| **name != *TRAINING && **name != *test;
    warnings.extend(top.iter().filter(unread).map(|name| {
        format!(
            "ignoring {}: `{TRAINING}` and `{test}` beside it are the data set",
            root.join(name).display()
        )
    }));
    Ok(Listing {
        root: root.into(),
        classes: classes.iter().map(shown).collect(),
        train,
        test: test_images,
        warnings,
        unreadable: std::mem::take(&mut walked.unreadable),
    })
}

fn held_out_split(
    root: &Path,
    classes: &[OsString],
    exclude: &Exclude,
    walked: &mut Walked,
) -> Result<Listing> {
    check_classes(root, ".", classes)?;
    let mut train = LabelledFiles::default();
    let mut test = LabelledFiles::default();
    for (label, class) in classes.iter().enumerate() {
        let images = of_class(root, Path::new(class), exclude, walked)?;
        if images.len() < 2 {
            let reason = format!(
                "class {} has 1 image, and holding out a test image needs at least 2",
                shown(class)
            );
            return Err(layout(root, reason));
        }
        let held_out = held_out(&images);
        for (file, test_image) in images.into_iter().zip(held_out) {
            let split = if test_image { &mut test } else { &mut train };
            split.push(file, label as u16);
        }
    }
    Ok(Listing {
        root: root.into(),
        classes: classes.iter().map(shown).collect(),
        train,
        test,
        warnings: walked.warnings(),
        unreadable: std::mem::take(&mut walked.unreadable),
    })
}

fn check_classes(root: &Path, within: &str, classes: &[OsString]) -> Result<()> {
    let count = classes.len();
    if (2..=MOST_CLASSES).contains(&count) {
        return Ok(());
    }
    let names: Vec<String> = classes.iter().take(1).map(shown).collect();
    let named = names.first().filter(|_| count == 1);
    let only = named.map_or(String::new(), |name| format!(" ({name})"));
    let reason = format!(
        "`{within}` holds {count} class folders{only}, and 2 to {MOST_CLASSES} were expected"
    );
    Err(layout(root, reason))
}

/// The images below `root/class`, sorted.
fn of_class(
    root: &Path,
    class: &Path,
    exclude: &Exclude,
    walked: &mut Walked,
) -> Result<Vec<PathBuf>> {
    walked.add(root, class, exclude)?;
    let images = std::mem::take(&mut walked.files);
    if images.is_empty() {
        let reason = format!("the class folder {} holds no image", class.display());
        return Err(layout(root, reason));
    }
    Ok(images)
}

/// Which of a class's images are test images.
pub(crate) fn held_out(images: &[PathBuf]) -> Vec<bool> {
    let mut order: Vec<([u8; 32], usize)> = images
        .iter()
        .enumerate()
        .map(|(index, path)| (rank(path), index))
        .collect();
    order.sort_unstable();
    let count = ((images.len() + HELD_OUT / 2) / HELD_OUT).max(1);
    let mut held_out = vec![false; images.len()];
    for &(_, index) in &order[..count] {
        held_out[index] = true;
    }
    held_out
}

/// The same on every system, whatever its path separator.
fn rank(path: &Path) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix(SEED);
    for part in path {
        hash.update(part.as_encoded_bytes());
        hash.update(b"/");
    }
    hash.finalize().into()
}

/// A folder's name as text; U+FFFD replaces what is not UTF-8.
fn shown(name: &OsString) -> String {
    name.to_string_lossy().into_owned()
}
