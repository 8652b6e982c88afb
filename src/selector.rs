use crate::{
    Batch, Many, Options, Result, Shape,
    paths::Pipelines,
    workspace::{Sizes, check_device},
};
use std::sync::Arc;

/// The pipelines of one set of [`Options`] on one device.
///
/// Nothing is submitted. Shaders are compiled when a shape first needs their path; keep a selector
/// for the life of the device.
#[derive(Clone, Debug)]
pub struct Selector {
    pub(crate) device: wgpu::Device,
    pub(crate) options: Options,
    pub(crate) pipelines: Arc<Pipelines>,
}

impl Selector {
    /// Checks the options and the caller's device.
    ///
    /// # Errors
    /// [`Error::DeviceTooSmall`](crate::Error::DeviceTooSmall) where a limit lies below WebGPU's
    /// defaults, [`Error::Steps`](crate::Error::Steps) for a step count no solver takes.
    pub fn new(device: &wgpu::Device, options: &Options) -> Result<Self> {
        options.check()?;
        check_device(&device.limits())?;
        Ok(Self {
            device: device.clone(),
            options: options.clone(),
            pipelines: Arc::default(),
        })
    }

    /// Allocates the workspace for batches of up to `shape.rows` rows, and compiles the kernels of
    /// its path where no shape did before; submits nothing.
    ///
    /// # Errors
    /// Zero or too many rows, a buffer beyond the device's limits (with its predicted bytes), or
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn prepare(&self, shape: Shape) -> Result<Batch> {
        Batch::new(self, Sizes::new(shape, &self.options)?)
    }

    /// Allocates the workspace for selections in up to `graphs` graphs at once, each of up to
    /// `shape.rows` rows (at most 256), on the fused path whatever [`Options::path`] says; submits
    /// nothing. With rows r rounded up to 64 and features d to 16 it takes about 4·r·(r + d +
    /// steps) bytes a graph.
    ///
    /// # Errors
    /// [`Error::Graphs`](crate::Error::Graphs) for none or more than
    /// [`MAX_GRAPHS`](crate::MAX_GRAPHS), [`Error::PathTakes`](crate::Error::PathTakes) for a shape
    /// or an option that the fused path does not take, and what [`Selector::prepare`] returns.
    pub fn prepare_many(&self, shape: Shape, graphs: usize) -> Result<Many> {
        Many::new(self, shape, graphs)
    }

    /// Bytes that [`Selector::prepare`] would allocate on the device for this shape.
    ///
    /// # Errors
    /// Zero or too many rows.
    pub fn workspace_bytes(&self, shape: Shape) -> Result<u64> {
        Ok(Sizes::new(shape, &self.options)?.total_bytes())
    }

    /// The options the pipelines were made for.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The device the pipelines live on.
    #[must_use]
    pub fn device(&self) -> &wgpu::Device {
        &self.device
    }
}
