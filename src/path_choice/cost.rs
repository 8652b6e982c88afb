//! What a selection costs on one path: its dispatches and its counted work, at the rates of a kind
//! of device.

use crate::{
    Options, Path, Shape,
    fiedler::spread::is_spread,
    low_rank::{Tiling, has_dual},
    work::SelectionWork,
};

/// What runs the kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Processor {
    /// Many multiprocessors, of which a dispatch of few workgroups fills few.
    Gpu,
    /// A GPU that shares the memory of a CPU and mostly has few multiprocessors. Paths are chosen as
    /// for another GPU.
    Integrated,
    /// A CPU that emulates a GPU: a few workgroups fill it.
    Software,
}

impl Processor {
    /// What this device runs on.
    pub fn of(device: &wgpu::Device) -> Self {
        match device.adapter_info().device_type {
            wgpu::DeviceType::Cpu => Self::Software,
            // A browser does not say which.
            wgpu::DeviceType::IntegratedGpu | wgpu::DeviceType::Other => Self::Integrated,
            _ => Self::Gpu,
        }
    }

    /// Rows up to which the tiles of similarities, a workgroup each, leave so much of the device idle
    /// that more lanes should share the features of a tile: 136 tiles of a GPU of some hundred
    /// multiprocessors, 10 of a small one.
    pub fn split_rows(self) -> usize {
        match self {
            Self::Gpu => 1024,
            Self::Integrated => 256,
            Self::Software => 0,
        }
    }

    fn rates(self) -> &'static Rates {
        match self {
            Self::Gpu | Self::Integrated => &GPU,
            Self::Software => &SOFTWARE,
        }
    }
}

/// Round figures. Only their ratios decide.
struct Rates {
    /// Seconds from one recorded dispatch to the next.
    recorded: f64,
    /// Seconds more of one that has something to do.
    busy: f64,
    /// Multiply-adds a second of a kernel that fills the device.
    multiply_adds: f64,
    /// Bytes a second of a kernel that fills the device.
    bytes: f64,
    /// Bytes a second of a kernel of one workgroup.
    bytes_of_one: f64,
    /// Workgroups that fill the device.
    filling: f64,
}

/// Of the order of a discrete GPU's. One workgroup waits for its loads most of the time; as many as
/// fill the device move `filling` times what one does.
const GPU: Rates = Rates {
    recorded: 2e-6,
    busy: 1e-6,
    multiply_adds: 5e12,
    bytes: 1e12,
    bytes_of_one: 2.7e10,
    filling: 37.0,
};

/// In the ratios of llvmpipe's, where everything is some hundred times slower.
const SOFTWARE: Rates = Rates {
    recorded: 1e-6,
    busy: 1e-6,
    multiply_adds: 5e12,
    bytes: 1e12,
    bytes_of_one: 1e11,
    filling: 1.0,
};

/// Estimated seconds of a selection on one path.
pub(super) fn seconds(path: Path, shape: Shape, options: &Options, processor: Processor) -> f64 {
    let rates = processor.rates();
    let steps = steps(options);
    let work = SelectionWork::new(path, shape, options, steps);
    let (total, serial) = (work.total(), work.serial());
    let multiply_adds = (total.multiply_adds - serial.multiply_adds) as f64;
    let bytes = (total.bytes - serial.bytes) as f64;
    let groups = Workgroups::of(path, shape);
    let filled = |groups: f64| (groups / rates.filling).min(1.0);
    let (recorded, busy) = dispatches(path, shape.rows, options);
    let arithmetic = multiply_adds / (rates.multiply_adds * filled(groups.multiplying));
    let memory = bytes / (rates.bytes * filled(groups.reading));
    recorded * rates.recorded
        + busy * rates.busy
        + arithmetic.max(memory)
        + serial.bytes as f64 / rates.bytes_of_one
}

/// Workgroups of the kernels that do most of the multiply-adds, and of those that read most bytes.
struct Workgroups {
    multiplying: f64,
    reading: f64,
}

impl Workgroups {
    fn of(path: Path, shape: Shape) -> Self {
        let tiles = shape.rows.div_ceil(64) as f64;
        let of_similarity = tiles * (tiles + 1.0) / 2.0;
        match path {
            Path::LowRank => {
                let tiling = Tiling::new(shape.rows, shape.features);
                let groups = shape.rows.div_ceil(tiling.group_rows) as f64;
                Self {
                    multiplying: groups,
                    reading: groups,
                }
            }
            Path::Auto | Path::Dense => Self {
                multiplying: of_similarity,
                reading: shape.rows.div_ceil(4) as f64,
            },
            // One workgroup reads most of what is read, which is counted apart.
            Path::Fused => Self {
                multiplying: of_similarity,
                reading: of_similarity,
            },
        }
    }
}

/// Solver steps until the residual is small enough: about half of those that are recorded.
pub(crate) fn steps(options: &Options) -> u32 {
    options.solver_steps().div_ceil(2)
}

/// Dispatches of a selection, and how many of them have something to do: those after the solver's
/// last step do not.
fn dispatches(path: Path, rows: usize, options: &Options) -> (f64, f64) {
    let (fixed, a_step) = match path {
        Path::Fused => (3.0, 0.0),
        Path::Auto | Path::Dense => (9.0, 2.0),
        Path::LowRank if has_dual(options) => (18.0, 2.0),
        Path::LowRank if is_spread(options.laplacian, options.solver, rows) => (18.0, 8.0),
        Path::LowRank => (18.0, 4.0),
    };
    let of_steps = |steps: u32| fixed + a_step * f64::from(steps);
    (of_steps(2 * steps(options)), of_steps(steps(options)))
}
