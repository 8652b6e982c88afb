//! How the parts of a pool are solved on a device, and what that takes.

use gstds::adapter::Gpu;
use gstds::{Coverage, Error, MAX_GRAPHS, Path, Rule, Selector, Shape};

use super::PoolPlan;
use crate::error::Result;
use crate::pool::CHUNK_BYTES;
use crate::request::SelectRequest;

/// Bytes of features, and of workspace, that many small graphs take at once.
const MANY_GRAPHS_BYTES: u64 = 64 << 20;

/// A plan on an opened device; nothing is allocated yet.
pub struct DevicePlan<'a> {
    pub(crate) plan: &'a PoolPlan<'a>,
    pub(crate) gpu: &'a Gpu,
    pub(crate) selector: Selector,
    /// Rows of the largest part that keeps any, and features.
    pub(crate) shape: Shape,
    /// The path of all parts.
    pub(crate) path: Path,
    /// Parts that are solved in one submission; 0 where each has its own.
    pub(crate) graphs: usize,
    /// Bytes of the buffer that features are written to.
    pub(crate) feature_bytes: u64,
    /// Bytes of the selection's own buffers.
    pub(crate) workspace_bytes: u64,
}

impl<'a> DevicePlan<'a> {
    /// Predicts buffers and checks them against the device's limits. Compiles the kernels' modules.
    ///
    /// # Errors
    /// [`Error::Selection`](crate::Error::Selection) for options that contradict each other and for
    /// what the device cannot hold.
    pub fn new(gpu: &'a Gpu, plan: &'a PoolPlan<'a>) -> Result<Self> {
        let options = &plan.request.options;
        let selector = Selector::new(&gpu.device, options)?;
        let shape = plan.largest_shape();
        let coverage = plan.request.coverage_options();
        let most = plan.most_chosen();
        let path = match &coverage {
            Some(coverage) => Coverage::path_on(&gpu.device, shape, most, coverage)?,
            None => selector.path(shape)?,
        };
        let part_bytes = plan.layout.row_bytes().saturating_mul(shape.rows as u64);
        check(part_bytes, &gpu.device.limits())?;
        // Graphs of one submission share a seed, and parts that draw have one each.
        let draws = matches!(options.rule, Rule::Random | Rule::Stratified);
        let one_by_one = draws || coverage.is_some();
        let graphs = match plan.parts.len() > 1 && path == Path::Fused && !one_by_one {
            true => graphs(&selector, shape, part_bytes)?.min(plan.parts.len()),
            false => 0,
        };
        let workspace_bytes = match (graphs, &coverage) {
            (_, Some(coverage)) => Coverage::workspace_bytes(&gpu.device, shape, most, coverage)?,
            (0, None) => selector.workspace_bytes(shape)?,
            (graphs, None) => selector.workspace_bytes_many(shape, graphs)?,
        };
        let feature_bytes = part_bytes * graphs.max(1) as u64;
        Ok(Self {
            plan,
            gpu,
            selector,
            shape,
            path,
            graphs,
            feature_bytes: feature_bytes.next_multiple_of(4),
            workspace_bytes,
        })
    }

    /// What is selected by.
    #[must_use]
    pub fn request(&self) -> &SelectRequest {
        self.plan.request
    }

    /// All that is allocated on the device at once.
    pub(crate) fn bytes(&self) -> u64 {
        self.feature_bytes + self.workspace_bytes + self.feature_bytes.min(CHUNK_BYTES as u64)
    }
}

/// How many graphs of this shape are solved at once.
fn graphs(selector: &Selector, shape: Shape, part_bytes: u64) -> Result<usize> {
    let each = selector.workspace_bytes_many(shape, 1)?.max(part_bytes);
    Ok((MANY_GRAPHS_BYTES / each.max(1)).clamp(1, MAX_GRAPHS as u64) as usize)
}

/// Whether one buffer of the device can hold the features of a part.
fn check(needed: u64, limits: &wgpu::Limits) -> Result<(), Error> {
    let allowed = limits.max_buffer_size;
    if needed > allowed {
        return Err(Error::DeviceLimit {
            what: "features",
            needed,
            limit: "max_buffer_size",
            allowed,
        });
    }
    Ok(())
}
