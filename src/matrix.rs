//! Selection on a matrix of the caller's in place of features.

use crate::{
    Affinity, Batch, Error, Features, Keep, Options, Path, Result, Shape,
    features::FeatureBindings, kernel::Pipelines, workspace::WorkspaceSizes,
};
use std::sync::Arc;

/// What the entries of a matrix are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MatrixKind {
    /// Similarities like cosines: 1 on the diagonal, between −1 and 1 elsewhere.
    /// [`Options::affinity`](field@Options::affinity) makes weights of them, as it does of those
    /// that are computed from features.
    Similarity,
    /// Weights, taken as they are: [`Options::affinity`](field@Options::affinity) is not looked at.
    /// Entries on the diagonal are self-loops. They should be of the order of 1, since a graph
    /// whose degrees are all below 1e-6 times its rows counts as one without edges, and not all
    /// alike, which leaves the choice of a vector to the start vector. Where
    /// [`Options::steps`](field@Options::steps) is left open, as many are taken as for nearest
    /// neighbours.
    Affinity,
}

/// What a workspace takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    Features,
    Similarity,
    Affinity,
}

impl From<MatrixKind> for Input {
    fn from(kind: MatrixKind) -> Self {
        match kind {
            MatrixKind::Similarity => Self::Similarity,
            MatrixKind::Affinity => Self::Affinity,
        }
    }
}

impl Input {
    /// The kind of matrix, unless features are taken.
    pub(crate) fn matrix_kind(self) -> Option<MatrixKind> {
        match self {
            Self::Features => None,
            Self::Similarity => Some(MatrixKind::Similarity),
            Self::Affinity => Some(MatrixKind::Affinity),
        }
    }
}

impl MatrixKind {
    /// The selector's options as the kernels for such a matrix read them.
    pub(crate) fn options(self, options: &Options) -> Options {
        let dense = options.clone().path(Path::Dense);
        match self {
            Self::Similarity => dense,
            Self::Affinity => {
                // Nothing is known of the graph, so as many steps as the sparsest one gets.
                let steps = dense.clone().affinity(Affinity::Knn).solver_steps();
                dense.affinity(Affinity::Raw).steps(steps)
            }
        }
    }
}

/// A view of a square f32 matrix in a storage buffer, rows one after another.
///
/// The buffer needs [`wgpu::BufferUsages::STORAGE`]. The matrix is taken as symmetric: weights are
/// read from its upper half, where the column number is the row number or larger. A row whose
/// diagonal entry is NaN or infinite is left out, ranked last and counted as invalid; so is a row
/// with such an entry in the column of a row that is not left out for its diagonal. A view copies
/// nothing and is checked by [`MatrixBatch::encode`].
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    view: Features<'a>,
}

impl<'a> Matrix<'a> {
    /// As many rows and columns as were prepared, contiguous, from the buffer's start.
    #[must_use]
    pub fn new(buffer: &'a wgpu::Buffer) -> Self {
        let view = Features {
            name: "rows of the matrix",
            ..Features::new(buffer)
        };
        Self { view }
    }

    /// Rows and columns of this call where they are fewer than were prepared.
    #[must_use]
    pub fn rows(self, rows: usize) -> Self {
        let view = self.view.rows(rows);
        Self { view }
    }

    /// Byte at which the first row starts: a multiple of 4.
    #[must_use]
    pub fn offset(self, bytes: u64) -> Self {
        let view = self.view.offset(bytes);
        Self { view }
    }

    /// Elements from one row's start to the next one's; by default the rows of the call.
    #[must_use]
    pub fn stride(self, elements: usize) -> Self {
        let view = self.view.stride(elements);
        Self { view }
    }

    fn bindings(&self, prepared: usize, limits: &wgpu::Limits) -> Result<FeatureBindings<'a>> {
        let square = Shape {
            rows: prepared,
            features: self.view.rows.unwrap_or(prepared),
        };
        self.view.bindings(square, limits, 0)
    }
}

/// The workspace for matrices of up to a number of rows, and the way to record selections on them.
/// Prepared by [`Selector::prepare_matrix_async`](crate::Selector::prepare_matrix_async).
///
/// ```
/// use gstds::{Keep, Matrix, MatrixKind, Options, Rule, Selector, adapter};
///
/// # fn main() -> gstds::Result<()> {
/// // Two pairs of rows with a weak edge between them.
/// let weights = [
///     0.0, 1.0, 0.0, 0.0, //
///     1.0, 0.0, 0.1, 0.0, //
///     0.0, 0.1, 0.0, 1.0, //
///     0.0, 0.0, 1.0, 0.0,
/// ];
/// let gpu = adapter::open(&adapter::AdapterRequest::default())?;
/// let buffer = gpu.upload("weights", &weights)?;
/// let selector = Selector::new(&gpu.device, &Options::gstds().rule(Rule::Signed))?;
/// let mut graph = selector.prepare_matrix(MatrixKind::Affinity, 4)?;
///
/// let mut encoder = gpu.device.create_command_encoder(&Default::default());
/// let kept = graph.encode(&mut encoder, Matrix::new(&buffer), Keep::Count(2))?;
/// gpu.queue.submit([encoder.finish()]);
/// let kept = graph.batch().read_kept(&gpu.queue, kept)?;
/// assert!(kept == [0, 1] || kept == [2, 3]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct MatrixBatch {
    batch: Batch,
}

impl MatrixBatch {
    pub(crate) async fn new(pipelines: Arc<Pipelines>, sizes: WorkspaceSizes) -> Result<Self> {
        let batch = Batch::new(pipelines, sizes).await?;
        Ok(Self { batch })
    }

    /// Records one selection and returns how many rows it keeps. Nothing is submitted, mapped,
    /// waited for or compiled; the matrix is read when the encoder's commands run.
    ///
    /// Costs what [`Batch::encode`] does on [`Path::Dense`] and one bind group more. Reading the
    /// matrix takes the place of normalisation and similarity: 6n² bytes read and 4n² written.
    ///
    /// # Errors
    /// Bad counts, ratios, rows, strides, offsets and buffers, found before anything is recorded.
    pub fn encode(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        matrix: Matrix<'_>,
        keep: Keep,
    ) -> Result<usize> {
        let rows = self.batch.shape().rows;
        let bindings = matrix.bindings(rows, &self.batch.device().limits())?;
        let call = self.batch.begin_with(encoder, &bindings, keep)?;
        Ok(self.batch.record_all(encoder, &call, None))
    }

    /// What calls leave behind and its readers: kept rows, scores, status and the rest. Its shape
    /// has as many features as rows, its path is [`Path::Dense`], and its options are those that
    /// the matrix is read by: under [`MatrixKind::Affinity`] affinity raw. The smallest similarity
    /// in the status of such a matrix is 0.
    #[must_use]
    pub fn batch(&self) -> &Batch {
        &self.batch
    }

    /// As [`Batch::reseed`].
    pub fn reseed(&mut self, seed: u64) {
        self.batch.reseed(seed);
    }
}

/// That a rule reads the graph.
pub(crate) fn check_rule(options: &Options) -> Result<()> {
    if options.is_spectral() {
        return Ok(());
    }
    Err(Error::RuleWithoutGraph {
        rule: options.rule.name(),
    })
}
