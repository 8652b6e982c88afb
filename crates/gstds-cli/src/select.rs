//! `gstds select`: score the rows of a feature matrix, or images, and keep some of them.

mod args;

use std::cell::Cell;

use gstds_curate::{DevicePlan, Export, PoolPlan, SelectionSummary, SelectionTable};
use gstds_data::Progress as _;
use serde_json::json;

pub(crate) use args::Args;

use crate::exit::{Failure, print};
use crate::loaded_pool::{LoadedPool, warn_left_out};
use crate::pool_input::PoolInput;
use crate::terminal::Terminal;
use crate::{adapter, console, interrupt};

/// What a signal says before there are outputs.
pub(crate) const STOPPED: &str = "stopped; nothing was written";

pub(crate) fn run(args: &Args, adapter: &adapter::Args) -> Result<(), Failure> {
    let watch = interrupt::watch(STOPPED);
    let export = args.export()?;
    let input = args.input.open(&args.models)?;
    let request = args.request(&input)?;
    args.check(&export, &input)?;
    let plan = PoolPlan::new(&request, input.layout(), input.paths())?;
    let gpu = gstds::adapter::open(&adapter.wanted())?;
    adapter::log_opened(&gpu);
    let device = DevicePlan::new(&gpu, &plan)?;
    let forecast = device.forecast();
    if args.is_dry_run() {
        warn(&device.warnings());
        return print(&match args.is_json() {
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
        console::info(&self.written());
        match self.args.is_json() {
            true => print(&json.to_string()),
            false => Ok(()),
        }
    }

    /// Where the selection is.
    fn written(&self) -> String {
        let table = self.export.table.path().display();
        match &self.export.folder {
            Some(folder) => {
                let folder = folder.path().display();
                format!("selection written to {table}, its images to {folder}")
            }
            None => format!("selection written to {table}"),
        }
    }
}

fn warn(warnings: &[String]) {
    for warning in warnings {
        console::warn(warning);
    }
}
