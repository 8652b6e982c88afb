//! `gstds inspect`: a selection to look at, and what the spectrum of its graph says.

mod rows;
mod solve;
mod told;

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use gstds::{Error, Keep, MAX_ROWS, MAX_VECTORS, Options, Path, Rule, Solver};
use gstds_curate::inspect::{Inspection, Subject, View};
use gstds_data::Progress as _;
use gstds_train::run::Terminal;

use crate::adapter;
use crate::exit::{Failure, tell};
use crate::graph::{GraphArgs, named};
use crate::images::{ImageArgs, tell_left_out};
use crate::reference::ReferenceArgs;
use crate::select::device::{self, Plan};
use crate::select::duplicates;
use crate::select::input::{Input, InputArgs};
use crate::select::parts::{Part, Rows};
use crate::select::plan::Device;
use crate::select::{ratio, similarity};
use gstds_data::matrix::{Matrix, MatrixLayout};
use gstds_data::output_file::{self, OutputFile};

/// Vectors that are computed beside the spectrum; the more, the longer the solve.
const VECTORS: u32 = 4;
const _: () = assert!(VECTORS <= MAX_VECTORS);

/// Look at a selection: its order, its similarities, and what the spectrum says.
///
/// Selects as `gstds select` does, in one graph, and draws a contact sheet in the order of the
/// Fiedler vector, similarity maps in that order and in input order, the scores with the kept
/// ranks, and the spectrum: one HTML file that needs no network, and PNGs beside it. Says whether
/// the graph falls apart, whether one outlier dominates it, and how many near-duplicates there are.
/// Of many rows some are drawn, evenly spaced; the captions say how many.
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
    /// Where it goes: a folder for inspect.html and its pictures, or a file .html for the page alone.
    #[arg(long, value_name = "DIR|FILE.html", default_value = "inspect")]
    out: PathBuf,
    /// Replace files of the same names that are there.
    #[arg(long)]
    force: bool,
    /// Which rows are kept, given their scores; random looks at no graph.
    #[arg(long, default_value = Rule::default().name(), value_parser = named(Rule::ALL, Rule::name))]
    rule: Rule,
    /// Seed of the rule stratified.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Count rows that pairs of at least this cosine similarity connect; up to 65,536 rows, whose
    /// pairs are all looked at.
    #[arg(long, value_name = "T", default_value = "0.99", value_parser = similarity)]
    near_duplicates: f32,
    /// Print the numbers as JSON on stdout instead of the table.
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
    let page = args.page()?;
    let options = args.options()?;
    let config = args.reference.config();
    let input = args.input.look(&config)?;
    if page.is_none() {
        args.spare_images(&input)?;
    }
    args.part(&input.layout, &options)?;
    let device = Device::open(&wanted, input.is_images())?;
    let mut progress = Terminal::stderr("inspect");
    let root = input.root.clone();
    let mut pool = match input.matrix() {
        Ok(pool) => pool,
        Err(images) => images.open(&config, &args.files, device.burn()?, &mut progress)?,
    };
    tell_left_out(&pool.left_out);
    let matrix = &mut pool.matrix;
    let part = args.part(matrix.layout(), &options)?;
    let plan = Plan::new(
        device.gpu(),
        &options,
        matrix.layout(),
        std::slice::from_ref(&part),
    )?;
    let selection = solve::solve(device.gpu(), &plan, matrix, &part, &mut progress)?;
    let invalid = match selection.status.valid as usize == matrix.layout().rows {
        true => Vec::new(),
        false => rows::invalid(matrix)?,
    };
    let groups = args.groups(matrix, part, &mut progress)?;
    let view = View::new(Subject {
        options: &options,
        selection: &selection,
        width: matrix.layout().features,
        invalid: &invalid,
        groups: groups
            .as_deref()
            .map(|groups| (args.near_duplicates, groups)),
        paths: pool.paths.as_deref(),
        root: &root,
    });
    let features = rows::features(matrix, view.rows())?;
    let inspection = view.draw(&features, &mut progress)?;
    let written = match page {
        Some(page) => {
            page.write(|file| file.write_all(inspection.page().as_bytes()))?;
            args.out.clone()
        }
        None => inspection.write(&args.out, args.force)?,
    };
    let text = match args.json {
        true => told::json(&inspection, &written).to_string(),
        false => told::text(&inspection),
    };
    writeln!(std::io::stdout(), "{}", text.trim_end()).map_err(Failure::Stdout)?;
    tell(&format!("inspection written to {}", written.display()));
    Ok(())
}

impl Args {
    /// Where the page goes where it goes alone; asked, as the folder is, before the work.
    fn page(&self) -> Result<Option<OutputFile>, Failure> {
        if let Some(page) = OutputFile::of_page(&self.out, self.force)? {
            return Ok(Some(page));
        }
        if fs::metadata(&self.out).is_ok_and(|about| !about.is_dir()) {
            let out = self.out.display();
            return Err(Failure::Usage(format!(
                "{out} is a file and not a folder; name a folder, or a file that ends in .html"
            )));
        }
        if !self.force {
            Inspection::check(&self.out)?;
        }
        Ok(None)
    }

    /// Refuses pictures among images that are searched for: they would be found as some of them.
    fn spare_images(&self, input: &Input) -> Result<(), Failure> {
        if !input.is_images() || self.input.list.is_some() {
            return Ok(());
        }
        let whole = |path: &std::path::Path| fs::canonicalize(path).ok();
        let out = self.out.ancestors().find_map(|above| match above {
            above if above == std::path::Path::new("") => whole(output_file::folder(above)),
            above => whole(above),
        });
        match (out, whole(&input.root)) {
            (Some(out), Some(root)) if out.starts_with(&root) => Err(Failure::Usage(format!(
                "{} is in {}, where images are searched for; choose another folder",
                self.out.display(),
                input.root.display()
            ))),
            _ => Ok(()),
        }
    }

    fn options(&self) -> Result<Options, Failure> {
        if self.rule == Rule::Random {
            return Err(Failure::Usage(
                "rule random solves no graph, so there is nothing to inspect; choose another rule"
                    .into(),
            ));
        }
        let mut options = Options {
            rule: self.rule,
            seed: self.seed,
            ..self.graph.options()
        };
        // What cannot compute more than one says so on the page.
        if options.solver == Solver::Lanczos && options.path != Path::Fused {
            options.vectors = VECTORS;
        }
        Ok(options)
    }

    /// All rows in one graph, if they are a pool that can be selected from.
    fn part(&self, layout: &MatrixLayout, options: &Options) -> Result<Part, Failure> {
        let rows = layout.rows;
        if rows > MAX_ROWS {
            let limit = MAX_ROWS;
            return Err(Error::TooManyRows { rows, limit }.into());
        }
        let keep = match self.count.map(|count| count as usize) {
            Some(count) if count > rows => {
                return Err(Failure::Usage(format!(
                    "--count {count} is more than the {rows} rows there are; keep at most {rows}"
                )));
            }
            Some(count) => count,
            None => Keep::Ratio(self.keep).of(rows)?,
        };
        let part = Part {
            rows: Rows::Range(0..rows),
            keep,
            class: None,
        };
        options.path_for(device::largest(
            layout.features,
            std::slice::from_ref(&part),
        ))?;
        Ok(part)
    }

    /// The lowest row of each one's group of near-duplicates; nothing for a pool of too many pairs.
    fn groups(
        &self,
        matrix: &mut Matrix,
        part: Part,
        progress: &mut Terminal,
    ) -> Result<Option<Vec<u32>>, Failure> {
        let rows = matrix.layout().rows;
        if rows > duplicates::MOST_ROWS {
            let most = duplicates::MOST_ROWS;
            tell(&format!(
                "near-duplicates are not counted: the pairs of {rows} rows are too many, and at most {most} rows are taken"
            ));
            return Ok(None);
        }
        let mut compared = 0;
        let mut done = |count| {
            compared = rows.min(compared + count);
            progress.job("rows compared", compared, rows);
        };
        duplicates::groups(matrix, &[part], self.near_duplicates, &mut done).map(Some)
    }
}
