//! The results of a benchmark, as plain data.

use crate::{Ceilings, Spread};
use gstds::{Options, Path, Stage, adapter::Gpu, profile::Clock, work::Work};

/// Times of some work, and how close they are to the ceilings.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Measured {
    /// Milliseconds.
    pub time: Spread,
    /// The work done in them, by [`SelectionWork::stages`](gstds::work::SelectionWork::stages).
    pub work: Work,
    /// Floating-point operations, in 10⁹ a second of the median time.
    pub gflop_per_second: f64,
    /// Bytes, in 10⁹ a second of the median time.
    pub gb_per_second: f64,
    /// Milliseconds that [`Ceilings::bound`] gives.
    pub bound: f64,
    /// `bound` over the median time: 1 at the ceiling; above it where operands stayed in a cache.
    pub share: f64,
}

impl Measured {
    pub(crate) fn new(time: Spread, work: Work, ceilings: &Ceilings) -> Self {
        // A stage without work has no time.
        let per_time = |amount: f64| {
            if time.median > 0.0 {
                amount / time.median
            } else {
                0.0
            }
        };
        let bound = ceilings.bound(&work);
        Self {
            time,
            work,
            gflop_per_second: per_time(2.0 * work.multiply_adds as f64) * 1e-6,
            gb_per_second: per_time(work.bytes as f64) * 1e-6,
            bound,
            share: per_time(bound),
        }
    }
}

/// One stage of one shape.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct StageCell {
    /// The stage.
    pub stage: Stage,
    /// Its times, from selections with a pass for each stage.
    #[serde(flatten)]
    pub measured: Measured,
}

/// One shape.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Cell {
    /// Rows of the batch.
    pub rows: usize,
    /// Features of a row.
    pub features: usize,
    /// Rows kept.
    pub keep: usize,
    /// The path that the shape took.
    pub path: Path,
    /// Solver steps done.
    pub steps: u32,
    /// The status's [flags](gstds::Flags) by name, or `none`.
    pub flags: String,
    /// The status's residual.
    pub residual: f32,
    /// Dispatches of one selection.
    pub dispatches: u32,
    /// Bytes of the workspace.
    pub workspace_bytes: u64,
    /// Milliseconds of whole selections by the host's clock, from recording until done, features
    /// resident and nothing read back.
    pub wall: Spread,
    /// Milliseconds of `wall` until the selection is submitted; every call has the features and the
    /// count of the one before.
    pub host: Spread,
    /// Whole selections by the report's clock.
    pub total: Measured,
    /// The stages, in order.
    pub stages: Vec<StageCell>,
    /// The rows kept.
    #[serde(skip)]
    pub kept: Vec<u32>,
}

/// One shape measured as two subjects.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Control {
    /// Rows of the shape.
    pub rows: usize,
    /// Features of the shape.
    pub features: usize,
    /// Whole selections of the second subject; those of the first are the shape's cell.
    pub time: Spread,
    /// The second subject's median over the first one's: 1 but for noise.
    pub ratio: f64,
}

impl Control {
    pub(crate) fn new(first: &Cell, second: &Cell) -> Self {
        let time = second.total.time;
        Self {
            rows: first.rows,
            features: first.features,
            time,
            ratio: time.median / first.total.time.median,
        }
    }
}

/// What was measured on.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AdapterDescription {
    /// The adapter's name.
    pub adapter: String,
    /// The graphics API.
    pub backend: String,
    /// The driver's name.
    pub driver: String,
    /// The driver's version, as it gives it.
    pub driver_info: String,
    /// Whether the adapter is a CPU emulating a GPU.
    pub software: bool,
    /// Version of this crate.
    pub version: String,
}

impl AdapterDescription {
    pub(crate) fn of(gpu: &Gpu) -> Self {
        let info = gpu.adapter.get_info();
        Self {
            adapter: info.name,
            backend: info.backend.to_string(),
            driver: info.driver,
            driver_info: info.driver_info,
            software: gpu.is_software(),
            version: env!("CARGO_PKG_VERSION").into(),
        }
    }
}

/// A benchmark's results; times in milliseconds.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct BenchReport {
    /// What was measured on.
    pub machine: AdapterDescription,
    /// The clock of everything but `wall` and `host`.
    pub clock: Clock,
    /// Rounds that counted.
    pub rounds: usize,
    /// What was computed.
    pub options: Options,
    /// The ceilings.
    pub ceilings: Ceilings,
    /// One shape against itself; none where no shape was measured.
    pub control: Option<Control>,
    /// The shapes, in the plan's order.
    pub cells: Vec<Cell>,
}
