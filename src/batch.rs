use crate::{
    Features, Keep, MatrixKind, Options, Path, Result, Shape, Stage,
    error_scope::Watch,
    features::{FeatureBindings, FeaturePlace},
    kernel::{Binder, Pipelines},
    params::{CallParams, copy_whole, fold_seed, staged},
    paths::{self, BoundFeatures, EncodedCall, SelectionPath},
    recorder::{Parts, Recorder},
    reuse::{CallWatch, Reuse},
    workspace::{Workspace, WorkspaceSizes},
};
use std::{num::NonZeroU32, sync::Arc};

/// The workspace of one shape, and the way to record selections into a caller's encoder.
///
/// A batch may be recorded again, into the same encoder or another, before earlier work has run:
/// one queue orders the passes, and each call carries its own parameters. What a call leaves in
/// [`Batch::kept`] and the other buffers stays until the next call on this batch runs; copy it
/// within the same encoder to keep it longer. Submitting to two queues needs a batch for each.
///
/// # What a call leaves
/// Each call overwrites all of its results, the same on every path, so that none of an earlier
/// call's shows. Scores, vectors and the spectrum are 0 unless a Fiedler vector was solved for:
///
/// | outcome | [`Flags`](crate::Flags) | scores, vectors, spectrum | kept rows | order |
/// |---|---|---|---|---|
/// | solved | `DISCONNECTED`, `BREAKDOWN`, `UNCONVERGED` or none | of the best vector found | by the rule | by the rule |
/// | [`Rule::Random`](crate::Rule::Random) | none | 0 | by hash | by hash, invalid rows last |
/// | every row kept | `KEPT_ALL` | 0 | all, by number | by number |
/// | fewer than 3 usable rows, or no more than are kept | `FEW_VALID` | 0 | the first of the order | by number, invalid rows last |
/// | all rows alike | `ALL_ALIKE` | 0 | at an even stride | by number, invalid rows last |
/// | no edges | `NO_EDGES` | 0 | at an even stride | by number, invalid rows last |
/// | a degree ≤ 0 under raw affinity and sym | `NON_POSITIVE_DEGREE` | 0 | at an even stride | by number, invalid rows last |
///
/// `INVALID_ROWS` and `SHIFTED` may come with any of them. The scores, the lines of vectors, the
/// order and the kept rows end in zeros: past the call's rows, and past the rows it keeps. The
/// [`Status`](crate::Status) is written by every call; where nothing was solved its λ2, residual
/// and steps are 0, and where no degrees were needed (random, every row kept, too few usable rows)
/// so are the degrees. [`Batch::buffers`] are for inspection, and those without an accessor of
/// their own hold what the kernels left in them.
#[derive(Debug)]
pub struct Batch {
    pipelines: Arc<Pipelines>,
    workspace: Workspace,
    path: Box<dyn SelectionPath>,
    bound: Reuse<FeaturePlace, BoundFeatures>,
    staged: Reuse<CallParams, wgpu::Buffer>,
    seed: u64,
}

/// What [`Batch::encode_parts`] recorded.
#[derive(Debug)]
#[non_exhaustive]
pub struct EncodedParts {
    /// How many rows are kept.
    pub kept: usize,
    /// To be submitted in order, each on its own.
    pub commands: Vec<wgpu::CommandBuffer>,
}

impl Batch {
    pub(crate) async fn new(pipelines: Arc<Pipelines>, sizes: WorkspaceSizes) -> Result<Self> {
        let device = pipelines.device();
        let workspace = Workspace::new(device, sizes).await?;
        let watch = Watch::start(device);
        let path = paths::bind(&Binder {
            pipelines: &pipelines,
            workspace: &workspace,
        });
        watch.end(Some(sizes.total_bytes())).await?;
        Ok(Self {
            path,
            bound: Reuse::default(),
            staged: Reuse::default(),
            seed: pipelines.options().seed,
            pipelines,
            workspace,
        })
    }

    /// Records one selection and returns how many rows it keeps. Nothing is submitted, mapped or
    /// waited for; the features are read when the encoder's commands run.
    ///
    /// One compute pass has [`Batch::dispatches`] dispatches. There are more, each of less work,
    /// where a single one would take longer than a watchdog may allow. Each call also records:
    ///
    /// - one copy of 48 bytes;
    /// - on [`Path::Dense`] and [`Path::LowRank`], clears of the scores and of the lists past the
    ///   call's rows;
    /// - on [`Path::LowRank`], a clear of 16 bytes; if the features span several bindings, the
    ///   dispatches that read them are recorded once for each;
    /// - with [`GramSchmidt::Delayed`](crate::GramSchmidt), a clear of 8 bytes.
    ///
    /// Nothing is compiled. If the features lie where those of the last call did, no bind group is
    /// created; if count and seed are the same too, no buffer of 48 bytes either. (On
    /// [`Path::LowRank`] features elsewhere take a buffer of 40 bytes more for each binding, and in
    /// a browser each call creates all of them.) The batch therefore holds on to the buffers of its
    /// last call's features until it is called with others or dropped.
    ///
    /// # Errors
    /// Bad counts, ratios, strides, offsets and buffers, found before anything is recorded.
    /// [`Error::DeviceLost`](crate::Error::DeviceLost) and destroyed buffers are found where
    /// something has to be created. A call that creates nothing does not ask the device: of a lost
    /// one the readers tell, of features that were destroyed since the last call wgpu does, when the
    /// commands are submitted.
    pub fn encode(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        features: Features<'_>,
        keep: Keep,
    ) -> Result<usize> {
        self.encode_timed(encoder, features, keep, None)
    }

    /// The same selection as [`Batch::encode`] in command buffers of at most `dispatches`
    /// dispatches each, for selections so long that a system's watchdog might take them for a hang
    /// (Windows allows a submission two seconds). Submit them in order, each on its own; they leave
    /// what [`Batch::encode`] does. [`SelectionWork::parts`](crate::work::SelectionWork::parts)
    /// predicts how many a selection should be cut into. A command buffer has fewer dispatches where
    /// the work of its longest ones would come to more than 2^36 multiply-adds, a third of a second
    /// on a small GPU, and no dispatch has more than that ([what is cut][cut]).
    ///
    /// [cut]: https://github.com/gstds/gstds/blob/main/docs/kernels.md#watchdogs
    ///
    /// # Errors
    /// As [`Batch::encode`].
    pub fn encode_parts(
        &mut self,
        features: Features<'_>,
        keep: Keep,
        dispatches: NonZeroU32,
    ) -> Result<EncodedParts> {
        let mut encoder = Parts::encoder(self.device());
        let call = self.begin(&mut encoder, features, keep)?;
        let work = self.workspace.sizes.piece_work;
        let mut parts = Parts::new(self.device(), encoder, dispatches, work);
        let mut recorder = Recorder::Parts(&mut parts);
        for stage in Stage::ALL {
            self.path.record(*stage, &mut recorder, &call);
        }
        Ok(EncodedParts {
            kept: call.kept as usize,
            commands: parts.finish(),
        })
    }

    /// [`Batch::encode`], with timestamps around its pass if any.
    pub(crate) fn encode_timed(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        features: Features<'_>,
        keep: Keep,
        timestamp_writes: Option<wgpu::ComputePassTimestampWrites<'_>>,
    ) -> Result<usize> {
        let call = self.begin(encoder, features, keep)?;
        Ok(self.record_all(encoder, &call, timestamp_writes))
    }

    /// Records every stage of a call in one pass, and returns how many rows it keeps.
    pub(crate) fn record_all(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        call: &EncodedCall,
        timestamp_writes: Option<wgpu::ComputePassTimestampWrites<'_>>,
    ) -> usize {
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
            label: Some("gstds selection"),
            timestamp_writes,
        });
        for stage in Stage::ALL {
            self.record(*stage, &mut pass, call);
        }
        call.kept as usize
    }

    /// Checks a call, binds its features and records its parameters.
    pub(crate) fn begin(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        features: Features<'_>,
        keep: Keep,
    ) -> Result<EncodedCall> {
        let chunk_rows = self.path.chunk_rows();
        let features = features.bindings(self.shape(), &self.device().limits(), chunk_rows)?;
        self.begin_with(encoder, &features, keep)
    }

    /// The same with what is bound already.
    pub(crate) fn begin_with(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        features: &FeatureBindings<'_>,
        keep: Keep,
    ) -> Result<EncodedCall> {
        let kept = keep.of(features.rows as usize)? as u32;
        let params = self.params(features, kept);
        let device = self.pipelines.device();
        let binder = Binder {
            pipelines: &self.pipelines,
            workspace: &self.workspace,
        };
        let mut watch = CallWatch::new(device);
        let bound = self.bound.take(features.place(), &mut watch, |_| {
            Ok(self.path.bind(&binder, features))
        });
        let staged = self.staged.take(params, &mut watch, |params| {
            staged(device, bytemuck::bytes_of(params))
        });
        watch.end()?;
        let (bound, staged) = (bound?, staged?);
        self.path.begin(&binder, encoder);
        copy_whole(encoder, &staged.1, &self.workspace.params);
        let features_bound = bound.1.clone();
        self.bound.keep(bound);
        self.staged.keep(staged);
        let rows = features.rows;
        let spectral = self.options().is_spectral() && kept < rows;
        self.workspace.clear_results(encoder, rows, kept, spectral);
        Ok(EncodedCall {
            features: features_bound,
            rows,
            kept,
            spectral,
        })
    }

    fn params(&self, features: &FeatureBindings<'_>, kept: u32) -> CallParams {
        CallParams {
            kept,
            ..self
                .workspace
                .sizes
                .call_params(features, fold_seed(self.seed))
        }
    }

    /// Records one stage; stages a call does not need record nothing.
    pub(crate) fn record(
        &self,
        stage: Stage,
        pass: &mut wgpu::ComputePass<'_>,
        call: &EncodedCall,
    ) {
        self.path.record(stage, &mut Recorder::pass(pass), call);
    }

    /// Dispatches that a call with this many rows records, when it keeps fewer.
    #[must_use]
    pub fn dispatches(&self, rows: usize) -> u32 {
        self.path.dispatches(rows as u32)
    }

    /// The path that the shape takes.
    #[must_use]
    pub fn path(&self) -> Path {
        self.workspace.sizes.path
    }

    /// Seed of [`Rule::Random`](crate::Rule::Random) and
    /// [`Rule::Stratified`](crate::Rule::Stratified) for the calls recorded after this.
    pub fn reseed(&mut self, seed: u64) {
        self.seed = seed;
    }

    /// The shape the workspace was prepared for.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.workspace.sizes.shape
    }

    /// The options of the selector.
    #[must_use]
    pub fn options(&self) -> &Options {
        self.pipelines.options()
    }

    /// Kept rows: u32, as many as [`Batch::encode`] returned, then zeros; positions in the batch.
    #[must_use]
    pub fn kept(&self) -> &wgpu::Buffer {
        &self.workspace.kept
    }

    /// One [`Status`](crate::Status), 64 bytes.
    #[must_use]
    pub fn status(&self) -> &wgpu::Buffer {
        &self.workspace.status
    }

    /// Scores: f32, one a row, unit norm; 0 for invalid rows, past the call's rows, and where
    /// nothing was solved.
    #[must_use]
    pub fn scores(&self) -> &wgpu::Buffer {
        &self.workspace.scores
    }

    /// All rows in the order that the rule reads them: u32, one a row, ties by row number, invalid
    /// rows last; by row number where nothing was solved, see [`Batch`]. Zeros past the call's rows.
    #[must_use]
    pub fn order(&self) -> &wgpu::Buffer {
        &self.workspace.order
    }

    /// Scores along each of [`Options::vectors`], where they are more than one: f32, a line of
    /// [`Batch::vector_stride`] scores for each, ascending by eigenvalue, the first of them
    /// [`Batch::scores`]. Unit norm and the same rule of signs; 0 for invalid rows, for rows past
    /// the call's, in a vector that the graph does not have
    /// ([`Spectrum::vectors`](crate::Spectrum::vectors)), and where nothing was solved.
    ///
    /// More than one vector takes 4 bytes a vector and row, 33,172 bytes more, and a larger Lanczos
    /// basis ([`Options::solver_steps`]). Each further vector costs one product with the graph, and
    /// 4 dispatches on [`Path::Dense`] or 6 on [`Path::LowRank`]; all of them together cost 3 more.
    ///
    /// Of a multiple eigenvalue a Krylov space holds one vector, the projection of the start vector
    /// on its eigenspace; the next vector then belongs to the next eigenvalue.
    #[must_use]
    pub fn vectors(&self) -> Option<&wgpu::Buffer> {
        let several = self.options().has_further();
        several.then_some(&self.workspace.vectors)
    }

    /// f32 words from one line of [`Batch::vectors`] to the next: the shape's rows rounded up
    /// to 64.
    #[must_use]
    pub fn vector_stride(&self) -> usize {
        self.workspace.sizes.leading
    }

    /// One [`Spectrum`](crate::Spectrum), 272 bytes, where [`Options::vectors`] is more than one; all
    /// 0 where nothing was solved.
    #[must_use]
    pub fn spectrum(&self) -> Option<&wgpu::Buffer> {
        let several = self.options().has_further();
        several.then_some(&self.workspace.spectrum)
    }

    /// Every buffer the kernels write, by name, for inspection: unit rows (rows padded to 64,
    /// features to 16), similarity (rows padded to 64 both ways; under exp the weights), degrees
    /// and so on. Half storage keeps the first two in f16. Those that the path has no use for hold
    /// 16 bytes and are not written.
    #[must_use]
    pub fn buffers(&self) -> Vec<(&'static str, &wgpu::Buffer)> {
        self.workspace.written()
    }

    /// What the entries of the matrices are that it takes in place of features.
    pub(crate) fn matrix_kind(&self) -> Option<MatrixKind> {
        self.pipelines.input().matrix_kind()
    }

    pub(crate) fn device(&self) -> &wgpu::Device {
        self.pipelines.device()
    }

    /// What binds further kernels to the workspace.
    pub(crate) fn binder(&self) -> Binder<'_> {
        Binder {
            pipelines: &self.pipelines,
            workspace: &self.workspace,
        }
    }
}
