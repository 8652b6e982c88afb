use crate::{matrix::MatrixKind, status::Status};

/// What kind of fault an error is: it decides what a program does about it, such as its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
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
    /// What kind of fault it is.
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
            | Self::RuleWithoutGraph { .. }
            | Self::Steps { .. }
            | Self::Tau { .. }
            | Self::UnknownAdapter { .. }
            | Self::UnknownName { .. }
            | Self::AlreadyTwice { .. }
            | Self::NoneLeft { .. }
            | Self::TooManyChosen { .. }
            | Self::EmbeddingVectors { .. }
            | Self::NoSuchRow { .. }
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
            | Self::RowsOfGraphs { .. }
            | Self::Stride { .. }
            | Self::TooManyRows { .. }
            | Self::TooManySearched { .. } => ErrorKind::Input,
        }
    }
}

/// What a call of this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a selection cannot be made. Each message names the value, the limit and what to do.
///
/// Everything about shapes, limits and buffers is found before any GPU work is recorded; only
/// [`Error::InvalidRows`] and [`Error::NonPositiveDegree`] depend on the features themselves and
/// therefore come from the helpers that read the status back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No GPU adapter answers on the backends asked for.
    #[error(
        "no GPU adapter found on {backends}: install a Vulkan driver \
         (Debian, Ubuntu: apt-get install mesa-vulkan-drivers) or the vendor's driver"
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
    #[error(
        "cannot open a device on adapter '{adapter}' ({reason}): update its driver, or use another \
         adapter"
    )]
    NoDevice {
        /// The adapter's name.
        adapter: String,
        /// The driver's message.
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
    /// More rows than [`MAX_ROWS`](crate::MAX_ROWS), or in a coverage more than
    /// [`MAX_COVERED_ROWS`](crate::MAX_COVERED_ROWS).
    #[error("{rows} rows in one batch: at most {limit} are supported; select in several batches")]
    TooManyRows {
        /// Rows asked for.
        rows: usize,
        /// The limit.
        limit: usize,
    },
    /// More rows than a search for neighbours takes.
    #[error(
        "{rows} rows in one search for neighbours: at most {limit} are supported; \
         divide them among several searches, each of which finds neighbours within its rows"
    )]
    TooManySearched {
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
        "{what} needs {needed} bytes, more than the device's {limit} of {allowed}: \
         use fewer rows or features, or a device with a higher limit"
    )]
    DeviceLimit {
        /// The buffer.
        what: &'static str,
        /// Predicted bytes.
        needed: u64,
        /// Name of the wgpu limit.
        limit: &'static str,
        /// The limit's value, or 2^32 − 1 where that is less: shaders number the bytes of a binding
        /// in 32 bits.
        allowed: u64,
    },
    /// A limit of the device below what kernels need: WebGPU's defaults, or on the fused path beyond
    /// 256 rows a wider workgroup.
    #[error(
        "{what} need {limit} of at least {needed}, and this device was opened with {allowed}: \
         {remedy}"
    )]
    DeviceTooSmall {
        /// The kernels that need it.
        what: &'static str,
        /// Name of the wgpu limit.
        limit: &'static str,
        /// Needed value.
        needed: u64,
        /// The limit's value.
        allowed: u64,
        /// What to do about it.
        remedy: &'static str,
    },
    /// A keep count of zero.
    #[error("cannot keep 0 of {rows} rows: keep at least 1")]
    NothingKept {
        /// Rows of the call.
        rows: usize,
    },
    /// A keep ratio outside (0, 1].
    #[error("keep ratio {ratio} is not in (0, 1]: 0.25 keeps a quarter of the rows")]
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
    #[error("{neighbours} neighbours of a row: choose 1 to {limit}")]
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
    /// More vectors than a spectral embedding has, or fewer.
    #[error("{vectors} vectors of a spectral embedding: choose 2 to {limit}")]
    EmbeddingVectors {
        /// Vectors asked for.
        vectors: u32,
        /// Largest number of vectors.
        limit: u32,
    },
    /// A choice among rows that were all chosen beforehand.
    #[error(
        "all {rows} rows are listed among the rows chosen before: list fewer, or add rows to \
         choose from"
    )]
    NoneLeft {
        /// Rows of the call.
        rows: usize,
    },
    /// More rows to choose than a coverage was prepared for.
    #[error(
        "{chosen} rows to choose, those chosen before included, from a coverage prepared for \
         {prepared}: prepare it for {chosen}, or choose fewer"
    )]
    TooManyChosen {
        /// Rows of the choice, those given beforehand included.
        chosen: usize,
        /// Rows at most that the coverage was prepared for.
        prepared: usize,
    },
    /// A row given as chosen beforehand that there is none of.
    #[error(
        "row {row} is listed among the rows chosen before, but rows are numbered 0 to {last}: \
         leave it out"
    )]
    NoSuchRow {
        /// The row given.
        row: u32,
        /// The last row there is.
        last: u32,
    },
    /// A row given as chosen beforehand more than once.
    #[error("row {row} is listed twice among the rows chosen before: list each row once")]
    AlreadyTwice {
        /// The row.
        row: u32,
    },
    /// More than one vector of what finds one or none.
    #[error("{vectors} vectors with {what} {value}, which finds at most one: {remedy}")]
    OneVector {
        /// Vectors asked for.
        vectors: u32,
        /// The option.
        what: &'static str,
        /// Its value.
        value: &'static str,
        /// What to change.
        remedy: &'static str,
    },
    /// Nearest neighbours among similarities in f16.
    #[error(
        "storage half is too coarse for nearest neighbours: use storage full with affinity knn"
    )]
    HalfNeighbours,
    /// A path asked for with a shape or an option that it does not take.
    #[error("path {path} takes {takes}, not {value}: {remedy}")]
    PathTakes {
        /// Name of the path.
        path: &'static str,
        /// The dimension or option.
        what: &'static str,
        /// What was asked for.
        value: String,
        /// What the path takes.
        takes: &'static str,
        /// What to do about it.
        remedy: &'static str,
    },
    /// A matrix for a rule that reads no graph.
    #[error("rule {rule} reads no graph, so it takes no matrix: use another rule")]
    RuleWithoutGraph {
        /// Name of the rule.
        rule: &'static str,
    },
    /// No graphs in one submission, or more than fit it.
    #[error("{graphs} graphs in one submission: 1 to {limit} are supported")]
    Graphs {
        /// Graphs asked for.
        graphs: usize,
        /// Largest number of graphs.
        limit: usize,
    },
    /// A number of rows beside calls that have other rows.
    #[error(
        "features of {given} rows for graphs of {called} rows together: \
         leave Features::rows out, or set it to their sum"
    )]
    RowsOfGraphs {
        /// Rows set by [`Features::rows`](crate::Features::rows).
        given: usize,
        /// Rows of all calls.
        called: usize,
    },
    /// A stride smaller than a row.
    #[error(
        "a row stride of {stride} elements is shorter than a row of {features} features: \
         use {features} or more, or leave the stride out"
    )]
    Stride {
        /// Elements between rows.
        stride: usize,
        /// Features of a row.
        features: usize,
    },
    /// A byte offset that its elements do not align to.
    #[error(
        "{what} start at byte {offset}, which is not a multiple of {align}: \
         start them at one that is"
    )]
    Misaligned {
        /// What starts there.
        what: &'static str,
        /// The offset in bytes.
        offset: u64,
        /// Bytes of an element.
        align: u64,
    },
    /// A buffer that ends before its last element.
    #[error(
        "{what} need {needed} bytes, but the buffer holds {size}: \
         use a larger buffer, fewer rows or a smaller offset or stride"
    )]
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
        "the buffer of the {what} lacks BufferUsages::STORAGE: add it when creating the buffer"
    )]
    NotStorage {
        /// What the buffer holds.
        what: &'static str,
    },
    /// Data on the host that does not match its shape.
    #[error(
        "{found} values do not fill {rows} rows of {features} features: give {}",
        rows.saturating_mul(*features)
    )]
    DataLength {
        /// Values given.
        found: usize,
        /// Rows of the shape.
        rows: usize,
        /// Features of the shape.
        features: usize,
    },
    /// A name that is not among an option's choices.
    #[error("unknown {option} '{name}'; choose one of {choices}")]
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
        "{count} of {rows} rows are zero, NaN or infinite: \
         clean them, or turn strict off to rank them last"
    )]
    InvalidRows {
        /// Rows left out of the graph.
        count: u32,
        /// Rows of the call.
        rows: u32,
    },
    /// The symmetric Laplacian of a graph with a non-positive degree.
    #[error(
        "the smallest degree is {degree}, but the sym Laplacian needs positive degrees: {}",
        positive_degrees(*matrix)
    )]
    NonPositiveDegree {
        /// The smallest degree.
        degree: f32,
        /// What the entries of the caller's matrix are; none where features were given.
        matrix: Option<MatrixKind>,
        /// The whole status.
        status: Box<Status>,
    },
    /// The device has no memory left.
    #[error(
        "the device ran out of memory{}: select fewer rows at once, or free other memory on it",
        for_bytes(*bytes)
    )]
    OutOfMemory {
        /// Predicted bytes, where they are known.
        bytes: Option<u64>,
    },
    /// The device was lost: removed, reset by its driver, or destroyed.
    #[error("the device was lost: open a new one, then create selector and batches again")]
    DeviceLost,
    /// The device reported an error that no check foresaw.
    #[error("the device reported an error: {reason}")]
    Device {
        /// wgpu's message.
        reason: String,
    },
    /// Reading a result back failed.
    #[error("cannot read back {what}: {reason}")]
    ReadBack {
        /// What was read.
        what: &'static str,
        /// wgpu's message.
        reason: String,
    },
}

/// What makes degrees positive: weights of the caller's are taken as they are, whatever the affinity.
fn positive_degrees(matrix: Option<MatrixKind>) -> &'static str {
    match matrix {
        Some(MatrixKind::Affinity) => {
            "give each row weights with a sum above 0, or use laplacian un"
        }
        Some(MatrixKind::Similarity) | None => "use affinity auto, shift or clamp",
    }
}

fn for_bytes(bytes: Option<u64>) -> String {
    bytes.map_or_else(String::new, |bytes| format!(" for {bytes} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_ran_out_is_named_where_it_is_known() {
        let said = |bytes| Error::OutOfMemory { bytes }.to_string();
        assert_eq!(
            said(Some(48)),
            "the device ran out of memory for 48 bytes: \
             select fewer rows at once, or free other memory on it"
        );
        assert_eq!(
            said(None),
            "the device ran out of memory: select fewer rows at once, or free other memory on it"
        );
    }
}
