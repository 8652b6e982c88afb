//! `gstds inspect`: pictures of a selection, and findings from the spectrum of its graph.

mod print;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use gstds::{Keep, Rule};
use gstds_curate::inspect::Inspection;
use gstds_curate::{
    DevicePlan, DuplicateSearch, Error as CurateError, MAX_HOST_COMPARED_ROWS, Partition, PoolPlan,
    SelectRequest,
};
use gstds_data::output_file::{self, OutputFile};

use crate::exit::{self, Failure};
use crate::graph::{GraphArgs, named};
use crate::image_pool::ImagePoolArgs;
use crate::loaded_pool::warn_left_out;
use crate::pool_input::{InputArgs, PoolInput};
use crate::select::{STOPPED, classes, ratio, similarity};
use crate::terminal::Terminal;
use crate::{adapter, console, interrupt};

/// Draw a selection: its order, its similarities and its spectrum.
///
/// Selects as `gstds select` does, in one graph, and draws a contact sheet in the order of the
/// Fiedler vector, similarity maps in that order and in input order, the scores with the kept
/// ranks, and the spectrum: one HTML file that loads nothing, and PNGs beside it. Reports whether
/// the graph is connected, whether one outlier dominates it, and how many near-duplicates there
/// are. Of large pools some rows are drawn, evenly spaced; the captions give their number.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  gstds inspect --images photos --keep 0.25 --out look
  gstds inspect --features clip.npy --count 500 --out clip.html
  gstds inspect --features clip.npy --list paths.txt --keep 0.1 --out look --force
  gstds inspect --features pool.npy --laplacian un --near-duplicates 0.95 --out look --json")]
pub(crate) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// Keep this share of the rows, above 0 and at most 1.
    #[arg(long, value_name = "R", value_parser = ratio, default_value = "0.25")]
    keep: f64,
    /// Keep this many rows instead.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "keep")]
    count: Option<u32>,
    /// Write inspect.html and its pictures to this folder, or the page alone to this .html file.
    #[arg(long, value_name = "DIR|FILE.html", default_value = "inspect")]
    out: PathBuf,
    /// Replace existing files.
    #[arg(long)]
    force: bool,
    /// Rule that keeps rows by their scores; any but random, which solves no graph.
    #[arg(long, default_value = Rule::default().name(), value_parser = named(Rule::ALL, Rule::name))]
    rule: Rule,
    /// Seed of the rule stratified.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Count near-duplicates: rows of at least this cosine similarity.
    ///
    /// All pairs are compared, of up to 65,536 rows; in larger pools they are not counted.
    #[arg(long, value_name = "T", default_value = "0.99", value_parser = similarity)]
    near_duplicates: f32,
    /// Show the rows whose labels are the least likely to a probe that has not seen them; labels are
    /// the tensor `labels` beside the features, the folders of images, or those of --labels.
    #[arg(long)]
    label_suspects: bool,
    /// Read the label of each row from this file, as gstds select does.
    #[arg(long, value_name = "FILE", requires = "label_suspects")]
    labels: Option<PathBuf>,
    /// Print the numbers as JSON on stdout instead of the table.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    graph: GraphArgs,
    #[command(flatten)]
    models: ImagePoolArgs,
}

pub(crate) fn run(args: &Args, adapter: &adapter::Args) -> Result<(), Failure> {
    let watch = interrupt::watch(STOPPED);
    let page = args.page()?;
    let input = args.input.open(&args.models)?;
    if page.is_none() {
        args.check_folder(&input)?;
    }
    let request = args.request(&input)?;
    let mut left = request.clone();
    let mut plan = PoolPlan::new(&request, input.layout(), input.paths())?;
    let gpu = gstds::adapter::open(&adapter.wanted())?;
    adapter::log_opened(&gpu);
    // Before images are decoded for what the device cannot hold.
    DevicePlan::new(&gpu, &plan)?;
    let mut progress = Terminal::stderr("inspect");
    let mut loaded = input.load(&gpu, &mut progress)?;
    warn_left_out(&loaded.left_out);
    if let Some(rows) = loaded.retained.take() {
        left.retain_rows(&rows);
        plan = PoolPlan::new(&left, loaded.pool.layout(), loaded.pool.paths())?;
    }
    let device = DevicePlan::new(&gpu, &plan)?;
    let inspection = device.inspect(&mut loaded.pool, &mut progress)?;
    // Writing takes no time to speak of; from here on a signal ends the process as it is.
    drop(watch);
    if interrupt::hand_back() {
        return Err(CurateError::Stopped.into());
    }
    let written = match page {
        Some(page) => {
            page.write(|file| file.write_all(inspection.page().as_bytes()))?;
            args.out.clone()
        }
        None => inspection.write(&args.out, args.force)?,
    };
    exit::print(&match args.json {
        true => print::json(&inspection, &written).to_string(),
        false => print::text(&inspection),
    })?;
    console::info(&format!("inspection written to {}", written.display()));
    Ok(())
}

impl Args {
    /// The file of the page where only that is requested; checked, as the folder is, before the
    /// work.
    fn page(&self) -> Result<Option<OutputFile>, Failure> {
        if let Some(page) = OutputFile::of_page(&self.out, self.force)? {
            return Ok(Some(page));
        }
        if !self.force {
            Inspection::check(&self.out)?;
        }
        Ok(None)
    }

    /// Refuses pictures among images that are searched for, where the next search would find them.
    fn check_folder(&self, input: &PoolInput) -> Result<(), Failure> {
        let Some(searched) = input.searched() else {
            return Ok(());
        };
        let whole = |path: &Path| fs::canonicalize(path).ok();
        let out = self.out.ancestors().find_map(|above| match above {
            above if above == Path::new("") => whole(output_file::folder(above)),
            above => whole(above),
        });
        match (out, whole(searched)) {
            (Some(out), Some(root)) if out.starts_with(&root) => Err(Failure::Usage(format!(
                "{} is inside {}, where images are searched for; choose another folder",
                self.out.display(),
                searched.display()
            ))),
            _ => Ok(()),
        }
    }

    /// A selection from all rows as one graph.
    fn request(&self, input: &PoolInput) -> Result<SelectRequest, Failure> {
        let rows = input.layout().rows;
        let compared = rows <= MAX_HOST_COMPARED_ROWS;
        if !compared {
            console::info(&format!(
                "near-duplicates are not counted: {rows} rows have too many pairs for that; at most {MAX_HOST_COMPARED_ROWS} rows are compared here, and more by gstds select --near-duplicates"
            ));
        }
        let request = SelectRequest {
            coverage: None,
            keep: match self.count {
                Some(count) => Keep::Count(count as usize),
                None => Keep::Ratio(self.keep),
            },
            options: self.graph.options().rule(self.rule).seed(self.seed),
            partition: Partition::Whole,
            near_duplicates: compared.then(|| DuplicateSearch::new(self.near_duplicates)),
            label_suspects: match self.label_suspects {
                true => {
                    let features = self.input.features.as_deref();
                    Some(classes(input, self.labels.as_deref(), features)?)
                }
                false => None,
            },
        };
        Ok(request.for_inspection()?)
    }
}
