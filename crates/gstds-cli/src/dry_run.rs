//! `gstds train --dry-run`: prints what a run will keep, epoch by epoch, without running it.

use std::fmt::Write as _;

use gstds_data::counted;
use gstds_train::run::{DryRun, TrainConfig, dry_run};

use crate::exit::{self, Failure, print};
use crate::terminal::Terminal;

/// Prints the table of a run, as text or as JSON.
pub(crate) fn run(config: &TrainConfig, json: bool) -> Result<(), Failure> {
    let plan = dry_run(config, &mut Terminal::stderr(config.method.name()))?;
    print(&match json {
        true => exit::json(&plan)?,
        false => text(&plan),
    })
}

fn text(plan: &DryRun) -> String {
    let mut text = format!(
        "{} on {}: {} in batches of {}, {}\n",
        plan.method,
        plan.dataset,
        counted(plan.images, "image", "images"),
        plan.batch,
        plan.schedule
    );
    text.push_str("epoch   ratio       kept   share\n");
    for epoch in &plan.table.epochs {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{:>5}  {:>6.4}  {:>9}  {:>6.4}",
            epoch.epoch, epoch.keep_ratio, epoch.kept, epoch.share
        );
    }
    let table = &plan.table;
    let _ = writeln!(
        text,
        "{}, {} of {} samples back-propagated, {:.4} of full training",
        counted(table.steps, "step", "steps"),
        table.kept,
        table.seen,
        plan.kept_share
    );
    if table.scored > 0 {
        let _ = writeln!(text, "{} samples scored by their losses", table.scored);
    }
    let _ = writeln!(
        text,
        "operations {:.4} of full training, without the reference's features",
        plan.flops_share()
    );
    text
}
