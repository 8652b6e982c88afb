//! The flags of `gstds select`, and the request that they make.

use std::path::PathBuf;

use gstds::{Keep, Options, Order};
use gstds_curate::{
    Classes, DuplicateSearch, Export, ImageFolder, Partition, Placement, SelectRequest, Share,
    Survivor, TableFile,
};

use crate::exit::Failure;
use crate::graph::{GraphArgs, named};
use crate::image_pool::ImagePoolArgs;
use crate::pool_classes::classes;
use crate::pool_input::{InputArgs, PoolInput};
use crate::pool_rule::{Budget, RuleArgs};
use crate::ratios::{ratio, similarity};

/// Select rows of a feature matrix, or images, for a budget.
///
/// Each row is a sample. Writes .csv with a line per row (index,score,kept,valid, and path, class,
/// group, copy_of, label_loss, label and likely_label where there are any), or .json or .npy with
/// the kept indices. A row that is zero, NaN or infinite is not valid and has no score; nor have rows where nothing was
/// solved. --rule random reads no features, and its .csv has no column valid. All rows are one
/// graph, unless --batch or --by-class divides them; --keep and --count are of all rows together.
/// In .csv a byte of a path that is not UTF-8 is shown as \xNN, and the column path_bytes has the
/// path in hex; in .json such a path or class is an array of its bytes.
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
    pub(super) input: InputArgs,
    /// Fail on zero, NaN or infinite rows.
    ///
    /// Else they are ranked last.
    #[arg(long, help_heading = "Input")]
    strict: bool,
    /// Keep this share of the rows.
    ///
    /// Above 0 and at most 1.
    #[arg(long, value_name = "R", value_parser = ratio, help_heading = "Rule")]
    keep: Option<f64>,
    /// Keep this many rows.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..), help_heading = "Rule")]
    count: Option<u32>,
    #[command(flatten)]
    rule: RuleArgs,
    /// Order in .json and .npy.
    ///
    /// rank is the order of choice within each batch or class, one after the other: under medoids,
    /// facility-location and k-center any first rows of it are a selection, too.
    #[arg(long, default_value = Order::default().name(), value_parser = named(Order::ALL, Order::name), help_heading = "Rule")]
    order: Order,
    /// Seed of all that is drawn.
    ///
    /// Of the rules stratified, random and medoids, of --shuffle and of --label-suspects.
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Rule")]
    seed: u64,
    /// Select within batches of N consecutive rows.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "by_class", help_heading = "Batches and classes")]
    batch: Option<u32>,
    /// Draw the batches at random from --seed.
    ///
    /// Each row is in one of them.
    #[arg(long, requires = "batch", help_heading = "Batches and classes")]
    shuffle: bool,
    /// Select within each class.
    ///
    /// SHARE says how the rows to be kept are shared among the classes.
    #[arg(
        long,
        value_name = "SHARE",
        value_enum,
        help_heading = "Batches and classes"
    )]
    by_class: Option<ClassShare>,
    /// Class of each row [default: folders, or a tensor].
    ///
    /// A .npy of integers, the tensor `labels` of a .safetensors, or text with one class a line. By
    /// default the tensor `labels` beside the features, or the folder of each image.
    #[arg(
        long,
        value_name = "FILE",
        requires = "of_labels",
        help_heading = "Batches and classes"
    )]
    labels: Option<PathBuf>,
    /// Rank rows by how unlikely their labels are.
    ///
    /// The column label_loss of a .csv holds -ln p of each row's own label under a linear probe
    /// that was fitted without the row (five folds, drawn from --seed), beside the columns label and
    /// likely_label, the class that the probe finds most likely; .json lists as
    /// label_suspects the rows whose most likely class is another, the largest loss first. Labels
    /// are read as for --by-class. Kept rows do not depend on it. It takes about 800 multiply-adds
    /// for each row, feature and class on the host; their product may be 8,589,934,592 at most.
    #[arg(long, help_heading = "Labels and near-duplicates")]
    label_suspects: bool,
    /// Group rows of cosine similarity T or more.
    ///
    /// A row is a near-duplicate where its similarity to the one that survives is T or more, by
    /// default 0.99. The column group holds the survivor of each row within its batch or class; up
    /// to 1,048,576 rows in each. All pairs of rows are compared, on the host up to 65,536 rows
    /// (4,096 where there is a GPU), beyond on the device, with the same groups. Kept rows do not
    /// depend on it.
    ///
    /// Rows are compared by their features; those of images computed here are of the central
    /// square. Where there are images, rows found alike are confirmed on the whole picture scaled to
    /// 16 x 16 pixels (a correlation of at least 0.8), and their files are compared by bytes: the
    /// column copy_of holds the first row with the same bytes.
    #[arg(long, value_name = "T", num_args = 0..=1, default_missing_value = "0.99", value_parser = similarity, group = "duplicates", help_heading = "Labels and near-duplicates")]
    near_duplicates: Option<f32>,
    /// Drop all but one row of each group first.
    ///
    /// The selection is among the survivors and all other rows: --keep is then a share of the rows
    /// that are left. The others have no score, and the column group holds their survivor. Rows of
    /// --already survive, and rows like them do not.
    #[arg(long, value_name = "T", num_args = 0..=1, default_missing_value = "0.99", value_parser = similarity, group = "duplicates", help_heading = "Labels and near-duplicates")]
    drop_near_duplicates: Option<f32>,
    /// Row of a group that survives.
    ///
    /// medoid is the most similar to the others, largest the image of most pixels, sharpest that of
    /// the highest variance of its Laplacian, first the first row.
    #[arg(long, default_value = Survivor::default().name(), value_parser = named(Survivor::ALL, Survivor::name), requires = "duplicates", help_heading = "Labels and near-duplicates")]
    survivor: Survivor,
    #[command(flatten)]
    graph: GraphArgs,
    #[command(flatten)]
    pub(super) models: ImagePoolArgs,
    #[command(flatten)]
    files: OutputArgs,
}

/// What a selection is written to.
#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
struct OutputArgs {
    /// Write the selection to this .csv, .json or .npy.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Copy the kept images to this new folder.
    ///
    /// They lie there at their paths relative to --images.
    #[arg(long, value_name = "DIR", conflicts_with = "link_to")]
    copy_to: Option<PathBuf>,
    /// Link to the kept images from this new folder.
    #[arg(long, value_name = "DIR")]
    link_to: Option<PathBuf>,
    /// Kind of link for --link-to.
    #[arg(
        long,
        value_name = "KIND",
        value_enum,
        default_value = "hard",
        requires = "link_to"
    )]
    link: Link,
    /// Replace existing outputs.
    ///
    /// The folder of --copy-to or --link-to is replaced with all it contains.
    #[arg(long)]
    force: bool,
    /// Print what would be kept and the memory, and exit.
    ///
    /// Nothing is written. What passes fits the device.
    #[arg(long)]
    dry_run: bool,
    /// Print a summary as JSON on stdout.
    #[arg(long)]
    json: bool,
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

impl Args {
    /// What is requested of these rows.
    pub(super) fn request(&self, input: &PoolInput) -> Result<SelectRequest, Failure> {
        let options = self.options();
        let rows = input.layout().rows;
        let budget = Budget {
            rows,
            kept: self.keep().of(rows.max(1))?,
            in_batches: self.batch.is_some(),
            graph: &options,
        };
        let coverage = self.rule.coverage(&budget)?;
        Ok(SelectRequest {
            keep: self.keep(),
            coverage,
            partition: self.partition(input)?,
            near_duplicates: self.duplicates(),
            label_suspects: match self.label_suspects {
                true => Some(self.classes(input)?),
                false => None,
            },
            options,
        })
    }

    /// Whether a forecast is all that is asked for.
    pub(super) fn is_dry_run(&self) -> bool {
        self.files.dry_run
    }

    /// Whether stdout gets JSON.
    pub(super) fn is_json(&self) -> bool {
        self.files.json
    }

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

    pub(super) fn export(&self) -> Result<Export, Failure> {
        let table = TableFile::new(&self.files.output, self.files.force)?;
        let placement = match self.files.link {
            _ if self.files.copy_to.is_some() => Placement::Copy,
            Link::Hard => Placement::HardLink,
            Link::Symbolic => Placement::SymbolicLink,
        };
        let folder = self.files.copy_to.as_ref().or(self.files.link_to.as_ref());
        let folder = folder.map(|path| ImageFolder::new(path, placement, self.files.force));
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

    /// Refuses outputs that would replace what is read, and a folder for images that are not there.
    pub(super) fn check(&self, export: &Export, input: &PoolInput) -> Result<(), Failure> {
        let weights = self.models.weights();
        let read = [
            self.input.features.as_deref(),
            self.input.list.as_deref(),
            self.labels.as_deref(),
            self.rule.already.as_deref(),
            weights.as_deref(),
        ];
        export.check(&input.files(read))?;
        match self.files.copy_to.is_some() || self.files.link_to.is_some() {
            true => self.input.check_listed(input.paths().unwrap_or_default()),
            false => Ok(()),
        }
    }
}
