//! Fashion-MNIST and MNIST: four IDX files, with or without gzip.

use super::read;
use crate::dataset::Dataset;
use crate::embedded;
use crate::error::{Error, Result};
use crate::split::{ImageShape, Split};
use flate2::bufread::GzDecoder;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

pub(crate) const LAYOUT: &str = "the folder (or the one above its `raw`) with train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, plain or .gz: Fashion-MNIST's come from Zalando Research's repository or Debian's package dataset-fashion-mnist, MNIST's from the MNIST page";

/// Longest file, unpacked: Fashion-MNIST's is 47 MB. A small gzip file can unpack to a thousand
/// times its length, so its header cannot be trusted.
pub(super) const LONGEST: u64 = 256 << 20;

/// Reads all four files below `folder`; `name` decides what the classes are called.
pub(crate) fn read(name: &str, folder: &Path) -> Result<Dataset> {
    let missing = || Error::Layout {
        path: folder.into(),
        dataset: name.into(),
        reason: "neither it nor `raw` in it holds train-images-idx3-ubyte, with or without .gz"
            .into(),
        layout: LAYOUT,
    };
    let first = "train-images-idx3-ubyte";
    let root = read::find_root(folder, &["raw"], first)
        .or_else(|| read::find_root(folder, &["raw"], &format!("{first}.gz")))
        .ok_or_else(missing)?;
    let classes: Vec<String> = if name == "mnist" {
        (0..10).map(|digit| digit.to_string()).collect()
    } else {
        embedded::CLASSES.map(String::from).into()
    };
    let train = split(&root, "train", "train", classes.len())?;
    let test = split(&root, "test", "t10k", classes.len())?;
    if train.shape() != test.shape() {
        let (height, width) = (train.shape().height, train.shape().width);
        let reason = format!(
            "its images are {}x{}, and the training images are {height}x{width}",
            test.shape().height,
            test.shape().width
        );
        return Err(Error::file(root.join("t10k-images-idx3-ubyte"), reason));
    }
    Ok(Dataset {
        name: name.into(),
        classes,
        train,
        test,
    })
}

fn split(root: &Path, name: &'static str, prefix: &str, classes: usize) -> Result<Split> {
    let path = file(root, &format!("{prefix}-images-idx3-ubyte"));
    let ([images, height, width], pixels) = open::<3>(&path)?;
    let labels_path = file(root, &format!("{prefix}-labels-idx1-ubyte"));
    let ([count], labels) = open::<1>(&labels_path)?;
    if images == 0 || height * width == 0 {
        let reason = format!("its header says {images} images of {height}x{width}");
        return Err(Error::file(path, reason));
    }
    if count != images {
        let reason = format!(
            "it holds {count} labels, and {} holds {images} images",
            path.display()
        );
        return Err(Error::file(labels_path, reason));
    }
    if let Some(at) = labels
        .iter()
        .position(|&label| usize::from(label) >= classes)
    {
        let reason = format!(
            "label {at} is {}, and labels go from 0 to {}",
            labels[at],
            classes - 1
        );
        return Err(Error::file(labels_path, reason));
    }
    let shape = ImageShape {
        height,
        width,
        channels: 1,
    };
    let labels = labels.into_iter().map(u16::from).collect();
    Split::new(name, shape, pixels, labels, classes)
}

/// `name` in `root`, or else `name.gz`.
fn file(root: &Path, name: &str) -> PathBuf {
    let plain = root.join(name);
    if plain.exists() {
        plain
    } else {
        root.join(format!("{name}.gz"))
    }
}

fn open<const EXTENTS: usize>(path: &Path) -> Result<([usize; EXTENTS], Vec<u8>)> {
    let file = std::fs::File::open(path).map_err(Error::io("reading", path))?;
    let mut file = BufReader::new(file);
    let start = file.fill_buf().map_err(Error::io("reading", path))?;
    if start.starts_with(&[0x1f, 0x8b]) {
        parse(path, GzDecoder::new(file))
    } else {
        parse(path, file)
    }
}

/// Extents and values of an IDX file of u8: `0 0 8 EXTENTS`, each extent as a big-endian u32, and
/// as many bytes as their product.
pub(super) fn parse<const EXTENTS: usize>(
    path: &Path,
    mut file: impl Read,
) -> Result<([usize; EXTENTS], Vec<u8>)> {
    let unread = |e: std::io::Error| Error::file(path, format!("reading it failed: {e}"));
    let mut magic = [0; 4];
    file.read_exact(&mut magic).map_err(unread)?;
    if magic != [0, 0, 8, EXTENTS as u8] {
        let reason =
            format!("it starts with {magic:?}, expected [0, 0, 8, {EXTENTS}] of an IDX file");
        return Err(Error::file(path, reason));
    }
    let mut extents = [0; EXTENTS];
    for extent in &mut extents {
        let mut bytes = [0; 4];
        file.read_exact(&mut bytes).map_err(unread)?;
        *extent = u32::from_be_bytes(bytes) as usize;
    }
    let expected = extents
        .iter()
        .try_fold(1u64, |product, &extent| product.checked_mul(extent as u64))
        .filter(|&bytes| bytes <= LONGEST)
        .ok_or_else(|| {
            let reason = format!("its header says {extents:?} bytes, and the limit is {LONGEST}");
            Error::file(path, reason)
        })?;
    let mut values = Vec::new();
    file.take(expected + 1)
        .read_to_end(&mut values)
        .map_err(unread)?;
    if values.len() as u64 != expected {
        let found = match values.len() as u64 {
            more if more > expected => "more".into(),
            fewer => format!("only {fewer}"),
        };
        let reason =
            format!("its header says {extents:?}, which is {expected} bytes, and {found} follow");
        return Err(Error::file(path, reason));
    }
    Ok((extents, values))
}
