use crate::{
    Batch, GraphBatch, Options, Path, Result, Shape,
    kernel::Pipelines,
    workspace::{WorkspaceSizes, check_device},
};
use std::sync::Arc;

/// The pipelines of one set of [`Options`] on one device.
///
/// Nothing is submitted. Shaders are compiled when a shape first needs their path; keep a selector
/// for the life of the device.
#[derive(Clone, Debug)]
pub struct Selector {
    pipelines: Arc<Pipelines>,
}

impl Selector {
    /// Checks the options and the caller's device.
    ///
    /// # Errors
    /// [`Error::DeviceTooSmall`](crate::Error::DeviceTooSmall) where a limit lies below WebGPU's
    /// defaults, and [`Error::Steps`](crate::Error::Steps), [`Error::Tau`](crate::Error::Tau),
    /// [`Error::Neighbours`](crate::Error::Neighbours) or
    /// [`Error::HalfNeighbours`](crate::Error::HalfNeighbours) for options out of range.
    #[cfg_attr(
        target_family = "wasm",
        expect(
            clippy::arc_with_non_send_sync,
            reason = "wgpu's types are neither on wasm"
        )
    )]
    pub fn new(device: &wgpu::Device, options: &Options) -> Result<Self> {
        options.check()?;
        check_device(&device.limits())?;
        Ok(Self {
            pipelines: Arc::new(Pipelines::new(device, options)),
        })
    }

    /// Allocates the workspace for batches of up to `shape.rows` rows, and compiles the kernels of
    /// its path where no shape did before; submits nothing. Not there on wasm, where
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
    /// d to 16 it takes about 4·r·(r + d + steps) bytes a graph. Not there on wasm, where
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
        let sizes = WorkspaceSizes::many(shape, graphs, self.options());
        let pipelines = self.pipelines.clone();
        async move { GraphBatch::new(pipelines, sizes?).await }
    }

    /// Bytes that [`Selector::prepare`] would allocate on the device for this shape.
    ///
    /// # Errors
    /// Zero or too many rows, and [`Error::PathTakes`](crate::Error::PathTakes).
    pub fn workspace_bytes(&self, shape: Shape) -> Result<u64> {
        Ok(self.sizes(shape)?.total_bytes())
    }

    /// Bytes that [`Selector::prepare_many`] would allocate on the device.
    ///
    /// # Errors
    /// As there, the device's limits aside.
    pub fn workspace_bytes_many(&self, shape: Shape, graphs: usize) -> Result<u64> {
        Ok(WorkspaceSizes::many(shape, graphs, self.options())?.total_bytes())
    }

    /// The path that [`Selector::prepare`] would take for this shape on this device.
    ///
    /// # Errors
    /// Zero or too many rows, and [`Error::PathTakes`](crate::Error::PathTakes).
    pub fn path(&self, shape: Shape) -> Result<Path> {
        Ok(self.sizes(shape)?.path)
    }

    /// Sizes on the path of the options; under [`Path::Auto`] on the one that holds no matrix where
    /// the cheapest does not fit the device.
    fn sizes(&self, shape: Shape) -> Result<WorkspaceSizes> {
        let sizes = WorkspaceSizes::new(shape, self.options())?;
        let limits = self.device().limits();
        if self.options().path != Path::Auto || sizes.check(&limits).is_ok() {
            return Ok(sizes);
        }
        let low_rank = self.options().clone().path(Path::LowRank);
        let other = WorkspaceSizes::new(shape, &low_rank);
        Ok(match other {
            Ok(fits) if fits.check(&limits).is_ok() => fits,
            _ => sizes,
        })
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
}
