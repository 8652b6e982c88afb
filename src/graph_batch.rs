//! Many small graphs in one submission: a workgroup each, three dispatches for all of them.

use crate::{
    Error, Features, Keep, Options, Result, Shape,
    error_scope::Watch,
    features::FeaturePlace,
    graph::bind_normalize,
    kernel::{Binder, BoundKernel, Pipelines, table},
    params::{CallParams, GraphRange, copy_whole, fold_seed, staged},
    paths::fused::FusedKernels,
    recorder::{Parts, Recorder},
    reuse::{CallWatch, Reuse},
    workspace::{Workspace, WorkspaceSizes},
};
use std::{num::NonZeroU32, sync::Arc};

/// What one graph of a [`GraphBatch`] is called with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GraphCall {
    /// Rows of the graph: at least one, at most the shape's.
    pub rows: usize,
    /// How many of them are kept.
    pub keep: Keep,
}

/// What [`GraphBatch::encode_parts`] recorded.
#[derive(Debug)]
#[non_exhaustive]
pub struct EncodedGraphs {
    /// How many rows each graph keeps.
    pub kept: Vec<usize>,
    /// To be submitted in order, each on its own.
    pub commands: Vec<wgpu::CommandBuffer>,
}

/// The workspace of many small graphs that are selected in together: the classes of a batch, the
/// chunks of a pool, a sweep. Each graph gives the same bits as, prepared for the same shape, a
/// [`Batch`](crate::Batch) of the fused path.
///
/// Graph g's rows follow those of the graphs before it, in the caller's features or in the list of
/// rows. Its kept rows and scores begin [`GraphBatch::stride`] · g words into their buffers. What a
/// call leaves in them stays until the next call on this workspace runs: for each graph what
/// [`Batch`](crate::Batch) says, and zeros for graphs past the call's, their status included.
///
/// ```no_run
/// use gstds::{Features, GraphCall, Keep, Options, Selector, Shape};
///
/// /// A quarter of each of these classes, whose rows follow one another in `features`.
/// fn by_class(
///     device: &wgpu::Device,
///     encoder: &mut wgpu::CommandEncoder,
///     features: &wgpu::Buffer,
///     classes: &[usize],
/// ) -> gstds::Result<Vec<usize>> {
///     let selector = Selector::new(device, &Options::gstds())?;
///     let shape = Shape { rows: 256, features: 64 }; // of the largest class
///     let mut many = selector.prepare_many(shape, classes.len())?;
///     let keep = Keep::Ratio(0.25);
///     let calls: Vec<_> = classes.iter().map(|&rows| GraphCall { rows, keep }).collect();
///     many.encode(encoder, Features::new(features), &calls)
/// }
/// ```
#[derive(Debug)]
pub struct GraphBatch {
    pipelines: Arc<Pipelines>,
    workspace: Workspace,
    kernels: FusedKernels,
    normalize: Reuse<FeaturePlace, BoundKernel>,
    staged_params: Reuse<CallParams, wgpu::Buffer>,
    staged_ranges: Reuse<Vec<GraphRange>, wgpu::Buffer>,
    seed: u64,
}

impl GraphBatch {
    pub(crate) async fn new(pipelines: Arc<Pipelines>, sizes: WorkspaceSizes) -> Result<Self> {
        let device = pipelines.device();
        let workspace = Workspace::new(device, sizes).await?;
        let watch = Watch::start(device);
        let binder = Binder {
            pipelines: &pipelines,
            workspace: &workspace,
        };
        let kernels = FusedKernels::new(&binder, true);
        // Bound to the features of each call.
        binder.compile(&table::NORMALIZE_GRAPHS);
        watch.end(Some(sizes.total_bytes())).await?;
        Ok(Self {
            kernels,
            normalize: Reuse::default(),
            staged_params: Reuse::default(),
            staged_ranges: Reuse::default(),
            seed: pipelines.options().seed,
            pipelines,
            workspace,
        })
    }

    /// Records the selection of every graph and returns how many rows each keeps. Nothing is
    /// submitted, mapped or waited for; the features are read when the encoder's commands run.
    ///
    /// `features` holds the rows of all graphs, or a list of as many rows of a bank. Costs three
    /// dispatches in one compute pass (two for [`Rule::Random`](crate::Rule::Random); more, of fewer
    /// graphs each, where one would be longer than a watchdog may allow), two copies of 48 and of 16
    /// bytes a graph, and what [`Batch::encode`](crate::Batch::encode) creates, under
    /// the same conditions; where the graphs' rows or counts change, a buffer of 16 bytes a graph
    /// too. Calls with fewer graphs make shorter submissions.
    ///
    /// # Errors
    /// No calls or more than were prepared for, rows that are zero or beyond the shape,
    /// [`Error::RowsOfGraphs`] where [`Features::rows`] sets another number than the rows of all
    /// calls, and what [`Batch::encode`](crate::Batch::encode) finds, before anything is recorded.
    pub fn encode(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        features: Features<'_>,
        calls: &[GraphCall],
    ) -> Result<Vec<usize>> {
        let ranges = self.ranges(calls)?;
        let normalize = self.begin(encoder, features, &ranges)?;
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
            label: Some("gstds many selections"),
            timestamp_writes: None,
        });
        self.record(&mut Recorder::pass(&mut pass), &normalize, ranges.len());
        Ok(ranges.iter().map(|range| range.kept as usize).collect())
    }

    /// The same selections in command buffers that no watchdog should take for a hang: of at most 2^36
    /// multiply-adds each (a third of a second on a small GPU), and of a dispatch or more. They leave
    /// what [`GraphBatch::encode`] does. See [`Batch::encode_parts`](crate::Batch::encode_parts).
    ///
    /// # Errors
    /// As [`GraphBatch::encode`].
    pub fn encode_parts(
        &mut self,
        features: Features<'_>,
        calls: &[GraphCall],
    ) -> Result<EncodedGraphs> {
        let ranges = self.ranges(calls)?;
        let mut encoder = Parts::encoder(self.device());
        let normalize = self.begin(&mut encoder, features, &ranges)?;
        let work = self.workspace.sizes.piece_work;
        let mut parts = Parts::new(self.device(), encoder, NonZeroU32::MAX, work);
        self.record(&mut Recorder::Parts(&mut parts), &normalize, ranges.len());
        Ok(EncodedGraphs {
            kept: ranges.iter().map(|range| range.kept as usize).collect(),
            commands: parts.finish(),
        })
    }

    fn record(&self, recorder: &mut Recorder<'_, '_>, normalize: &BoundKernel, graphs: usize) {
        let (rows, graphs) = (self.shape().rows as u32, graphs as u32);
        normalize.record_each(recorder, rows, graphs);
        if self.pipelines.options().is_spectral() {
            self.kernels.record_similarity(recorder, rows, graphs);
        }
        self.kernels.record_rest(recorder, rows, graphs);
    }

    /// Checks the features, records parameters and graphs, and binds the kernel that normalises.
    fn begin(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        features: Features<'_>,
        ranges: &[GraphRange],
    ) -> Result<BoundKernel> {
        let device = self.pipelines.device();
        let total = ranges.iter().map(|range| range.rows as usize).sum();
        if let Some(given) = features.rows.filter(|given| *given != total) {
            let called = total;
            return Err(Error::RowsOfGraphs { given, called });
        }
        let all = Shape {
            rows: total,
            features: self.shape().features,
        };
        let features = features.rows(total).bindings(all, &device.limits(), 0)?;
        let sizes = &self.workspace.sizes;
        let params = CallParams {
            rows: sizes.shape.rows as u32,
            kept: 0,
            ..sizes.call_params(&features, fold_seed(self.seed))
        };
        let binder = Binder {
            pipelines: &self.pipelines,
            workspace: &self.workspace,
        };
        let mut watch = CallWatch::new(device);
        let normalize = self.normalize.take(features.place(), &mut watch, |_| {
            Ok(bind_normalize(&binder, &table::NORMALIZE_GRAPHS, &features))
        });
        let params = self.staged_params.take(params, &mut watch, |params| {
            staged(device, bytemuck::bytes_of(params))
        });
        let lines = self
            .staged_ranges
            .take(ranges.to_vec(), &mut watch, |ranges| {
                staged(device, bytemuck::cast_slice(ranges))
            });
        watch.end()?;
        let (normalize, params, lines) = (normalize?, params?, lines?);
        copy_whole(encoder, &params.1, &self.workspace.params);
        copy_whole(encoder, &lines.1, &self.workspace.graphs);
        let kernel = normalize.1.clone();
        self.normalize.keep(normalize);
        self.staged_params.keep(params);
        self.staged_ranges.keep(lines);
        self.workspace.clear_graphs(encoder, ranges.len());
        Ok(kernel)
    }

    fn ranges(&self, calls: &[GraphCall]) -> Result<Vec<GraphRange>> {
        let (graphs, limit) = (calls.len(), self.graphs());
        if graphs == 0 || graphs > limit {
            return Err(Error::Graphs { graphs, limit });
        }
        let Shape {
            rows: prepared,
            features,
        } = self.shape();
        let mut first = 0;
        let mut ranges = Vec::with_capacity(graphs);
        for call in calls {
            let rows = call.rows;
            if rows == 0 {
                return Err(Error::EmptyShape { rows, features });
            }
            if rows > prepared {
                return Err(Error::RowsBeyondShape { rows, prepared });
            }
            ranges.push(GraphRange {
                first,
                rows: rows as u32,
                kept: call.keep.of(rows)? as u32,
                reserved: 0,
            });
            first += rows as u32;
        }
        Ok(ranges)
    }

    /// The largest graph that the workspace was prepared for.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.workspace.sizes.shape
    }

    /// Graphs at most.
    #[must_use]
    pub fn graphs(&self) -> usize {
        self.workspace.sizes.graphs
    }

    /// Words from one graph's kept rows, or scores, to the next one's: the shape's rows rounded up
    /// to 64.
    #[must_use]
    pub fn stride(&self) -> usize {
        self.workspace.sizes.leading
    }

    /// Kept rows: u32, positions within each graph, as many of them as [`GraphBatch::encode`]
    /// returned for it, then zeros.
    #[must_use]
    pub fn kept(&self) -> &wgpu::Buffer {
        &self.workspace.kept
    }

    /// One [`Status`](crate::Status) a graph, 64 bytes each.
    #[must_use]
    pub fn status(&self) -> &wgpu::Buffer {
        &self.workspace.status
    }

    /// Scores: f32, one a row, of unit norm in each graph; 0 for invalid rows, past a graph's rows,
    /// and where nothing was solved.
    #[must_use]
    pub fn scores(&self) -> &wgpu::Buffer {
        &self.workspace.scores
    }

    /// Every buffer the kernels write, by name, for inspection.
    #[must_use]
    pub fn buffers(&self) -> Vec<(&'static str, &wgpu::Buffer)> {
        self.workspace.written()
    }

    /// Seed of [`Rule::Random`](crate::Rule::Random) and
    /// [`Rule::Stratified`](crate::Rule::Stratified) for the calls recorded after this; all graphs
    /// share it.
    pub fn reseed(&mut self, seed: u64) {
        self.seed = seed;
    }

    /// The options of the selector; [`Options::path`](field@Options::path) is not looked at.
    #[must_use]
    pub fn options(&self) -> &Options {
        self.pipelines.options()
    }

    pub(crate) fn device(&self) -> &wgpu::Device {
        self.pipelines.device()
    }
}
