use crate::{
    Batch, GraphBatch, MatrixBatch, MatrixKind, Options, Path, Result, Shape,
    kernel::Pipelines,
    matrix::check_rule,
    path_choice::Processor,
    workspace::{WorkspaceSizes, check_device},
};
use std::sync::{Arc, OnceLock};

/// The pipelines of one set of [`Options`] on one device.
///
/// Nothing is submitted. Kernels are compiled by [`Selector::prepare_async`] and its like, when a
/// shape first needs its path, and stay for all later shapes; keep a selector for the life of the
/// device. Recording compiles nothing.
#[derive(Clone, Debug)]
pub struct Selector {
    pipelines: Arc<Pipelines>,
    /// Those for matrices, by their kind.
    of_matrices: Arc<[OnceLock<Arc<Pipelines>>; 2]>,
}

impl Selector {
    /// Checks the options and the caller's device.
    ///
    /// # Errors
    /// [`Error::DeviceTooSmall`](crate::Error::DeviceTooSmall) where a limit lies below WebGPU's
    /// defaults, and [`Error::Steps`](crate::Error::Steps), [`Error::Tau`](crate::Error::Tau),
    /// [`Error::Neighbours`](crate::Error::Neighbours),
    /// [`Error::HalfNeighbours`](crate::Error::HalfNeighbours),
    /// [`Error::Vectors`](crate::Error::Vectors) or
    /// [`Error::OneVector`](crate::Error::OneVector) for options out of range.
    pub fn new(device: &wgpu::Device, options: &Options) -> Result<Self> {
        Self::with(device, options, None)
    }

    /// The same with a cache of the application's, in which the driver finds and leaves compiled
    /// kernels. Devices with [`wgpu::Features::PIPELINE_CACHE`] have one (Vulkan), which
    /// [`adapter::open`](crate::adapter::open_async) turns on.
    ///
    /// ```no_run
    /// use gstds::{Options, Selector, adapter::Gpu, wgpu};
    ///
    /// /// `stored` is what `PipelineCache::get_data` gave an earlier run, so that this one starts
    /// /// faster.
    /// fn selector(gpu: &Gpu, stored: Option<&[u8]>) -> gstds::Result<Selector> {
    ///     let options = Options::gstds();
    ///     if !gpu.device.features().contains(wgpu::Features::PIPELINE_CACHE) {
    ///         return Selector::new(&gpu.device, &options);
    ///     }
    ///     let descriptor = wgpu::PipelineCacheDescriptor {
    ///         label: None,
    ///         data: stored,
    ///         fallback: true,
    ///     };
    ///     // SAFETY: the data are unchanged from `get_data`.
    ///     let cache = unsafe { gpu.device.create_pipeline_cache(&descriptor) };
    ///     Selector::with_pipeline_cache(&gpu.device, &options, cache)
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`Selector::new`].
    pub fn with_pipeline_cache(
        device: &wgpu::Device,
        options: &Options,
        cache: wgpu::PipelineCache,
    ) -> Result<Self> {
        Self::with(device, options, Some(cache))
    }

    fn with(
        device: &wgpu::Device,
        options: &Options,
        cache: Option<wgpu::PipelineCache>,
    ) -> Result<Self> {
        options.check()?;
        check_device(&device.limits())?;
        let pipelines = Pipelines::new(device, options, cache);
        Ok(Self {
            pipelines: shared(pipelines),
            of_matrices: Arc::default(),
        })
    }

    /// Allocates the workspace for batches of up to `shape.rows` rows, and compiles the kernels of
    /// its path where no shape did before; submits nothing. Not available on wasm, where
    /// [`Selector::prepare_async`] is.
    ///
    /// # Errors
    /// As [`Selector::prepare_async`].
    #[cfg(not(target_family = "wasm"))]
    pub fn prepare(&self, shape: Shape) -> Result<Batch> {
        pollster::block_on(self.prepare_async(shape))
    }

    /// The same without waiting: a browser reports later whether the device could allocate and
    /// compile, and a native device at once. The future borrows nothing.
    ///
    /// # Errors
    /// Zero or too many rows, [`Error::PathTakes`](crate::Error::PathTakes) where the path asked
    /// for does not take the shape or an option, a buffer beyond the device's limits (with its
    /// predicted bytes), [`Error::OutOfMemory`](crate::Error::OutOfMemory) or
    /// [`Error::DeviceLost`](crate::Error::DeviceLost).
    pub fn prepare_async(&self, shape: Shape) -> impl Future<Output = Result<Batch>> + use<> {
        let sizes = self.sizes(shape);
        let pipelines = self.pipelines.clone();
        async move { Batch::new(pipelines, sizes?).await }
    }

    /// Allocates the workspace for selections in up to `graphs` graphs at once, each of up to
    /// `shape.rows` rows (at most 256, or 512 where a workgroup may be so wide), on the fused path
    /// whatever [`Options::path`] says; submits nothing. With rows r rounded up to 64 and features
    /// d to 16 it takes about 4·r·(r + d + steps) bytes a graph. Not available on wasm, where
    /// [`Selector::prepare_many_async`] is.
    ///
    /// # Errors
    /// As [`Selector::prepare_many_async`].
    #[cfg(not(target_family = "wasm"))]
    pub fn prepare_many(&self, shape: Shape, graphs: usize) -> Result<GraphBatch> {
        pollster::block_on(self.prepare_many_async(shape, graphs))
    }

    /// The same without waiting, as [`Selector::prepare_async`].
    ///
    /// # Errors
    /// [`Error::Graphs`](crate::Error::Graphs) for none or more than
    /// [`MAX_GRAPHS`](crate::MAX_GRAPHS), [`Error::PathTakes`](crate::Error::PathTakes) for a shape
    /// or an option that the fused path does not take, and what [`Selector::prepare_async`]
    /// returns.
    pub fn prepare_many_async(
        &self,
        shape: Shape,
        graphs: usize,
    ) -> impl Future<Output = Result<GraphBatch>> + use<> {
        let sizes = self.sizes_of_many(shape, graphs);
        let pipelines = self.pipelines.clone();
        async move { GraphBatch::new(pipelines, sizes?).await }
    }

    /// Allocates the workspace for matrices of up to `rows` rows and columns, on the dense path
    /// whatever [`Options::path`](field@Options::path) says, and compiles its kernels where no
    /// matrix of the kind did before; submits nothing. Takes about 4n² bytes, 2n² in half storage.
    /// Not available on wasm, where [`Selector::prepare_matrix_async`] is.
    ///
    /// # Errors
    /// As [`Selector::prepare_matrix_async`].
    #[cfg(not(target_family = "wasm"))]
    pub fn prepare_matrix(&self, kind: MatrixKind, rows: usize) -> Result<MatrixBatch> {
        pollster::block_on(self.prepare_matrix_async(kind, rows))
    }

    /// The same without waiting, as [`Selector::prepare_async`].
    ///
    /// # Errors
    /// [`Error::RuleWithoutGraph`](crate::Error::RuleWithoutGraph) for
    /// [`Rule::Random`](crate::Rule::Random), and what [`Selector::prepare_async`] returns.
    pub fn prepare_matrix_async(
        &self,
        kind: MatrixKind,
        rows: usize,
    ) -> impl Future<Output = Result<MatrixBatch>> + use<> {
        let sizes = self.sizes_of_matrix(kind, rows);
        let pipelines = self.of_matrices[kind as usize]
            .get_or_init(|| shared(self.pipelines.of_matrix(kind)))
            .clone();
        async move { MatrixBatch::new(pipelines, sizes?).await }
    }

    /// Bytes that [`Selector::prepare_matrix_async`] would allocate on the device.
    ///
    /// # Errors
    /// As there, the device's limits aside.
    pub fn workspace_bytes_matrix(&self, kind: MatrixKind, rows: usize) -> Result<u64> {
        Ok(self.sizes_of_matrix(kind, rows)?.total_bytes())
    }

    fn sizes_of_matrix(&self, kind: MatrixKind, rows: usize) -> Result<WorkspaceSizes> {
        check_rule(self.options())?;
        let processor = Processor::of(self.pipelines.device());
        WorkspaceSizes::of_matrix(processor, rows, &kind.options(self.options()))
    }

    /// Bytes that [`Selector::prepare`] would allocate on the device for this shape.
    ///
    /// # Errors
    /// Zero or too many rows, and [`Error::PathTakes`](crate::Error::PathTakes).
    pub fn workspace_bytes(&self, shape: Shape) -> Result<u64> {
        Ok(self.sizes(shape)?.total_bytes())
    }

    /// The same, where the device can make and bind every buffer.
    pub(crate) fn fitting_bytes(&self, shape: Shape) -> Result<u64> {
        let sizes = self.sizes(shape)?;
        sizes.check(&self.device().limits())?;
        Ok(sizes.total_bytes())
    }

    /// Bytes that [`Selector::prepare_many`] would allocate on the device.
    ///
    /// # Errors
    /// As there, the device's limits aside.
    pub fn workspace_bytes_many(&self, shape: Shape, graphs: usize) -> Result<u64> {
        Ok(self.sizes_of_many(shape, graphs)?.total_bytes())
    }

    /// The path that [`Selector::prepare`] would take for this shape on this device.
    ///
    /// # Errors
    /// Zero or too many rows, and [`Error::PathTakes`](crate::Error::PathTakes).
    pub fn path(&self, shape: Shape) -> Result<Path> {
        Ok(self.sizes(shape)?.path)
    }

    fn sizes_of_many(&self, shape: Shape, graphs: usize) -> Result<WorkspaceSizes> {
        let processor = Processor::of(self.device());
        WorkspaceSizes::many(processor, shape, graphs, self.options())
    }

    fn sizes(&self, shape: Shape) -> Result<WorkspaceSizes> {
        let processor = Processor::of(self.device());
        WorkspaceSizes::within(processor, shape, self.options(), &self.device().limits())
    }

    /// The options the pipelines were made for.
    #[must_use]
    pub fn options(&self) -> &Options {
        self.pipelines.options()
    }

    /// The device the pipelines live on.
    #[must_use]
    pub fn device(&self) -> &wgpu::Device {
        self.pipelines.device()
    }

    /// Kernels compiled so far.
    #[cfg(test)]
    pub(crate) fn compiled(&self) -> usize {
        let of_matrices = self.of_matrices.iter().filter_map(OnceLock::get);
        let all = std::iter::once(&self.pipelines).chain(of_matrices);
        all.map(|pipelines| pipelines.compiled()).sum()
    }
}

#[cfg_attr(
    target_family = "wasm",
    expect(
        clippy::arc_with_non_send_sync,
        reason = "wgpu's types are neither on wasm"
    )
)]
fn shared(pipelines: Pipelines) -> Arc<Pipelines> {
    Arc::new(pipelines)
}
