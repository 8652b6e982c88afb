//! `gstds select`: score the rows of a feature matrix, or images, and keep some of them.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use gstds::{Keep, Options, Order};
use gstds_curate::{
    Classes, DevicePlan, DuplicateSearch, Export, ImageFolder, InputFiles, Partition, Placement,
    PoolPlan, SelectRequest, SelectionSummary, SelectionTable, Share, Survivor, TableFile,
};
use gstds_data::Progress as _;
use gstds_data::matrix::is_safetensors;
use serde_json::json;

use crate::exit::{Failure, print};
use crate::graph::{GraphArgs, named};
use crate::image_pool::ImagePoolArgs;
use crate::loaded_pool::{LoadedPool, warn_left_out};
use crate::pool_input::{InputArgs, PoolInput};
use crate::pool_rule::{Budget, RuleArgs};
use crate::terminal::Terminal;
use crate::{adapter, console, interrupt};

/// Select rows of a feature matrix, or images, by their Fiedler vector.
///
/// Each row is a sample. Writes .csv with a line per row (index,score,kept,valid, and path, class,
/// group, copy_of and label_loss where there are any), or .json or .npy with the kept indices. A row that is
/// zero, NaN or infinite is not valid and has no score; nor have rows where nothing was solved.
/// --rule random reads no features, and its .csv has no column valid. All rows are one graph, unless
/// --batch or --by-class divides them; --keep and --count are of all rows together. In .csv a byte
/// of a path that is not UTF-8 is shown as \xNN, and the column path_bytes has the path in hex; in
/// .json such a path or class is an array of its bytes.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("how_many").required(true).args(["keep", "count"]))]
#[command(group = clap::ArgGroup::new("of_labels").multiple(true).args(["by_class", "label_suspects"]))]
#[command(after_help = "\
Examples:
  gstds select --features clip.npy --keep 0.1 --output kept.csv
  gstds select --features dino.safetensors --by-class equal --count 5000 --output kept.npy
  gstds select --images photos --keep 0.25 --output kept.csv --link-to kept
  gstds select --features clip.npy --list paths.txt --keep 0.1 --output kept.csv --copy-to kept
  gstds select --features pool.npy --rule medoids --count 200 --order rank --output first.json
  gstds select --features pool.npy --rule medoids --count 200 --already first.json --output more.json
  gstds select --features pool.npy --batch 256 --shuffle --keep 0.5 --output kept.json
  gstds select --features pool.npy --keep 0.1 --drop-near-duplicates 0.95 --output kept.csv
  gstds select --features pool.npy --keep 0.1 --near-duplicates --output kept.csv --dry-run
  gstds select --features pool.npy --labels labels.txt --label-suspects --keep 1 --output all.csv

Parquet and Arrow become .npy by one line of Python:
  numpy.save('f.npy', numpy.stack(polars.read_parquet('f.parquet')['embedding'].to_list()))")]
pub(crate) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// Keep this share of the rows, above 0 and at most 1.
    #[arg(long, value_name = "R", value_parser = ratio)]
    keep: Option<f64>,
    /// Keep this many rows.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,
    /// Write the selection to this .csv, .json or .npy file.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Copy the kept images to this new folder, at their paths relative to --images.
    #[arg(long, value_name = "DIR", conflicts_with = "link_to")]
    copy_to: Option<PathBuf>,
    /// Link to the kept images from this new folder.
    #[arg(long, value_name = "DIR")]
    link_to: Option<PathBuf>,
    /// Kind of link for --link-to.
    #[arg(long, value_enum, default_value = "hard", requires = "link_to")]
    link: Link,
    /// Replace existing outputs, and the folder of --copy-to or --link-to with all it contains.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    rule: RuleArgs,
    /// Order of the kept rows in .json and .npy.
    ///
    /// rank is the order of choice within each batch or class, one after the other: under medoids,
    /// facility-location and k-center any first rows of it are a selection, too.
    #[arg(long, default_value = Order::default().name(), value_parser = named(Order::ALL, Order::name))]
    order: Order,
    /// Seed of the rules stratified, random and medoids, and of --shuffle.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Select within batches of N consecutive rows.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "by_class")]
    batch: Option<u32>,
    /// Draw the batches at random from --seed; each row is in one of them.
    #[arg(long, requires = "batch")]
    shuffle: bool,
    /// Select within each class, and share the rows to be kept among the classes.
    #[arg(long, value_name = "SHARE", value_enum)]
    by_class: Option<ClassShare>,
    /// Read the class of each row from this file [default: labels beside the features, or folders].
    ///
    /// A .npy of integers, the tensor `labels` of a .safetensors, or text with one class a line. By
    /// default the tensor `labels` beside the features, or the folder of each image.
    #[arg(long, value_name = "FILE", requires = "of_labels")]
    labels: Option<PathBuf>,
    /// Rank rows by how unlikely their labels are.
    ///
    /// The column label_loss of a .csv holds -ln p of each row's own label under a linear probe that
    /// was fitted without the row (five folds, drawn from --seed); .json lists as label_suspects the
    /// rows whose most likely class is another, the largest loss first. Labels are read as for
    /// --by-class. Kept rows do not depend on it. It takes about 800 multiply-adds for each row,
    /// feature and class on the host; their product may be 8,589,934,592 at most.
    #[arg(long)]
    label_suspects: bool,
    /// Find near-duplicates: rows of at least this cosine similarity to one that survives.
    ///
    /// The column group holds the survivor of each row within its batch or class; up to 1,048,576
    /// rows in each. All pairs of rows are compared, on the host up to 65,536 rows (4,096 where there
    /// is a GPU), beyond on the device, with the same groups. Kept rows do not depend on it. Looked
    /// at are the features, of images computed here
    /// those of the central square; and of rows that they find alike, where images are there, the
    /// whole picture squeezed to 16 pixels a side (a correlation of at least 0.8) and the bytes of
    /// the file: the column copy_of holds the first row with the same bytes.
    #[arg(long, value_name = "T", num_args = 0..=1, default_missing_value = "0.99", value_parser = similarity, group = "duplicates")]
    near_duplicates: Option<f32>,
    /// Find near-duplicates, and select among their survivors and all other rows.
    ///
    /// --keep is then a share of the rows that are left. The others have no score, and the column
    /// group holds their survivor. Rows of --already survive, and rows like them do not.
    #[arg(long, value_name = "T", num_args = 0..=1, default_missing_value = "0.99", value_parser = similarity, group = "duplicates")]
    drop_near_duplicates: Option<f32>,
    /// Row of a group of near-duplicates that survives.
    ///
    /// medoid is the most similar to the others, largest the image of most pixels, sharpest that of
    /// the highest variance of its Laplacian, first the first row.
    #[arg(long, default_value = Survivor::default().name(), value_parser = named(Survivor::ALL, Survivor::name), requires = "duplicates")]
    survivor: Survivor,
    /// Fail on zero, NaN or infinite rows instead of ranking them last.
    #[arg(long)]
    strict: bool,
    /// Print what would be kept and how much memory it would take; write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print a summary as JSON on stdout.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    graph: GraphArgs,
    #[command(flatten)]
    models: ImagePoolArgs,
}

/// How the rows to be kept are shared among classes.
#[derive(Clone, Copy, clap::ValueEnum)]
enum ClassShare {
    /// As many from each class; what a small class cannot fill goes to the others.
    Equal,
    /// In proportion to the rows of each class.
    Proportional,
}

/// Kind of link to an image.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Link {
    /// Another name of the same file, on the same file system: writing to one writes to both.
    Hard,
    /// A link to the image's absolute path.
    Symbolic,
}

/// What a signal says before there are outputs.
pub(crate) const STOPPED: &str = "stopped; nothing was written";

pub(crate) fn run(args: &Args, adapter: &adapter::Args) -> Result<(), Failure> {
    let watch = interrupt::watch(STOPPED);
    let export = args.export()?;
    let input = args.input.open(&args.models)?;
    let options = args.options();
    let rows = input.layout().rows;
    let budget = Budget {
        rows,
        kept: args.keep().of(rows.max(1))?,
        in_batches: args.batch.is_some(),
        graph: &options,
    };
    let request = SelectRequest {
        keep: args.keep(),
        coverage: args.rule.coverage(&budget)?,
        options,
        partition: args.partition(&input)?,
        near_duplicates: args.duplicates(),
        label_suspects: match args.label_suspects {
            true => Some(args.classes(&input)?),
            false => None,
        },
    };
    args.check(&export, &input)?;
    if args.copy_to.is_some() || args.link_to.is_some() {
        args.input.check_listed(input.paths().unwrap_or_default())?;
    }
    let plan = PoolPlan::new(&request, input.layout(), input.paths())?;
    let gpu = gstds::adapter::open(&adapter.wanted())?;
    adapter::log_opened(&gpu);
    let device = DevicePlan::new(&gpu, &plan)?;
    let forecast = device.forecast();
    if args.dry_run {
        warn(&device.warnings());
        return print(&match args.json {
            true => json!(forecast).to_string(),
            false => forecast.to_string(),
        });
    }
    let mut progress = Terminal::stderr("select");
    progress.note(&forecast.memory());
    let is_images = matches!(input, PoolInput::Images(_));
    let mut loaded = match request.reads_features() {
        true => input.load(&gpu, &mut progress)?,
        false => input.unread()?,
    };
    let output = Output {
        args,
        export: &export,
        is_images,
        watch: Cell::new(Some(watch)),
    };
    let Some(rows) = loaded.retained.take() else {
        return output.select(&device, &mut loaded, &mut progress);
    };
    let mut request = request.clone();
    request.retain_rows(&rows);
    let plan = PoolPlan::new(&request, loaded.pool.layout(), loaded.pool.paths())?;
    let device = DevicePlan::new(&gpu, &plan)?;
    output.select(&device, &mut loaded, &mut progress)
}

/// The outputs of a selection.
struct Output<'a> {
    args: &'a Args,
    export: &'a Export,
    /// Whether the rows are images that were decoded.
    is_images: bool,
    /// Ends the process at a signal while nothing is written.
    watch: Cell<Option<interrupt::Watch>>,
}

impl Output<'_> {
    /// Selects, writes and reports.
    fn select(
        &self,
        device: &DevicePlan<'_>,
        loaded: &mut LoadedPool,
        progress: &mut Terminal,
    ) -> Result<(), Failure> {
        let LoadedPool { pool, left_out, .. } = loaded;
        let selection = device.select(pool, progress)?;
        warn(&device.warnings());
        let mut summary = SelectionSummary::new(device, &selection);
        summary.left_out = self.is_images.then_some(left_out.len());
        let json = json!(summary);
        let table = SelectionTable::new(pool, device.request(), &selection);
        // From here on Ctrl-C removes what is half-written instead of leaving it.
        drop(self.watch.take());
        let root = pool.root();
        self.export
            .write(root, &table, &json, progress, &interrupt::asked)?;
        warn_left_out(left_out);
        warn(&selection.warnings());
        console::info(&summary.to_string());
        match self.args.json {
            true => print(&json.to_string()),
            false => Ok(()),
        }
    }
}

impl Args {
    fn options(&self) -> Options {
        self.graph
            .options()
            .rule(self.rule.by_score())
            .order(self.order)
            .seed(self.seed)
            .strict(self.strict)
    }

    fn keep(&self) -> Keep {
        match (self.count, self.keep) {
            (Some(count), _) => Keep::Count(count as usize),
            // One of the two is required.
            (None, ratio) => Keep::Ratio(ratio.unwrap_or(1.0)),
        }
    }

    fn duplicates(&self) -> Option<DuplicateSearch> {
        let threshold = self.near_duplicates.or(self.drop_near_duplicates)?;
        Some(DuplicateSearch {
            threshold,
            survivor: self.survivor,
            drop: self.drop_near_duplicates.is_some(),
        })
    }

    fn export(&self) -> Result<Export, Failure> {
        let table = TableFile::new(&self.output, self.force)?;
        let placement = match self.link {
            _ if self.copy_to.is_some() => Placement::Copy,
            Link::Hard => Placement::HardLink,
            Link::Symbolic => Placement::SymbolicLink,
        };
        let folder = self.copy_to.as_ref().or(self.link_to.as_ref());
        let folder = folder.map(|path| ImageFolder::new(path, placement, self.force));
        Ok(Export {
            table,
            folder: folder.transpose()?,
        })
    }

    fn partition(&self, input: &PoolInput) -> Result<Partition, Failure> {
        Ok(match (self.batch, self.by_class) {
            (Some(size), _) => Partition::Batches {
                size: size as usize,
                shuffle: self.shuffle.then_some(self.seed),
            },
            (None, Some(share)) => Partition::Classes {
                classes: self.classes(input)?,
                share: match share {
                    ClassShare::Equal => Share::Equal,
                    ClassShare::Proportional => Share::Proportional,
                },
            },
            (None, None) => Partition::Whole,
        })
    }

    /// The class of each row.
    fn classes(&self, input: &PoolInput) -> Result<Classes, Failure> {
        let features = self.input.features.as_deref();
        classes(input, self.labels.as_deref(), features)
    }

    /// Refuses outputs that would replace what is read.
    fn check(&self, export: &Export, input: &PoolInput) -> Result<(), Failure> {
        let weights = self.models.weights();
        let read = [
            self.input.features.as_deref(),
            self.input.list.as_deref(),
            self.labels.as_deref(),
            self.rule.already.as_deref(),
            weights.as_deref(),
        ];
        Ok(export.check(&InputFiles {
            files: read.into_iter().flatten().collect(),
            searched: input.searched(),
            root: input.root().to_path_buf(),
            images: input.paths().unwrap_or_default(),
        })?)
    }
}

/// The class of each row: of a file, beside the features, or the folder of its image.
pub(crate) fn classes(
    input: &PoolInput,
    labels: Option<&Path>,
    features: Option<&Path>,
) -> Result<Classes, Failure> {
    let rows = input.layout().rows;
    if let Some(labels) = labels {
        return Ok(Classes::read(labels, rows)?);
    }
    if let Some(file) = features.filter(|file| is_safetensors(file))
        && let Some(classes) = Classes::beside(file, rows)?
    {
        return Ok(classes);
    }
    let paths = input.paths().ok_or_else(|| {
        Failure::Usage("--by-class and --label-suspects need the class of each row: give --labels FILE, or the images of the rows with --list".into())
    })?;
    Ok(Classes::of_folders(paths))
}

fn warn(warnings: &[String]) {
    for warning in warnings {
        console::warn(warning);
    }
}

/// Reads a keep ratio.
pub(crate) fn ratio(text: &str) -> Result<f64, String> {
    let ratio = text
        .parse()
        .map_err(|_| "expected a number above 0 and at most 1")?;
    Keep::Ratio(ratio)
        .of(1)
        .map_err(|error| error.to_string())?;
    Ok(ratio)
}

/// Reads a threshold of near-duplicates.
pub(crate) fn similarity(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(threshold) if threshold > 0.0 && threshold <= 1.0 => Ok(threshold),
        _ => Err("expected a cosine similarity above 0 and at most 1".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_outside_their_range_are_refused() {
        assert_eq!(ratio("0.25"), Ok(0.25));
        assert_eq!(ratio("1"), Ok(1.0));
        for text in ["0", "-0.5", "1.01", "nan", "inf", "half", ""] {
            assert!(ratio(text).is_err(), "{text}");
            assert!(similarity(text).is_err(), "{text}");
        }
    }
}
