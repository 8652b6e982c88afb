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
            limit,
            needed: needed.into(),
            allowed: allowed.into(),
        }),
    }
}

/// That the path takes this many rows under these options.
pub(super) fn fused_takes(rows: usize, options: &Options) -> Result<()> {
    let refused = |what, value: String, limit| {
        let path = Path::Fused.name();
        Err(Error::PathTakes {
            path,
            what,
            value,
            limit,
        })
    };
    if rows > MAX_FUSED_ROWS {
        return refused("rows", rows.to_string(), "at most 512");
    }
    if options.solver != Solver::Lanczos {
        return refused("solver", options.solver.to_string(), "lanczos");
    }
    if options.has_further() {
        return refused("vectors", options.vectors.to_string(), "1");
    }
    // All steps are iterations of one thread, of which llvmpipe allows 65,535.
    if options.solver_steps() > MAX_FUSED_STEPS {
        return refused("steps", options.solver_steps().to_string(), "at most 96");
    }
    // An affinity that needs more than S itself is for another path.
    if !matches!(
        options.affinity,
        Affinity::Auto | Affinity::Raw | Affinity::Shift | Affinity::Clamp
    ) {
        let value = options.affinity.to_string();
        return refused("affinity", value, "auto, raw, shift or clamp");
    }
    if options.storage != Storage::Full {
        return refused("storage", options.storage.to_string(), "full");
    }
    Ok(())
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
    let refused = |what, value: String, limit| {
        let path = Path::LowRank.name();
        Err(Error::PathTakes {
            path,
            what,
            value,
            limit,
        })
    };
    if !matches!(
        options.affinity,
        Affinity::Auto | Affinity::Raw | Affinity::Shift
    ) {
        let value = options.affinity.to_string();
        return refused("affinity", value, "auto, raw or shift");
    }
    if options.storage != Storage::Full {
        return refused(
            "storage",
            options.storage.to_string(),
            "full, for it stores no matrix",
        );
    }
    if rows > MAX_LOW_RANK_ROWS {
        return refused("rows", rows.to_string(), "up to 1,048,576");
    }
    let steps = match options.solver {
        Solver::Lanczos => options.solver_steps() as usize,
        Solver::Power => 1,
    };
    if !has_dual(options) && rows.saturating_mul(steps) > MOST_ENTRIES {
        let value = format!("{rows} times {steps}");
        return refused("rows times steps of un", value, "up to 8,388,608");
    }
    Ok(())
}
