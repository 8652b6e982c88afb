//! Benchmarks of whole selections and of their stages: a grid of shapes, interleaved, beside the
//! device's ceilings. Submits and waits.
//!
//! Every round visits every shape and the kernels of the ceilings once, so that drift of clocks and
//! load affects all of them alike; every other round goes backward. A first round warms up and does
//! not count. One shape is measured twice, as if it were two: the deviation of the ratio of its two
//! medians from 1 shows how far other ratios of the same run can be trusted.
//!
//! ```no_run
//! use gstds::{Shape, adapter};
//! use gstds_bench::{BenchConfig, run};
//!
//! let gpu = adapter::open(&adapter::AdapterRequest::default())?;
//! let shapes = [128, 512].map(|rows| Shape { rows, features: 512 });
//! let report = run(&gpu, &BenchConfig::new(&shapes))?;
//! println!("{}", report.text());
//! # Ok::<(), gstds::Error>(())
//! ```

#![deny(missing_docs)]

mod ceiling_kernel;
mod ceilings;
mod copy_ceiling;
mod data;
mod fma_ceiling;
mod report;
mod shape_bench;
mod spread;
mod table;

pub use ceilings::{Ceiling, Ceilings};
pub use copy_ceiling::CopyCeiling;
pub use data::{features, noise};
pub use fma_ceiling::FmaCeiling;
pub use report::{AdapterDescription, BenchReport, Cell, Control, Measured, StageCell};
pub use spread::Spread;

use ceilings::CeilingTimes;
use gstds::{Keep, Options, Result, Selector, Shape, adapter::Gpu};
use shape_bench::ShapeBench;

/// What is measured.
#[derive(Clone, Debug)]
pub struct BenchConfig {
    /// The shapes, one cell each.
    pub shapes: Vec<Shape>,
    /// What is computed.
    pub options: Options,
    /// How many rows are kept.
    pub keep: Keep,
    /// Rounds that count; none counts as one.
    pub rounds: usize,
}

impl BenchConfig {
    /// These shapes with the preset [`Options::gstds`], a quarter kept, 15 rounds.
    #[must_use]
    pub fn new(shapes: &[Shape]) -> Self {
        Self {
            shapes: shapes.to_vec(),
            options: Options::gstds(),
            keep: Keep::Ratio(0.25),
            rounds: 15,
        }
    }
}

/// A benchmark under way, for callers that interleave it with something else; others call [`run`].
#[derive(Debug)]
pub struct Session<'a> {
    gpu: &'a Gpu,
    config: BenchConfig,
    /// In the order of the grid; the control follows the shape it repeats.
    shapes: Vec<ShapeBench>,
    control: usize,
    ceilings: CeilingTimes,
    rounds: usize,
}

impl<'a> Session<'a> {
    /// Prepares every shape, uploads its [`features`], and makes the warm-up round.
    ///
    /// # Errors
    /// Whatever [`Selector::new`], [`Selector::prepare`] and
    /// [`Batch::encode`](gstds::Batch::encode) return, and
    /// [`Error::OutOfMemory`](gstds::Error::OutOfMemory).
    pub fn new(gpu: &'a Gpu, config: &BenchConfig) -> Result<Self> {
        let selector = Selector::new(&gpu.device, &config.options)?;
        let control = config.shapes.len() / 2;
        let mut shapes = Vec::new();
        for (place, shape) in config.shapes.iter().enumerate() {
            for _ in 0..if place == control { 2 } else { 1 } {
                shapes.push(ShapeBench::new(gpu, &selector, *shape, config.keep)?);
            }
        }
        let mut session = Self {
            gpu,
            config: config.clone(),
            shapes,
            control,
            ceilings: CeilingTimes::new(gpu)?,
            rounds: 0,
        };
        session.visit_all(false)?;
        Ok(session)
    }

    /// One round: every shape and both ceilings, once.
    ///
    /// # Errors
    /// [`Error::ReadBack`](gstds::Error::ReadBack).
    pub fn round(&mut self) -> Result<()> {
        self.visit_all(true)?;
        self.rounds += 1;
        Ok(())
    }

    fn visit_all(&mut self, counts: bool) -> Result<()> {
        let queue = &self.gpu.queue;
        self.ceilings.visit(queue, counts)?;
        let count = self.shapes.len();
        for turn in 0..count {
            let backward = self.rounds % 2 == 1;
            let at = if backward { count - 1 - turn } else { turn };
            self.shapes[at].visit(queue, counts)?;
        }
        Ok(())
    }

    /// The results of the rounds so far; makes one where there was none.
    ///
    /// # Errors
    /// Whatever [`Session::round`] and [`Batch::read_status`](gstds::Batch::read_status) return.
    pub fn report(&mut self) -> Result<BenchReport> {
        if self.rounds == 0 {
            self.round()?;
        }
        let ceilings = self.ceilings.ceilings();
        let mut cells = Vec::new();
        for shape in &self.shapes {
            cells.push(shape.cell(&self.gpu.queue, &ceilings)?);
        }
        let control = (!cells.is_empty()).then(|| {
            let second = cells.remove(self.control + 1);
            Control::new(&cells[self.control], &second)
        });
        Ok(BenchReport {
            machine: AdapterDescription::of(self.gpu),
            clock: ceilings.clock,
            rounds: self.rounds,
            options: self.config.options.clone(),
            ceilings,
            control,
            cells,
        })
    }
}

/// Makes all rounds and reports.
///
/// # Errors
/// Whatever [`Session::new`], [`Session::round`] and [`Session::report`] return.
pub fn run(gpu: &Gpu, config: &BenchConfig) -> Result<BenchReport> {
    let mut session = Session::new(gpu, config)?;
    for _ in 0..config.rounds {
        session.round()?;
    }
    session.report()
}
