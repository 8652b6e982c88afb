use crate::status::Status;

/// Whose fault an error is; what a program does about it follows, its exit code for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// An option or an argument has a value that it cannot have.
    Usage,
    /// The data, or the file they are in, cannot be used.
    Input,
    /// The device failed, or lacks the memory or a feature.
    Device,
    /// This machine has no usable adapter.
    Environment,
}

impl Error {
    /// Whose fault it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NoAdapter { .. } | Self::NoDevice { .. } => ErrorKind::Environment,
            Self::HalfNeighbours
            | Self::KeepRatio { .. }
            | Self::Neighbours { .. }
            | Self::NothingKept { .. }
            | Self::OneVector { .. }
            | Self::PathTakes { .. }
            | Self::Steps { .. }
            | Self::Tau { .. }
            | Self::UnknownAdapter { .. }
            | Self::UnknownName { .. }
            | Self::Vectors { .. } => ErrorKind::Usage,
            Self::Device { .. }
            | Self::DeviceLimit { .. }
            | Self::DeviceLost
            | Self::DeviceTooSmall { .. }
            | Self::OutOfMemory { .. }
            | Self::ReadBack { .. } => ErrorKind::Device,
            Self::BufferTooShort { .. }
            | Self::DataLength { .. }
            | Self::EmptyShape { .. }
            | Self::Graphs { .. }
            | Self::InvalidRows { .. }
            | Self::Misaligned { .. }
            | Self::NonPositiveDegree { .. }
            | Self::NotStorage { .. }
            | Self::RowsBeyondShape { .. }
            | Self::Stride { .. }
            | Self::TooManyRows { .. } => ErrorKind::Input,
        }
    }
}

/// What a call of this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a selection cannot be made. Each message names the value, the limit and the way out.
///
/// Everything about shapes, limits and buffers is found before any GPU work is recorded; only
/// [`Error::InvalidRows`] and [`Error::NonPositiveDegree`] depend on the features themselves and
/// therefore come from the helpers that read the status back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No GPU adapter answers on the backends asked for.
    #[error(
        "no GPU adapter found on {backends}: install a Vulkan driver (Debian, Ubuntu: apt-get install mesa-vulkan-drivers) or the vendor's driver"
    )]
    NoAdapter {
        /// Backends that were searched.
        backends: String,
    },
    /// No adapter has the name or number asked for.
    #[error("no adapter matches '{name}'; found: {found}")]
    UnknownAdapter {
        /// What was asked for.
        name: String,
        /// The adapters there are, numbered.
        found: String,
    },
    /// The adapter refused to open a device.
    #[error("adapter '{adapter}' opened no device: {reason}")]
    NoDevice {
        /// The adapter's name.
        adapter: String,
        /// The driver's words.
        reason: String,
    },
    /// A shape with no rows or no features.
    #[error("a batch needs at least one row and one feature, not {rows} x {features}")]
    EmptyShape {
        /// Rows of the shape or call.
        rows: usize,
        /// Features of the shape.
        features: usize,
    },
    /// More rows than [`MAX_ROWS`](crate::MAX_ROWS).
    #[error("{rows} rows in one batch; at most {limit} are supported: select in several batches")]
    TooManyRows {
        /// Rows asked for.
        rows: usize,
        /// The limit.
        limit: usize,
    },
    /// A call with more rows than its workspace was prepared for.
    #[error("{rows} rows in a workspace prepared for {prepared}: prepare a larger shape")]
    RowsBeyondShape {
        /// Rows of the call.
        rows: usize,
        /// Rows of the shape.
        prepared: usize,
    },
    /// A buffer that the device cannot bind or create.
    #[error(
        "{what} needs {needed} bytes, more than the device's {limit} of {allowed}: use fewer rows or features, or request a higher limit"
    )]
    DeviceLimit {
        /// The buffer.
        what: &'static str,
        /// Predicted bytes.
        needed: u64,
        /// Name of the wgpu limit.
        limit: &'static str,
        /// The limit's value.
        allowed: u64,
    },
    /// A workgroup or binding limit below WebGPU's defaults.
    #[error("the kernels need {limit} of at least {needed}; this device has {allowed}")]
    DeviceTooSmall {
        /// Name of the wgpu limit.
        limit: &'static str,
        /// Needed value.
        needed: u64,
        /// The limit's value.
        allowed: u64,
    },
    /// A keep count of zero.
    #[error("keeping 0 of {rows} rows selects nothing: keep at least 1")]
    NothingKept {
        /// Rows of the call.
        rows: usize,
    },
    /// A keep ratio outside (0, 1].
    #[error("keep ratio {ratio} is not in (0, 1]")]
    KeepRatio {
        /// The ratio given.
        ratio: f64,
    },
    /// More solver steps than the workspace holds, or none.
    #[error("{steps} solver steps: {solver} takes 1 to {limit}")]
    Steps {
        /// Steps asked for.
        steps: u32,
        /// Name of the solver.
        solver: &'static str,
        /// Largest number of steps.
        limit: u32,
    },
    /// A scale of the exp affinity that no weight can be computed with.
    #[error(
        "tau {tau} of the exp affinity is not a finite number above 0: 0.1 suits most features"
    )]
    Tau {
        /// The scale given.
        tau: f64,
    },
    /// More neighbours than the kernels look for, or none.
    #[error("{neighbours} neighbours: the knn affinity takes 1 to {limit}")]
    Neighbours {
        /// Neighbours asked for.
        neighbours: u32,
        /// Largest number of neighbours.
        limit: u32,
    },
    /// More vectors than a selection computes, or none.
    #[error("{vectors} vectors: a selection computes 1 to {limit}")]
    Vectors {
        /// Vectors asked for.
        vectors: u32,
        /// Largest number of vectors.
        limit: u32,
    },
    /// More than one vector of what finds one or none.
    #[error(
        "{vectors} vectors with {what} {value}, which finds one at most: use solver lanczos and a rule other than random"
    )]
    OneVector {
        /// Vectors asked for.
        vectors: u32,
        /// The option.
        what: &'static str,
        /// Its value.
        value: &'static str,
    },
    /// Nearest neighbours among similarities in f16.
    #[error("storage half does not tell near neighbours apart: use storage full with affinity knn")]
    HalfNeighbours,
    /// A path asked for with a shape or an option that it does not take.
    #[error("path {path} takes {what} {limit}, not {value}: use path auto, or another")]
    PathTakes {
        /// Name of the path.
        path: &'static str,
        /// The dimension or option.
        what: &'static str,
        /// What was asked for.
        value: String,
        /// What the path takes.
        limit: &'static str,
    },
    /// No graphs in one submission, or more than fit it.
    #[error("{graphs} graphs in one submission: this one takes 1 to {limit}")]
    Graphs {
        /// Graphs asked for.
        graphs: usize,
        /// Largest number of graphs.
        limit: usize,
    },
    /// A stride smaller than a row.
    #[error("a row stride of {stride} elements is shorter than a row of {features} features")]
    Stride {
        /// Elements between rows.
        stride: usize,
        /// Features of a row.
        features: usize,
    },
    /// A byte offset that its elements do not align to.
    #[error("{what} start at byte {offset}, which is no multiple of {align}")]
    Misaligned {
        /// What starts there.
        what: &'static str,
        /// The offset in bytes.
        offset: u64,
        /// Bytes of an element.
        align: u64,
    },
    /// A buffer that ends before its last element.
    #[error("{what} need {needed} bytes of a buffer that holds {size}")]
    BufferTooShort {
        /// What the buffer should hold.
        what: &'static str,
        /// Bytes needed, offset included.
        needed: u64,
        /// Bytes of the buffer.
        size: u64,
    },
    /// A buffer without `STORAGE` usage.
    #[error(
        "{what} lie in a buffer without BufferUsages::STORAGE: add it where the buffer is made"
    )]
    NotStorage {
        /// What the buffer holds.
        what: &'static str,
    },
    /// Data on the host that does not match its shape.
    #[error("{found} values given for {rows} x {features}")]
    DataLength {
        /// Values given.
        found: usize,
        /// Rows of the shape.
        rows: usize,
        /// Features of the shape.
        features: usize,
    },
    /// A name that is none of an option's.
    #[error("'{name}' is no {option}; choose one of {choices}")]
    UnknownName {
        /// The option.
        option: &'static str,
        /// What was given.
        name: String,
        /// The names there are.
        choices: &'static str,
    },
    /// Strict mode met zero, NaN or infinite rows.
    #[error(
        "{count} of {rows} rows are zero, NaN or infinite: clean them, or leave strict mode to have them ranked last"
    )]
    InvalidRows {
        /// Rows left out of the graph.
        count: u32,
        /// Rows of the call.
        rows: u32,
    },
    /// The symmetric Laplacian of a graph with a non-positive degree.
    #[error(
        "smallest degree {degree} under raw affinity and the sym Laplacian: use affinity auto, shift or clamp"
    )]
    NonPositiveDegree {
        /// The smallest degree.
        degree: f32,
        /// The whole status.
        status: Box<Status>,
    },
    /// The device has no memory left.
    #[error(
        "the device is out of memory for {bytes} bytes: select fewer rows at once, or free what else it holds"
    )]
    OutOfMemory {
        /// Predicted bytes.
        bytes: u64,
    },
    /// The device was lost: removed, reset by its driver, or destroyed.
    #[error("the device was lost: open a new one, and make selector and batches anew")]
    DeviceLost,
    /// The device refused something that no check foresaw.
    #[error("the device refused: {reason}")]
    Device {
        /// wgpu's words.
        reason: String,
    },
    /// Reading a result back failed.
    #[error("reading {what} back failed: {reason}")]
    ReadBack {
        /// What was read.
        what: &'static str,
        /// wgpu's words.
        reason: String,
    },
}
