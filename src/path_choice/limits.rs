//! What shapes and options each path takes.

use crate::{Affinity, Error, Options, Path, Result, Solver, Storage, low_rank::has_dual};

/// Rows at most: a lane of the largest workgroup for each.
const MAX_FUSED_ROWS: usize = 512;
/// Solver steps at most.
const MAX_FUSED_STEPS: u32 = 96;
/// Rows at most on every device; more need a wider workgroup than WebGPU promises.
const NARROW_ROWS: usize = 256;
/// Bytes of workgroup memory that the wider one needs.
const WIDE_BYTES: u32 = 24 << 10;

/// Whether workspaces for this many rows take the wider workgroup.
pub(crate) fn is_wide(rows: usize) -> bool {
    rows > NARROW_ROWS
}

/// That the device has a workgroup for this many rows.
pub(crate) fn check_fused(rows: usize, limits: &wgpu::Limits) -> Result<()> {
    let threads = limits.max_compute_invocations_per_workgroup;
    let across = limits.max_compute_workgroup_size_x;
    let needs = [
        ("max_compute_invocations_per_workgroup", threads, 512),
        ("max_compute_workgroup_size_x", across, 512),
        (
            "max_compute_workgroup_storage_size",
            limits.max_compute_workgroup_storage_size,
            WIDE_BYTES,
        ),
    ];
    let missing = needs.into_iter().find(|(_, has, needed)| has < needed);
    match missing.filter(|_| is_wide(rows)) {
        None => Ok(()),
        Some((limit, allowed, needed)) => Err(Error::DeviceTooSmall {
            what: "more than 256 rows on path fused",
            limit,
            needed: needed.into(),
            allowed: allowed.into(),
            remedy: "open it with a higher limit, or use fewer rows, path auto or another adapter",
        }),
    }
}

/// What a path does not take, and what to do instead.
struct Refusal {
    what: &'static str,
    value: String,
    takes: &'static str,
    remedy: &'static str,
}

impl Refusal {
    fn by(self, path: Path) -> Error {
        let Self {
            what,
            value,
            takes,
            remedy,
        } = self;
        Error::PathTakes {
            path: path.name(),
            what,
            value,
            takes,
            remedy,
        }
    }
}

/// That the path takes this many rows under these options.
pub(super) fn fused_takes(rows: usize, options: &Options) -> Result<()> {
    match fused_refuses(rows, options) {
        None => Ok(()),
        Some(refusal) => Err(refusal.by(Path::Fused)),
    }
}

fn fused_refuses(rows: usize, options: &Options) -> Option<Refusal> {
    let refused = |what, value: String, takes, remedy| {
        Some(Refusal {
            what,
            value,
            takes,
            remedy,
        })
    };
    if rows > MAX_FUSED_ROWS {
        let remedy = "use fewer rows or path auto";
        return refused("rows", rows.to_string(), "at most 512 rows", remedy);
    }
    if options.solver != Solver::Lanczos {
        let value = options.solver.to_string();
        let remedy = "use solver lanczos or path auto";
        return refused("solver", value, "solver lanczos", remedy);
    }
    if options.has_further() {
        let value = options.vectors.to_string();
        return refused("vectors", value, "1 vector", "use path auto");
    }
    // All steps are iterations of one thread, of which llvmpipe allows 65,535.
    if options.solver_steps() > MAX_FUSED_STEPS {
        let value = options.solver_steps().to_string();
        let remedy = "use fewer steps or path auto";
        return refused("steps", value, "at most 96 solver steps", remedy);
    }
    // An affinity that needs more than S itself is for another path.
    if !matches!(
        options.affinity,
        Affinity::Auto | Affinity::Raw | Affinity::Shift | Affinity::Clamp
    ) {
        let value = options.affinity.to_string();
        let takes = "affinity auto, raw, shift or clamp";
        return refused("affinity", value, takes, "use one of these or path auto");
    }
    if options.storage != Storage::Full {
        let value = options.storage.to_string();
        let remedy = "use storage full or path auto";
        return refused("storage", value, "storage full", remedy);
    }
    None
}

/// Rows at most on [`Path::LowRank`]. Where it solves over rows (un by Lanczos), rows times solver
/// steps are 8,388,608 at most.
// The kernels of one workgroup go through them 256 at a time, eleven times, and llvmpipe ends a
// thread after 65,535 iterations, whatever is left to do.
pub const MAX_LOW_RANK_ROWS: usize = 1 << 20;
/// Rows times solver steps at most where the solve runs over rows, for the same reason.
const MOST_ENTRIES: usize = 1 << 23;

/// That the path takes this many rows under these options.
pub(super) fn low_rank_takes(rows: usize, options: &Options) -> Result<()> {
    match low_rank_refuses(rows, options) {
        None => Ok(()),
        Some(refusal) => Err(refusal.by(Path::LowRank)),
    }
}

fn low_rank_refuses(rows: usize, options: &Options) -> Option<Refusal> {
    let refused = |what, value: String, takes, remedy| {
        Some(Refusal {
            what,
            value,
            takes,
            remedy,
        })
    };
    if !matches!(
        options.affinity,
        Affinity::Auto | Affinity::Raw | Affinity::Shift
    ) {
        let value = options.affinity.to_string();
        let takes = "affinity auto, raw or shift";
        return refused("affinity", value, takes, "use one of these or path auto");
    }
    if options.storage != Storage::Full {
        let value = options.storage.to_string();
        let remedy = "it stores no matrix, so use storage full or path auto";
        return refused("storage", value, "storage full", remedy);
    }
    if rows > MAX_LOW_RANK_ROWS {
        let remedy = "select in several batches";
        return refused("rows", rows.to_string(), "at most 1,048,576 rows", remedy);
    }
    let steps = match options.solver {
        Solver::Lanczos => options.solver_steps() as usize,
        Solver::Power => 1,
    };
    if !has_dual(options) && rows.saturating_mul(steps) > MOST_ENTRIES {
        let value = format!("{rows} times {steps}");
        let takes = "at most 8,388,608 rows times solver steps with laplacian un";
        // The dense path would hold 64 GiB or more, so auto is no way out.
        let remedy = "use fewer steps or laplacian sym";
        return refused("rows times steps", value, takes, remedy);
    }
    None
}
