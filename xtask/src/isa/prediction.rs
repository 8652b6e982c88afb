//! The section of docs/benchmarks/isa.md that predicts times.

use std::fmt::Write;

use anyhow::{Context, Result};

use super::capture::Capture;
use super::model::{
    CHAINS, DEPENDENT_CYCLES, GPUS, Gpu, LOADS_BESIDE, LOADS_IDLE, RESIDENT_LANES, predict,
};
use super::selection::Selection;

/// What the names of options end in whose selections are those of an integrated GPU.
const INTEGRATED: &str = ", integrated";

/// Rows at most of the selections that are predicted.
const MOST_ROWS: u32 = 8192;

const INTRODUCTION: &str = "\
Predictions, not measurements: `cargo xtask isa --predict` computes them from the dispatches that the kernel crate records, the work that `gstds::work` counts for them, the inner loops above and the constants below. They serve to compare one version of the kernels with another. Options `preset` are `gstds`, `un` the same with that Laplacian, `twice` those with `Options::gram_schmidt` of that value; f32 features, a quarter kept, half of the recorded solver steps needed. Selections of `twice`, and on the fused path above 256 rows, are recorded as a discrete GPU takes them, where teams of lanes share the features of a tile of similarities up to 1,024 rows; integrated ones do so up to 256.

A dispatch takes the time between dispatches, a few loads one after another, and the longest of three:

- what its instructions take to issue: instructions an iteration, times the iterations of all lanes, over the lanes of the multiprocessors that have a workgroup, times the clock;
- what one lane takes: iterations of a lane, times its instructions, of which each waits for the one before it in its chain, and rounds of loads that are under way together (loads over `under way`); times the turns in which the multiprocessors take all workgroups;
- what its bytes take to move, from the last cache where the matrix and the features fit in it, else from memory, by the share of multiprocessors that have a workgroup; none where the loop compares entries of workgroup memory.

Iterations follow from the work of the dispatch over what the first loop of its kernel gets done in one; what the workgroups of `delayed_step` repeat of each other is counted with it. What single workgroups do of the solve is shared out among the dispatches of one workgroup, the rest of a stage among the others, by their lanes; `rank` compares all pairs of rows. Left out: every loop of a kernel but the first, barriers and reductions inside a kernel, the small tridiagonal problem, other instruction sets than AMD's, submission by the host.
";

/// The section's text.
pub(crate) fn section(captured: &Capture) -> Result<String> {
    let mut text = format!("{INTRODUCTION}\n{}\n", constants());
    text += "| GPU | options | rows | features | path | dispatches | predicted µs | of it between dispatches | stages |\n";
    text += "|---|---|---:|---:|---|---:|---:|---:|---|\n";
    for gpu in &GPUS {
        let all = captured.selections.iter();
        let of_gpu = all.filter(|it| it.rows <= MOST_ROWS && is_of(it, gpu, captured));
        let mut of_gpu: Vec<_> = of_gpu.collect();
        of_gpu.sort_by_key(|it| (name(it), it.rows));
        for selection in of_gpu {
            let prediction = predict(selection, &captured.kernels, gpu)
                .with_context(|| format!("{}: a kernel was not compiled", selection.path))?;
            let stages = selection.stages.iter().zip(&prediction.stages);
            let shown = stages.filter(|(stage, _)| !stage.dispatches.is_empty());
            let shown: Vec<_> = shown
                .map(|(_, (name, us))| format!("{name} {us:.0}"))
                .collect();
            let dispatches: usize = selection.stages.iter().map(|it| it.dispatches.len()).sum();
            let chosen = if selection.is_chosen { " (auto)" } else { "" };
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {}{chosen} | {dispatches} | {:.0} | {:.0} | {} |",
                gpu.name,
                name(selection),
                selection.rows,
                selection.features,
                selection.path,
                prediction.total(),
                prediction.between,
                shown.join(", "),
            );
        }
    }
    Ok(text)
}

/// The name of a selection's options in the table.
fn name(selection: &Selection) -> &str {
    selection.options.trim_end_matches(INTEGRATED)
}

/// Whether a GPU takes a selection so: an integrated one takes some in another way.
fn is_of(selection: &Selection, gpu: &Gpu, captured: &Capture) -> bool {
    if selection.options.ends_with(INTEGRATED) {
        return gpu.integrated;
    }
    let instead = format!("{}{INTEGRATED}", selection.options);
    let of_both = |it: &Selection| (it.path.clone(), it.rows);
    let replaced = |it: &Selection| it.options == instead && of_both(it) == of_both(selection);
    !(gpu.integrated && captured.selections.iter().any(replaced))
}

/// The constants of the model, with their sources.
fn constants() -> String {
    let mut text = String::from("| from the vendor |");
    let line = |text: &mut String, what: &str, of: fn(&Gpu) -> String| {
        let _ = write!(text, "| {what} |");
        GPUS.iter()
            .for_each(|gpu| text.push_str(&format!(" {} |", of(gpu))));
        text.push('\n');
    };
    GPUS.iter()
        .for_each(|gpu| text.push_str(&format!(" {} |", gpu.name)));
    text += "\n|---|---:|---:|---:|\n";
    line(&mut text, "multiprocessors", |it| {
        it.multiprocessors.to_string()
    });
    line(&mut text, "f32 lanes each", |it| it.lanes.to_string());
    line(&mut text, "clock, GHz", |it| it.clock.to_string());
    line(&mut text, "memory, GB/s", |it| it.memory.to_string());
    line(&mut text, "**assumed**", |_| String::new());
    line(&mut text, "last cache, MB", |it| it.cache.to_string());
    line(&mut text, "last cache, GB/s", |it| {
        it.cache_rate.to_string()
    });
    line(&mut text, "a load that the last cache serves, ns", |it| {
        it.load.to_string()
    });
    line(&mut text, "a read of workgroup memory, ns", |it| {
        it.shared_read.to_string()
    });
    line(&mut text, "between dispatches, µs", |it| {
        it.dispatch.to_string()
    });
    text += "\nSources:\n\n";
    for gpu in &GPUS {
        let _ = writeln!(text, "- {}: {}.", gpu.name, gpu.source);
    }
    let _ = writeln!(
        text,
        "- Assumed of all: {DEPENDENT_CYCLES} cycles from an instruction to one that needs its \
         result, {CHAINS} chains at most of such instructions at a time, {RESIDENT_LANES} lanes resident on a multiprocessor, {LOADS_BESIDE} loads one after \
         another beside the loop of a dispatch and {LOADS_IDLE} in one that finds nothing to do."
    );
    text
}
