//! `gstds select`: score the rows of a feature matrix, or images, and keep some of them.

pub(crate) mod device;
pub(crate) mod duplicates;
mod forecast;
pub(crate) mod input;
mod output;
pub(crate) mod parts;
pub(crate) mod plan;
mod solve;
mod strict;
mod summary;
pub(crate) mod upload;

use std::io::Write as _;
use std::path::PathBuf;

use gstds::{Keep, Options, Order, Rule};
use gstds_data::Progress as _;
use gstds_train::run::Terminal;
use serde_json::json;

use crate::adapter;
use crate::exit::{Failure, tell};
use crate::graph::{GraphArgs, named};
use crate::images::{ImageArgs, tell_left_out};
use crate::reference::ReferenceArgs;
use device::Plan;
use input::InputArgs;
use output::{Folder, How, Link, Table, Target, table};
use parts::{Division, Share};
use plan::Planned;

/// Keep a part of the rows of a feature matrix, or of images, by their Fiedler vector.
///
/// Rows are samples. Writes .csv with a line per row (index,score,kept, and path, class and group
/// where there are such), or .json or .npy with the kept indices. All rows are one graph, unless
/// --batch or --by-class divides them; --keep and --count say how many are kept of all together.
/// In .json a path or class that is not UTF-8 is an array of its bytes.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("how_many").required(true).args(["keep", "count"]))]
#[command(after_help = "\
Examples:
  gstds select --features clip.npy --keep 0.1 --output kept.csv
  gstds select --features dino.safetensors --by-class equal --count 5000 --output kept.npy
  gstds select --images photos --keep 0.25 --output kept.csv --link-to kept
  gstds select --features clip.npy --list paths.txt --keep 0.1 --output kept.csv --copy-to kept
  gstds select --features pool.npy --batch 256 --shuffle --keep 0.5 --output kept.json
  gstds select --features pool.npy --keep 0.1 --near-duplicates --output kept.csv --dry-run

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
    /// Where the selection goes; the extension says how: .csv, .json or .npy.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Copy the kept images into this new folder, at their paths below --images.
    #[arg(long, value_name = "DIR", conflicts_with = "link_to")]
    copy_to: Option<PathBuf>,
    /// Link to the kept images from this new folder.
    #[arg(long, value_name = "DIR")]
    link_to: Option<PathBuf>,
    /// With which links.
    #[arg(long, value_enum, default_value = "hard", requires = "link_to")]
    link: Link,
    /// Replace the output if it exists, and the folder of --copy-to or --link-to with all in it.
    #[arg(long)]
    force: bool,
    /// Which rows are kept, given their scores.
    ///
    /// quantile and stratified cover the scores evenly. signed, abs, abs-small and balanced keep
    /// extremes, which cost accuracy in our trials; compare with random before relying on them.
    #[arg(long, default_value = Rule::default().name(), value_parser = named(Rule::ALL, Rule::name))]
    rule: Rule,
    /// In which order .json and .npy list the kept rows; by rank within each batch or class.
    #[arg(long, default_value = Order::default().name(), value_parser = named(Order::ALL, Order::name))]
    order: Order,
    /// Seed of the rules stratified and random, and of --shuffle.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Select in batches of this many rows that follow each other, each by itself.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "by_class")]
    batch: Option<u32>,
    /// Draw batches at random instead, by --seed; each row is in one of them.
    #[arg(long, requires = "batch")]
    shuffle: bool,
    /// Select in each class by itself, and share what is kept so among them.
    #[arg(long, value_name = "SHARE")]
    by_class: Option<Share>,
    /// The class of each row: .npy of whole numbers, the tensor `labels` of a .safetensors, or text
    /// with one a line [default: `labels` beside the features, or the folder an image lies in].
    #[arg(long, value_name = "FILE", requires = "by_class")]
    labels: Option<PathBuf>,
    /// Find groups of rows that pairs of at least this cosine similarity connect, within each batch
    /// or class; up to 65,536 rows in each.
    ///
    /// The column group holds the lowest row of each one's group. Kept rows do not depend on it.
    #[arg(long, value_name = "T", num_args = 0..=1, default_missing_value = "0.99", value_parser = similarity)]
    near_duplicates: Option<f32>,
    /// Fail on zero, NaN or infinite rows instead of ranking them last.
    #[arg(long)]
    strict: bool,
    /// Say what would be read, kept and taken of memory, on stdout; read no values, write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print the summary as JSON on stdout.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    graph: GraphArgs,
    #[command(flatten)]
    reference: ReferenceArgs,
    #[command(flatten)]
    files: ImageArgs,
}

pub(crate) fn run(args: &Args, adapter: &adapter::Args) -> Result<(), Failure> {
    let wanted = adapter.wanted()?;
    let target = Target::new(&args.output, args.force)?;
    let folder = args.folder()?;
    let config = args.reference.config();
    let input = args.input.look(&config)?;
    let classes = args.classes(&input)?;
    args.spare_inputs(&input, folder.as_ref(), &config)?;
    let planned = Planned::new(args, &input.layout, input.paths.as_deref(), classes)?;
    let device = plan::Device::open(&wanted, input.is_images())?;
    let gpu = device.gpu();
    let device_plan = Plan::new(gpu, &planned.options, &planned.layout, &planned.parts)?;
    let forecast = planned.forecast(&device_plan, gpu);
    if args.dry_run {
        return print(&match args.json {
            true => forecast.json().to_string(),
            false => forecast.text(),
        });
    }
    let mut progress = Terminal::stderr("select");
    forecast.note(&mut progress);
    let root = input.root.clone();
    let (mut pool, planned) = match input.matrix() {
        Ok(pool) => (pool, planned),
        Err(images) => {
            let burn = device.burn()?;
            let pool = images.open(&config, &args.files, burn, &mut progress)?;
            let planned = planned.again(args, &pool)?;
            (pool, planned)
        }
    };
    let device_plan = Plan::new(gpu, &planned.options, &planned.layout, &planned.parts)?;
    let matrix = &mut pool.matrix;
    if args.strict {
        strict::check(matrix, &planned.parts)?;
    }
    let solved = solve::solve(gpu, &device_plan, matrix, &planned.parts, &mut progress)?;
    let groups = args.groups(&planned, matrix, &mut progress)?;
    let adapter = gpu.adapter.get_info().name;
    let bytes = planned.forecast(&device_plan, gpu).bytes();
    let mut summary = summary::Facts {
        layout: &planned.layout,
        division: planned.division,
        parts: &planned.parts,
        classes: planned.classes.as_ref(),
        solved: &solved,
        strict: args.strict,
        adapter: &adapter,
        bytes,
    }
    .json();
    if let Some(groups) = &groups {
        let found = table::gathered(groups);
        summary["near_duplicates"] = json!({
            "threshold": args.near_duplicates,
            "groups": found.len(),
            "rows": found.iter().map(Vec::len).sum::<usize>(),
        });
    }
    if planned.from_images {
        summary["left_out"] = pool.left_out.len().into();
    }
    let table = Table {
        kept: &solved.kept,
        scores: &solved.scores,
        paths: pool.paths.as_deref(),
        classes: planned.classes.as_ref(),
        groups: groups.as_deref(),
    };
    output::write(
        &target,
        folder.as_ref(),
        &root,
        &table,
        &summary,
        &mut progress,
    )?;
    tell_left_out(&pool.left_out);
    tell(&summary::line(&summary));
    match args.json {
        true => print(&summary.to_string()),
        false => Ok(()),
    }
}

fn print(text: &str) -> Result<(), Failure> {
    writeln!(std::io::stdout(), "{}", text.trim_end()).map_err(Failure::Stdout)
}

impl Args {
    fn options(&self) -> Options {
        Options {
            rule: self.rule,
            order: self.order,
            seed: self.seed,
            strict: self.strict,
            ..self.graph.options()
        }
    }

    fn division(&self) -> Division {
        match (self.batch, self.by_class) {
            (Some(size), _) => Division::Batches {
                size: size as usize,
                shuffle: self.shuffle.then_some(self.seed),
            },
            (None, Some(share)) => Division::Classes(share),
            (None, None) => Division::Whole,
        }
    }

    fn folder(&self) -> Result<Option<Folder>, Failure> {
        let (path, how) = match (&self.copy_to, &self.link_to) {
            (Some(path), _) => (path, How::Copy),
            (None, Some(path)) => (path, How::Link(self.link)),
            (None, None) => return Ok(None),
        };
        Folder::new(path, how, self.force).map(Some)
    }

    fn keep_of(&self, rows: usize) -> Result<usize, Failure> {
        match (self.count, self.keep) {
            (Some(count), _) if count as usize > rows => Err(Failure::Usage(format!(
                "--count {count} is more than the {rows} rows there are; keep at most {rows}",
            ))),
            (Some(count), _) => Ok(count as usize),
            (None, Some(ratio)) => Ok(Keep::Ratio(ratio).of(rows)?),
            (None, None) => Err(Failure::Usage("one of --keep and --count is needed".into())),
        }
    }

    fn groups(
        &self,
        planned: &Planned,
        matrix: &mut gstds_data::matrix::Matrix,
        progress: &mut Terminal,
    ) -> Result<Option<Vec<u32>>, Failure> {
        let Some(threshold) = self.near_duplicates else {
            return Ok(None);
        };
        let rows = planned.layout.rows;
        let mut compared = 0;
        let mut done = |count| {
            compared = rows.min(compared + count);
            progress.job("rows compared", compared, rows);
        };
        duplicates::groups(matrix, &planned.parts, threshold, &mut done).map(Some)
    }
}

/// Reads a keep ratio.
pub(crate) fn ratio(text: &str) -> Result<f64, String> {
    let ratio = text
        .parse()
        .map_err(|_| "a number above 0 and at most 1 is needed")?;
    Keep::Ratio(ratio)
        .of(1)
        .map_err(|error| error.to_string())?;
    Ok(ratio)
}

/// Reads a threshold of near-duplicates.
pub(crate) fn similarity(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(threshold) if threshold > 0.0 && threshold <= 1.0 => Ok(threshold),
        _ => Err("a cosine similarity above 0 and at most 1 is needed".into()),
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
