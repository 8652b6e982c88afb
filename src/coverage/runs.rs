//! Runs of rows, in each of which a workgroup looks for a candidate.

/// Runs at most.
pub(super) const MOST_RUNS: usize = 256;
/// Rows of a run, at least.
const RUN_ROWS: usize = 1024;

/// Runs of so many rows.
pub(super) fn runs(rows: usize) -> u32 {
    rows.div_ceil(RUN_ROWS).clamp(1, MOST_RUNS) as u32
}
