//! `gstds features`: what a reference model says of images, as a matrix for those who train
//! elsewhere.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Instant;

use gstds_burn::GpuDevice;
use gstds_train::Error;
use gstds_train::bank::FeatureBank;
use gstds_train::data::Split;
use gstds_train::run::{Progress as _, Terminal, bank_of};
use serde_json::{Value, json};

use crate::adapter;
use crate::destination::Destination;
use crate::exit::{Failure, tell};
use crate::feature_file::{Contents, Target};
use crate::images::ImageArgs;
use crate::reference::ReferenceArgs;

/// Write the features that a reference model gives images: one row an image.
///
/// For `gstds select --features`, NumPy and PyTorch. .npy holds the matrix (images, features);
/// .safetensors holds it as `features`, with `labels` where there are any.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["images", "dataset"]))]
pub(crate) struct Args {
    /// A folder of images, searched with its subfolders; rows are in the order of their paths.
    #[arg(long, value_name = "DIR")]
    images: Option<PathBuf>,
    /// A data set instead, as `gstds train` takes it.
    #[arg(long)]
    dataset: Option<String>,
    /// Which part of the data set.
    #[arg(long, default_value = "train", requires = "dataset", value_parser = ["train", "test"])]
    split: String,
    /// Where the features go: .npy or .safetensors.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Write the images' paths too, a line for each row.
    #[arg(long, value_name = "FILE", requires = "images")]
    list: Option<PathBuf>,
    /// Replace the output if it exists.
    #[arg(long)]
    force: bool,
    /// Print the summary as JSON on stdout.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reference: ReferenceArgs,
    #[command(flatten)]
    files: ImageArgs,
}

/// The images whose features are wanted.
struct Wanted {
    images: Split,
    paths: Vec<PathBuf>,
    /// Whether their labels mean anything.
    labelled: bool,
    left_out: usize,
}

pub(crate) fn run(args: &Args, adapter: &adapter::Args) -> Result<(), Failure> {
    let target = Target::new(&args.output, args.force)?;
    let list = args.list.as_deref();
    let list = list.map(|path| Destination::new(path, args.force));
    let list = list.transpose()?;
    let mut asked = gstds_train::run::Adapter::default();
    adapter.apply(&mut asked);
    let device = GpuDevice::open(&asked.wanted()?).map_err(Error::Gpu)?;
    let config = args.reference.config(device.is_software());
    let mut progress = Terminal::stderr("features");
    let begun = Instant::now();
    let wanted = args.wanted(config.side, &mut progress)?;
    let decoded = begun.elapsed();
    let found = bank_of(&config, &wanted.images, &device, args.files.cache(), &mut progress)?;
    let labels = wanted.labelled.then(|| wanted.images.labels());
    target.write(&Contents { bank: &found.bank, labels })?;
    if let Some(list) = list {
        write_list(&list, &wanted.paths)?;
    }
    let summary = json!({
        "images": found.bank.rows(),
        "left_out": wanted.left_out,
        "features": found.bank.width(),
        "element": found.bank.element().name(),
        "reference": config.model.name(),
        "side": config.side,
        "source": found.source.name(),
        "decoding_seconds": decoded.as_secs_f64(),
        "reference_seconds": (begun.elapsed() - decoded).as_secs_f64(),
        "adapter": device.gpu.adapter.get_info().name,
    });
    tell(&line(&summary, &args.output));
    if args.json {
        writeln!(io::stdout(), "{summary}").map_err(Failure::Stdout)?;
    }
    Ok(())
}
