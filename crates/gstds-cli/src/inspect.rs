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
use crate::pool_classes::classes;
use crate::pool_input::{InputArgs, PoolInput};
use crate::ratios::{ratio, similarity};
use crate::select::STOPPED;
use crate::terminal::Terminal;
use crate::{adapter, console, interrupt};

/// Draw a selection: its order, its similarities and its spectrum.
///
/// Selects as `gstds select` does, in one graph, and draws a contact sheet in the order of the
/// Fiedler vector, similarity maps in that order and in input order, the scores with the kept
/// ranks, and the spectrum: one HTML file that loads nothing, and PNGs beside it. In the page
/// images are chosen by class, by kept and dropped, label suspects and near-duplicates, and
/// enlarged. Reports whether the graph is connected, whether one outlier dominates it, and how many
/// near-duplicates there are. Of large pools some rows are drawn, evenly spaced, with the first
/// label suspects and near-duplicates; the captions give their number.
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
    /// Keep this share of the rows.
    ///
    /// Above 0 and at most 1.
    #[arg(long, value_name = "R", value_parser = ratio, default_value = "0.25", help_heading = "Rule")]
    keep: f64,
    /// Keep this many rows instead.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "keep", help_heading = "Rule")]
    count: Option<u32>,
    /// Rule that keeps rows.
    ///
    /// By their scores: any but random, which solves no graph.
    #[arg(long, default_value = Rule::default().name(), value_parser = named(Rule::ALL, Rule::name), help_heading = "Rule")]
    rule: Rule,
    /// Seed of all that is drawn.
    ///
    /// By rule stratified and for --label-suspects.
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Rule")]
    seed: u64,
    /// Cosine of near-duplicates [default: 0.99].
    ///
    /// Rows of at least this cosine similarity to one that stands for them are counted and shown.
    /// All pairs are compared, as gstds select does; a software adapter leaves it out in pools of
    /// more than 65,536 rows unless this flag is given.
    #[arg(long, value_name = "T", value_parser = similarity, help_heading = "Labels and near-duplicates")]
    near_duplicates: Option<f32>,
    /// Show rows whose labels are unlikely.
    ///
    /// Those for which a linear probe that has not seen them finds another class likelier, as gstds
    /// select ranks them. Labels are the tensor `labels` beside the features, the folders of
    /// images, or those of --labels.
    #[arg(long, help_heading = "Labels and near-duplicates")]
    label_suspects: bool,
    /// Class of each row [default: folders, or a tensor].
    ///
    /// Read as gstds select does.
    #[arg(
        long,
        value_name = "FILE",
        requires = "label_suspects",
        help_heading = "Labels and near-duplicates"
    )]
    labels: Option<PathBuf>,
    #[command(flatten)]
    graph: GraphArgs,
    #[command(flatten)]
    models: ImagePoolArgs,
    /// Write to this folder or .html.
    ///
    /// A folder gets inspect.html and its pictures, a file the page alone.
    #[arg(
        long,
        value_name = "DIR|FILE.html",
        default_value = "inspect",
        help_heading = "Output"
    )]
    out: PathBuf,
    /// Replace existing files.
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Print the numbers as JSON on stdout.
    #[arg(long, help_heading = "Output")]
    json: bool,
}

/// Cosine similarity of near-duplicates where none is given.
const THRESHOLD: f32 = 0.99;

pub(crate) fn run(args: &Args, adapter: &adapter::Args) -> Result<(), Failure> {
    inspect(args, adapter).map_err(Failure::of_whole_pool)
}

fn inspect(args: &Args, adapter: &adapter::Args) -> Result<(), Failure> {
    let watch = interrupt::watch(STOPPED);
    let page = args.page()?;
    let input = args.input.open(&args.models)?;
    args.check_outputs(page.is_some(), &input)?;
    let mut request = args.request(&input)?;
    // Refuses what no device could do before one is opened.
    PoolPlan::new(&request, input.layout(), input.paths())?;
    let gpu = gstds::adapter::open(&adapter.wanted())?;
    adapter::log_opened(&gpu);
    args.limit_search(&mut request, input.layout().rows, &gpu.adapter.get_info());
    let mut left = request.clone();
    let mut plan = PoolPlan::new(&request, input.layout(), input.paths())?;
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
        Inspection::check(&self.out, self.force)?;
        Ok(None)
    }

    /// Refuses outputs that would replace what is read, or that the next search would find.
    fn check_outputs(&self, page_alone: bool, input: &PoolInput) -> Result<(), Failure> {
        let weights = self.models.weights();
        let read = input.files([
            self.input.features.as_deref(),
            self.input.list.as_deref(),
            self.labels.as_deref(),
            weights.as_deref(),
        ]);
        if page_alone {
            return Ok(read.check_file(&self.out)?);
        }
        self.check_folder(input)?;
        Ok(Inspection::places(&self.out).try_for_each(|place| read.check_file(&place))?)
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
        let threshold = self.near_duplicates.unwrap_or(THRESHOLD);
        let request = SelectRequest {
            coverage: None,
            keep: match self.count {
                Some(count) => Keep::Count(count as usize),
                None => Keep::Ratio(self.keep),
            },
            options: self.graph.options().rule(self.rule).seed(self.seed),
            partition: Partition::Whole,
            near_duplicates: Some(DuplicateSearch::new(threshold)),
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

    /// Leaves near-duplicates uncounted where a software adapter would take long and nobody asked.
    fn limit_search(&self, request: &mut SelectRequest, rows: usize, adapter: &wgpu::AdapterInfo) {
        let is_software = adapter.device_type == wgpu::DeviceType::Cpu;
        if self.near_duplicates.is_none() && is_software && rows > MAX_HOST_COMPARED_ROWS {
            request.near_duplicates = None;
            console::info(&format!(
                "near-duplicates are not counted: {} is no GPU and would take long for the pairs of {rows} rows; --near-duplicates {THRESHOLD} counts them",
                adapter.name
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        args: Args,
    }

    /// The threshold that is searched by, with these flags, on an adapter of this type.
    fn searched(flags: &str, rows: usize, device_type: wgpu::DeviceType) -> Option<f32> {
        let line = format!("inspect --features f.npy {flags}");
        let args = Only::parse_from(line.split_whitespace()).args;
        let mut request = SelectRequest::new(Keep::Count(1));
        let threshold = args.near_duplicates.unwrap_or(THRESHOLD);
        request.near_duplicates = Some(DuplicateSearch::new(threshold));
        let adapter = wgpu::AdapterInfo::new(device_type, wgpu::Backend::Vulkan);
        args.limit_search(&mut request, rows, &adapter);
        request.near_duplicates.map(|search| search.threshold)
    }

    #[test]
    fn a_gpu_compares_all_rows_and_the_host_what_it_does_not_take_long_for() {
        use wgpu::DeviceType::{Cpu, DiscreteGpu};
        let most = MAX_HOST_COMPARED_ROWS;
        assert_eq!(searched("", most, Cpu), Some(THRESHOLD));
        assert_eq!(searched("", most + 1, Cpu), None);
        assert_eq!(searched("--near-duplicates 0.9", most + 1, Cpu), Some(0.9));
        assert_eq!(searched("", 1 << 20, DiscreteGpu), Some(THRESHOLD));
    }
}
