//! `gstds features`: a reference model's features of images, as a matrix for use elsewhere.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use gstds_burn::GpuDevice;
use gstds_curate::{Error as CurateError, InputFiles, read_kept_path_list};
use gstds_data::Progress as _;
use gstds_data::output_file::{OutputFile, StagedOutput};
use gstds_data::{
    BadImage, DatasetConfig, ListedImages, Split, counted, list_images, megabytes,
    open_listed_images,
};
use gstds_models::bank_cache::{LoadedBank, bank_of, cache};
use gstds_models::reference::ReferenceConfig;
use gstds_train::Error;
use serde_json::{Value, json};

use crate::exit::{Failure, print};
use crate::feature_file::{Contents, Target};
use crate::image_paths::ImagePaths;
use crate::images::ImageArgs;
use crate::loaded_pool::warn_left_out;
use crate::reference::ReferenceArgs;
use crate::select::STOPPED;
use crate::terminal::Terminal;
use crate::{adapter, console, interrupt};

/// Write the features of images as a matrix, one row per image.
///
/// A reference model computes them, for `gstds select --features`, NumPy and PyTorch. .npy holds
/// the matrix (images, features); .safetensors holds it as `features`, and the labels of a data set
/// as `labels`. Their element type is that of --bank.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, next_help_heading = "Input")]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["images", "list", "dataset"]))]
pub(crate) struct Args {
    /// Images: a folder and its subfolders, or files.
    ///
    /// Those of a folder are read in the order of their paths. With --list, the folder that listed
    /// paths are relative to.
    #[arg(long, value_name = "DIR|FILE", num_args = 1..)]
    images: Vec<PathBuf>,
    /// File with the paths of the images.
    ///
    /// One path per line, or a .csv of select, of which those that it keeps. Paths are absolute, or
    /// relative to --images or else to the current folder.
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// Read the images of a data set instead.
    ///
    /// Data sets are those of `gstds train`.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["images", "list"])]
    dataset: Option<String>,
    /// Folder with the files of the data set.
    ///
    /// fashion-mnist-5k needs none.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["images", "list"])]
    data: Option<PathBuf>,
    /// Part of the data set to read.
    #[arg(long, default_value = "train", conflicts_with_all = ["images", "list"], value_parser = ["train", "test"])]
    split: String,
    /// Write the features to this .npy or .safetensors.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    output: PathBuf,
    /// Write the paths of the rows to this file.
    ///
    /// One line per row.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "dataset",
        help_heading = "Output"
    )]
    write_list: Option<PathBuf>,
    /// Replace existing files.
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Print a summary as JSON on stdout.
    #[arg(long, help_heading = "Output")]
    json: bool,
    #[command(flatten)]
    reference: ReferenceArgs,
    #[command(flatten)]
    files: ImageArgs,
}

const EXAMPLES: &str = "\
Examples:
  gstds features --images photos --output photos.npy --write-list photos.txt
  gstds features --dataset cifar10 --data DIR --split test --output test.safetensors
  gstds features --images photos --reference resnet50 --weights resnet50.pth --output photos.npy";

/// The images to compute features of.
struct Pictures {
    images: Split,
    /// Where each lies, below the folder given; none for a data set.
    paths: Vec<PathBuf>,
    /// Whether they have labels.
    labelled: bool,
    left_out: Vec<BadImage>,
    seconds: f64,
}

pub(crate) fn run(args: &Args, adapter: &adapter::Args) -> Result<(), Failure> {
    let watch = interrupt::watch(STOPPED);
    let config = args.reference.config();
    let reference = config.open()?;
    let target = Target::new(&args.output, args.force)?;
    let list = args.written_list()?;
    let listed = args.listed()?;
    args.check_outputs(listed.as_ref(), config.weights.as_deref())?;
    let device = GpuDevice::open(&adapter.wanted()).map_err(Error::Gpu)?;
    adapter::log_opened(&device.gpu);
    let mut progress = Terminal::stderr("features");
    let folder = cache(args.files.no_cache());
    let pictures = args.pictures(listed, config.side, folder.as_deref(), &mut progress)?;
    let images = &pictures.images;
    let bytes = images.len() * config.model.features() * config.bank.bytes();
    progress.note(&format!(
        "{}; their features take {} of memory",
        counted(images.len(), "image", "images"),
        megabytes(bytes as u64)
    ));
    let begun = Instant::now();
    let (found, _) = bank_of(
        &reference,
        images,
        &device,
        folder.as_deref(),
        &mut progress,
    )?;
    let seconds = begun.elapsed().as_secs_f64();
    // From here on a signal ends the process as it is; files appear whole or not at all.
    drop(watch);
    if interrupt::hand_back() {
        return Err(CurateError::Stopped.into());
    }
    let features = target.stage(&Contents {
        bank: &found.bank,
        labels: pictures.labelled.then(|| images.labels()),
    })?;
    // Both are on disk before either gets its name, so that a full disk leaves neither.
    let list = match &list {
        Some(list) => Some(staged_list(list, &pictures.paths)?),
        None => None,
    };
    features.place()?;
    list.map_or(Ok(()), StagedOutput::place)?;
    warn_left_out(&pictures.left_out);
    let adapter = device.gpu.adapter.get_info().name;
    let summary = summary(&pictures, &config, &found, (seconds, &adapter));
    console::info(&line(&summary, &args.output));
    if args.json {
        print(&summary.to_string())?;
    }
    Ok(())
}

impl Args {
    /// The file for the images' paths.
    fn written_list(&self) -> Result<Option<OutputFile>, Failure> {
        let list = self.write_list.as_deref();
        if list == Some(&self.output) {
            return Err(Failure::Usage(format!(
                "--write-list and --output are both {}; give the list another name",
                self.output.display()
            )));
        }
        let list = list.map(|path| OutputFile::new(path, self.force));
        Ok(list.transpose()?)
    }

    /// Refuses outputs that would replace what is read.
    fn check_outputs(
        &self,
        listed: Option<&(PathBuf, ListedImages)>,
        weights: Option<&Path>,
    ) -> Result<(), Failure> {
        let (root, images) = listed.map_or((Path::new("."), &[][..]), |(root, listed)| {
            (root.as_path(), &listed.paths[..])
        });
        let inputs = InputFiles {
            files: [self.list.as_deref(), weights]
                .into_iter()
                .flatten()
                .collect(),
            searched: None,
            root: root.to_path_buf(),
            images,
        };
        for output in [Some(&*self.output), self.write_list.as_deref()] {
            output.map_or(Ok(()), |output| inputs.check_file(output))?;
        }
        Ok(())
    }

    /// The images that are named or found, with the folder that they are relative to; none where a
    /// data set is read.
    fn listed(&self) -> Result<Option<(PathBuf, ListedImages)>, Failure> {
        let named = ImagePaths::of(&self.images)?;
        let root = named.as_ref().map_or(Path::new("."), ImagePaths::root);
        let files = named.as_ref().and_then(ImagePaths::files);
        let paths = match (&self.list, files) {
            (Some(list), None) if list.exists() => read_kept_path_list(list, root)?,
            (Some(list), None) => {
                return Err(Failure::Usage(format!(
                    "--list reads the paths of images, and {} does not exist; --write-list writes them",
                    list.display()
                )));
            }
            (Some(_), Some(_)) => {
                return Err(Failure::Usage(
                    "--list names the images already; --images is then the folder that its paths are relative to".into(),
                ));
            }
            (None, Some(files)) => files.to_vec(),
            (None, None) if named.is_none() => return Ok(None),
            (None, None) => {
                let listed = list_images(root, &self.files.exclude())?;
                return Ok(Some((root.to_path_buf(), listed)));
            }
        };
        let listed = ListedImages {
            paths,
            ..ListedImages::default()
        };
        Ok(Some((root.to_path_buf(), listed)))
    }

    /// Reads the images; files are decoded to the side that the reference model sees, unless
    /// another is given.
    fn pictures(
        &self,
        listed: Option<(PathBuf, ListedImages)>,
        side: usize,
        cache: Option<&Path>,
        progress: &mut Terminal,
    ) -> Result<Pictures, Failure> {
        let crops = self.files.crops(side);
        if let Some((root, listed)) = listed {
            let mut decoding = |done, total| progress.job("images decoded", done, total);
            let opened = open_listed_images(&root, listed, crops, cache, &mut decoding)?;
            warn(&opened.warnings, progress);
            return Ok(Pictures {
                images: opened.images,
                paths: opened.paths,
                labelled: false,
                left_out: opened.skipped,
                seconds: opened.seconds,
            });
        }
        let mut source = DatasetConfig {
            dataset: self.dataset.clone().unwrap_or_default(),
            folder: self.data.clone(),
            side: crops.side,
            ..DatasetConfig::default()
        };
        self.files.apply(&mut source);
        let mut decoding = |done, total| progress.job("images decoded", done, total);
        let opened = gstds_data::open(&source, cache, &mut decoding)?;
        warn(&opened.warnings, progress);
        Ok(Pictures {
            images: match self.split.as_str() {
                "test" => opened.dataset.test,
                _ => opened.dataset.train,
            },
            paths: vec![],
            labelled: true,
            left_out: of_split(opened.skipped, &self.split),
            seconds: opened.seconds,
        })
    }
}

fn of_split(mut images: Vec<BadImage>, split: &str) -> Vec<BadImage> {
    images.retain(|image| image.split == split);
    images
}

fn warn(warnings: &[String], progress: &mut Terminal) {
    for warning in warnings {
        progress.warn(warning);
    }
}

fn staged_list<'a>(list: &'a OutputFile, paths: &[PathBuf]) -> Result<StagedOutput<'a>, Failure> {
    let mut text = Vec::new();
    for path in paths {
        text.extend_from_slice(path.as_os_str().as_encoded_bytes());
        text.push(b'\n');
    }
    Ok(list.stage(|file| file.write_all(&text))?)
}

fn summary(
    pictures: &Pictures,
    config: &ReferenceConfig,
    found: &LoadedBank,
    (seconds, adapter): (f64, &str),
) -> Value {
    json!({
        "images": found.bank.rows(),
        "left_out": pictures.left_out.len(),
        "features": found.bank.width(),
        "element": found.bank.element().name(),
        "reference": config.model.name(),
        "side": config.side,
        "source": found.origin.name(),
        "data_seconds": pictures.seconds,
        "reference_seconds": seconds,
        "adapter": adapter,
    })
}

/// The summary in one line for people.
fn line(summary: &Value, output: &Path) -> String {
    let text = |key: &str| summary[key].as_str().unwrap_or_default().to_owned();
    let seconds = |key: &str| summary[key].as_f64().unwrap_or(f64::NAN);
    format!(
        "{} · {} features by {} at side {}, {} · images {:.1} s, features {:.1} s ({}) · {}",
        counted(
            summary["images"].as_u64().unwrap_or(0) as usize,
            "image",
            "images"
        ),
        summary["features"],
        text("reference"),
        summary["side"],
        text("element"),
        seconds("data_seconds"),
        seconds("reference_seconds"),
        text("source"),
        output.display(),
    )
}
