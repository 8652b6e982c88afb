//! A model that predicts the time of a selection from its dispatches, the work counted for it, and
//! the inner loops of its kernels. Nothing here was measured; every constant says where it is from.

use std::collections::HashMap;

use super::parse::{Kernel, Loop};
use super::selection::{Selection, Stage, Work};

/// A GPU, as its vendor describes it and as the model assumes it.
pub(crate) struct Gpu {
    pub name: &'static str,
    /// Where the first figures are from.
    pub source: &'static str,
    /// Whether it shares the memory of a CPU.
    pub integrated: bool,
    /// Multiprocessors: SMs, GPU cores, dual subslices.
    pub multiprocessors: f64,
    /// Clock in GHz.
    pub clock: f64,
    /// Lanes of f32 in a multiprocessor.
    pub lanes: f64,
    /// GB/s of memory.
    pub memory: f64,
    // Assumed:
    /// MB of the last cache.
    pub cache: f64,
    /// GB/s of that cache.
    pub cache_rate: f64,
    /// Nanoseconds of a load that the last cache serves and whose address is known just then.
    pub load: f64,
    /// Nanoseconds of such a read of workgroup memory.
    pub shared_read: f64,
    /// Microseconds from the end of a dispatch to the start of one that depends on it.
    pub dispatch: f64,
}

/// The GPUs of the prediction.
pub(crate) const GPUS: [Gpu; 3] = [
    Gpu {
        name: "H100",
        source: "NVIDIA H100 data sheet, SXM: 67 TFLOPS of f32, 3.35 TB/s; white paper: 132 SMs of 128 lanes, 50 MB of L2. The clock follows from the TFLOPS",
        integrated: false,
        multiprocessors: 132.0,
        clock: 1.98,
        lanes: 128.0,
        memory: 3350.0,
        cache: 50.0,
        cache_rate: 5500.0,
        load: 150.0,
        shared_read: 15.0,
        dispatch: 2.0,
    },
    Gpu {
        name: "M2",
        source: "Apple's announcement of the M2: 10 cores, 3.6 TFLOPS, 100 GB/s. 128 lanes a core are assumed, the clock follows",
        integrated: true,
        multiprocessors: 10.0,
        clock: 1.4,
        lanes: 128.0,
        memory: 100.0,
        cache: 8.0,
        cache_rate: 300.0,
        load: 250.0,
        shared_read: 40.0,
        dispatch: 4.0,
    },
    Gpu {
        name: "Iris Xe",
        source: "Intel's specification of the i7-1185G7: 96 execution units, 1.35 GHz; two channels of LPDDR4x-4267. Eight lanes a unit and 16 units a dual subslice",
        integrated: true,
        multiprocessors: 6.0,
        clock: 1.35,
        lanes: 128.0,
        memory: 68.0,
        cache: 3.8,
        cache_rate: 170.0,
        load: 300.0,
        shared_read: 60.0,
        dispatch: 6.0,
    },
];

/// Cycles from an instruction to one that needs its result (assumed: four on NVIDIA's and Apple's).
pub(crate) const DEPENDENT_CYCLES: f64 = 4.0;
/// Chains of such instructions at most that the compiler interleaves, of as many as an iteration has
/// multiply-adds, loads or reads of workgroup memory (assumed).
pub(crate) const CHAINS: u32 = 4;
/// Lanes that a multiprocessor holds at once (NVIDIA: 64 warps; assumed for all).
pub(crate) const RESIDENT_LANES: f64 = 2048.0;
/// Loads that a kernel waits for one after another outside its main loop: parameters, the state
/// that says whether there is anything to do, the first and the last operand (assumed).
pub(crate) const LOADS_BESIDE: f64 = 4.0;
/// The same where a dispatch finds nothing to do.
pub(crate) const LOADS_IDLE: f64 = 1.0;

/// The kernel that compares every row with every other, which `gstds::work` leaves out: each
/// comparison is a word read.
const COMPARES_ALL: &str = "rank";

fn comparisons(rows: u32) -> Work {
    Work {
        multiply_adds: 0.0,
        bytes: 4.0 * f64::from(rows) * f64::from(rows),
    }
}

/// Microseconds of a selection.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Prediction {
    /// Each stage that dispatches anything.
    pub stages: Vec<(String, f64)>,
    /// Of the whole, what passes between dispatches.
    pub between: f64,
}

impl Prediction {
    pub fn total(&self) -> f64 {
        self.stages.iter().map(|(_, time)| time).sum()
    }
}

/// Predicts a selection on a GPU; none where a kernel is missing.
pub(crate) fn predict(selection: &Selection, kernels: &[Kernel], gpu: &Gpu) -> Option<Prediction> {
    let mut stages = Vec::new();
    for stage in &selection.stages {
        let mut sum = 0.0;
        for share in shared_out(stage, selection, kernels)? {
            let work = match share.kernel.name.as_str() {
                COMPARES_ALL => Some(comparisons(selection.rows)),
                _ => share.work,
            };
            sum += gpu.dispatch
                + work.map_or(LOADS_IDLE * gpu.load / 1e3, |work| {
                    gpu.microseconds(share.kernel, share.workgroups, work, held(selection))
                });
        }
        stages.push((stage.name.clone(), sum));
    }
    let dispatches: usize = selection.stages.iter().map(|it| it.dispatches.len()).sum();
    Some(Prediction {
        stages,
        between: dispatches as f64 * gpu.dispatch,
    })
}

/// Bytes of the matrix and of the features: what a dispatch goes through, however often.
fn held(selection: &Selection) -> f64 {
    let (rows, features) = (f64::from(selection.rows), f64::from(selection.features));
    4.0 * rows * (rows + features)
}

/// A dispatch and its part of the work of its stage.
struct Share<'a> {
    kernel: &'a Kernel,
    workgroups: f64,
    /// None for the solver's steps after the last that is needed.
    work: Option<Work>,
}

impl Share<'_> {
    fn lanes(&self) -> f64 {
        self.workgroups * f64::from(self.kernel.lanes.max(1))
    }

    fn is_single(&self) -> bool {
        self.workgroups <= 1.0
    }
}

/// The work of each dispatch of a stage; none where a kernel is missing.
///
/// What the solve does in single workgroups is shared out among the dispatches of one workgroup,
/// the rest of a stage among the others, by their lanes; where there is one kind, it takes all.
fn shared_out<'a>(
    stage: &Stage,
    selection: &Selection,
    kernels: &'a [Kernel],
) -> Option<Vec<Share<'a>>> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut shares = Vec::new();
    for dispatch in &stage.dispatches {
        let count = seen.entry(&dispatch.kernel).or_default();
        *count += 1;
        shares.push(Share {
            kernel: kernels.iter().find(|it| it.name == dispatch.kernel)?,
            workgroups: dispatch.workgroups,
            work: (*count <= selection.steps_done).then(Work::default),
        });
    }
    let busy = || shares.iter().filter(|it| it.work.is_some());
    let lanes = |single| -> f64 {
        let of_kind = busy().filter(|it| it.is_single() == single);
        of_kind.map(Share::lanes).sum()
    };
    let (single, many) = (lanes(true), lanes(false));
    let is_split = stage.name == "fiedler" && single > 0.0 && many > 0.0;
    let serial = if is_split {
        selection.serial
    } else {
        Work::default()
    };
    for share in &mut shares {
        let (work, lanes) = match (is_split, share.is_single()) {
            (false, _) => (stage.work, single + many),
            (true, true) => (serial, single),
            (true, false) => (stage.work.less(serial), many),
        };
        let part = share.lanes() / lanes;
        share.work = share.work.map(|_| work.times(part));
    }
    Some(shares)
}

impl Work {
    fn times(self, factor: f64) -> Self {
        Self {
            multiply_adds: self.multiply_adds * factor,
            bytes: self.bytes * factor,
        }
    }

    fn less(self, other: Self) -> Self {
        Self {
            multiply_adds: (self.multiply_adds - other.multiply_adds).max(0.0),
            bytes: (self.bytes - other.bytes).max(0.0),
        }
    }
}

impl Gpu {
    /// Microseconds of one dispatch: the longest of what its instructions take to issue, of what
    /// its lanes wait for, and of what its bytes take to move; and a few loads beside. The last
    /// cache serves it where all that is `held` fits.
    fn microseconds(&self, kernel: &Kernel, workgroups: f64, work: Work, held: f64) -> f64 {
        let lanes = workgroups * f64::from(kernel.lanes.max(1));
        let busy = workgroups.min(self.multiprocessors);
        let iterations = kernel.loops.first().map_or(0.0, |it| iterations(it, work)) / lanes;
        let nothing = Loop::default();
        let inner = kernel.loops.first().unwrap_or(&nothing);
        let issue =
            f64::from(inner.instructions) * iterations * lanes / (busy * self.lanes * self.clock);
        // Multiprocessors take further workgroups when earlier ones end.
        let turns = (lanes / (self.multiprocessors * RESIDENT_LANES))
            .ceil()
            .max(1.0);
        let chain = turns * iterations * self.iteration(inner);
        let megabytes = work.bytes.min(held) / 1e6;
        let of_memory = if megabytes < self.cache {
            self.cache_rate
        } else {
            self.memory
        };
        let rate = of_memory * busy / self.multiprocessors;
        // What a loop that only compares entries of workgroup memory reads was moved before.
        let compares = inner.fmas == 0 && inner.loads == 0 && inner.shared_reads > 0;
        let bytes = if compares { 0.0 } else { work.bytes / rate };
        (issue.max(chain).max(bytes) + LOADS_BESIDE * self.load) / 1e3
    }

    /// Nanoseconds that a lane is at one iteration when nothing else is in its way.
    fn iteration(&self, inner: &Loop) -> f64 {
        let independent = inner.fmas.max(inner.loads).max(inner.shared_reads);
        let chains = independent.clamp(1, CHAINS);
        let apart = (DEPENDENT_CYCLES / f64::from(chains)).max(1.0);
        let cycles = f64::from(inner.instructions) * apart;
        let rounds = |count: u32| f64::from(count) / f64::from(inner.in_flight.max(1));
        let waits = if inner.loads > 0 {
            rounds(inner.loads).ceil() * self.load
        } else {
            rounds(inner.shared_reads).ceil() * self.shared_read
        };
        cycles / self.clock + waits
    }
}

/// Iterations of a loop, of all lanes together, that do this work.
fn iterations(inner: &Loop, work: Work) -> f64 {
    match (inner.fmas, inner.words) {
        (0, 0) => work.bytes / 4.0 / f64::from(inner.shared_reads.max(1)),
        (0, words) => work.bytes / 4.0 / f64::from(words),
        (fmas, _) => work.multiply_adds / f64::from(fmas),
    }
}

#[cfg(test)]
mod tests;
