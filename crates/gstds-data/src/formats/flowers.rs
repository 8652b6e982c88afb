//! Oxford-Flowers-102: images by number, labels and splits in two MATLAB files.

use super::listing::{LabelledFiles, Listing};
use super::mat::{self, Array};
use super::read;
use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

pub(crate) const LAYOUT: &str = "the folder with jpg/image_00001.jpg and so on, imagelabels.mat and setid.mat: unpack 102flowers.tgz from the 102 Category Flower Dataset page of VGG Oxford and put both .mat files beside it";

const LABELS: &str = "imagelabels.mat";
const SPLITS: &str = "setid.mat";
const CLASSES: u32 = 102;
/// Longest file: the official ones are 502 and 14,989 bytes.
const LONGEST: u64 = 4 << 20;

/// Images and labels; `name` decides which lists of setid.mat are trained and tested on. The files
/// do not name the classes, so they are called `class 001` and so on.
pub(crate) fn list(name: &str, root: &Path) -> Result<Listing> {
    let paths = [root.join(LABELS), root.join(SPLITS)];
    if let Some(missing) = paths.iter().find(|path| !path.exists()) {
        return Err(Error::Layout {
            path: root.into(),
            dataset: name.into(),
            reason: format!("{} does not exist", missing.display()),
            layout: LAYOUT,
        });
    }
    let [labels_path, splits_path] = &paths;
    let labels = numbers(labels_path, &arrays(labels_path)?, "labels", CLASSES)?;
    let splits = arrays(splits_path)?;
    let ids = |list: &str| numbers(splits_path, &splits, list, labels.len() as u32);
    let (training, test): (&[&str], &[&str]) = match name {
        "flowers-valid" => (&["trnid"], &["valid"]),
        "flowers-trainval" => (&["trnid", "valid"], &["tstid"]),
        _ => (&["trnid"], &["tstid"]),
    };
    let mut used = vec![false; labels.len()];
    let mut listed = |lists: &[&str]| -> Result<LabelledFiles> {
        let mut listed = LabelledFiles::default();
        for list in lists {
            for (at, id) in ids(list)?.into_iter().enumerate() {
                let index = id as usize - 1;
                let file = image(root, id).map_err(|reason| {
                    Error::file(splits_path, format!("`{list}`, value {}: {reason}", at + 1))
                })?;
                if std::mem::replace(&mut used[index], true) {
                    let reason = format!("`{list}`, value {}: image {id} is listed again", at + 1);
                    return Err(Error::file(splits_path, reason));
                }
                listed.push(file, (labels[index] - 1) as u16);
            }
        }
        Ok(listed)
    };
    Ok(Listing {
        train: listed(training)?,
        test: listed(test)?,
        root: root.into(),
        classes: (1..=CLASSES).map(|id| format!("class {id:03}")).collect(),
        warnings: Vec::new(),
        unreadable: Vec::new(),
    })
}

fn arrays(path: &Path) -> Result<Vec<Array>> {
    let bytes = read::bytes(path, LONGEST)?;
    mat::read(&bytes).map_err(|reason| Error::file(path, reason))
}

/// The array `name` as integers from 1 to `most`.
pub(super) fn numbers(path: &Path, arrays: &[Array], name: &str, most: u32) -> Result<Vec<u32>> {
    let found = || {
        let names: Vec<&str> = arrays.iter().take(8).map(|array| &*array.name).collect();
        format!("it has no array `{name}`, only `{}`", names.join("`, `"))
    };
    let array = arrays
        .iter()
        .find(|array| array.name == name)
        .ok_or_else(|| Error::file(path, found()))?;
    if array.values.is_empty() {
        return Err(Error::file(path, format!("its array `{name}` is empty")));
    }
    let integer = |(at, &value): (usize, &f64)| {
        if value.fract() == 0.0 && (1.0..=f64::from(most)).contains(&value) {
            return Ok(value as u32);
        }
        let reason = format!(
            "`{name}`, value {}: {value} found, expected an integer from 1 to {most}",
            at + 1
        );
        Err(Error::file(path, reason))
    };
    array.values.iter().enumerate().map(integer).collect()
}

fn image(root: &Path, id: u32) -> Result<PathBuf, String> {
    let file = Path::new("jpg").join(format!("image_{id:05}.jpg"));
    if root.join(&file).is_file() {
        Ok(file)
    } else {
        Err(format!("{} does not exist", root.join(&file).display()))
    }
}
