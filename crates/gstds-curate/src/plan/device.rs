//! How the parts of a pool are solved on a device, and what that takes.

use gstds::adapter::Gpu;
use gstds::{Coverage, MAX_GRAPHS, Path, Rule, Selector, Shape};

use super::{PoolPlan, fitting};
use crate::error::Result;
use crate::pool::CHUNK_BYTES;
use crate::request::SelectRequest;
use crate::solve::MOST_CLUSTERED;

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
    /// Bytes of the features, and of the buffers beside them, where near-duplicates are looked for
    /// on the device before the selection or after it.
    pub(crate) search_bytes: [u64; 2],
    /// Rows times clusters times vectors beyond which medoids are chosen in two levels.
    pub(crate) most_clustered: u64,
}

impl<'a> DevicePlan<'a> {
    /// Predicts buffers and checks all of them against the device's limits: a selection that is
    /// planned fails later only where memory runs out, the device is lost, or rows cannot be read.
    /// Compiles the kernels' modules.
    ///
    /// # Errors
    /// [`Error::Selection`](crate::Error::Selection) for options that contradict each other, and
    /// [`Error::DoesNotFit`](crate::Error::DoesNotFit) for what the device cannot hold, with the
    /// changes by which it can.
    pub fn new(gpu: &'a Gpu, plan: &'a PoolPlan<'a>) -> Result<Self> {
        let selector = Selector::new(&gpu.device, &plan.request.options)?;
        Self::with_selector(gpu, plan, selector)
    }

    /// The same with a selector of an earlier plan, which has its kernels compiled: for the options
    /// of the plan, whatever the seed, on the device of `gpu`.
    ///
    /// # Errors
    /// As [`DevicePlan::new`].
    pub fn with_selector(gpu: &'a Gpu, plan: &'a PoolPlan<'a>, selector: Selector) -> Result<Self> {
        let options = &plan.request.options;
        let shape = plan.largest_shape();
        let drawing = Self {
            plan,
            gpu,
            selector,
            shape,
            path: Path::LowRank,
            graphs: 0,
            feature_bytes: 0,
            workspace_bytes: 0,
            search_bytes: fitting::search_bytes(gpu, plan)?,
            most_clustered: MOST_CLUSTERED,
        };
        if !plan.solves() {
            return Ok(drawing);
        }
        let selector = &drawing.selector;
        let coverage = plan.request.coverage_options();
        let most = plan.most_chosen();
        let fitting = fitting::path(plan, shape, gpu)?;
        let path = match &coverage {
            Some(_) => fitting,
            // On a software adapter it may be another than on a GPU.
            None => selector.path(shape)?,
        };
        let part_bytes = plan.layout.row_bytes().saturating_mul(shape.rows as u64);
        // Graphs of one submission share a seed, and parts that draw have one each.
        let one_by_one = options.rule == Rule::Stratified || coverage.is_some();
        let graphs = match plan.parts.len() > 1 && path == Path::Fused && !one_by_one {
            true => graphs(selector, shape, part_bytes)?.min(plan.parts.len()),
            false => 0,
        };
        let workspace_bytes = match (graphs, &coverage) {
            (_, Some(coverage)) => Coverage::workspace_bytes(&gpu.device, shape, most, coverage)?,
            (0, None) => selector.workspace_bytes(shape)?,
            (graphs, None) => selector.workspace_bytes_many(shape, graphs)?,
        };
        let feature_bytes = part_bytes * graphs.max(1) as u64;
        Ok(Self {
            path,
            graphs,
            feature_bytes: feature_bytes.next_multiple_of(4),
            workspace_bytes,
            ..drawing
        })
    }

    /// The same device for a plan whose parts are no larger.
    pub(crate) fn narrowed<'b>(&'b self, plan: &'b PoolPlan<'b>) -> DevicePlan<'b> {
        DevicePlan {
            plan,
            selector: self.selector.clone(),
            ..*self
        }
    }

    /// What is selected by.
    #[must_use]
    pub fn request(&self) -> &SelectRequest {
        self.plan.request
    }

    /// The name of the path; `none` where no graph is solved.
    pub(crate) fn path_name(&self) -> &'static str {
        match self.plan.solves() {
            true => self.path.name(),
            false => "none",
        }
    }

    /// Bytes of the features and of the workspace, of the selection or of the search for
    /// near-duplicates, whichever takes more: one follows the other.
    pub(crate) fn most_bytes(&self) -> [u64; 2] {
        let selection = [self.feature_bytes, self.workspace_bytes];
        let [first, second] = [selection, self.search_bytes].map(|of| of.iter().sum::<u64>());
        if second > first {
            return self.search_bytes;
        }
        selection
    }

    /// All that is allocated on the device at once.
    pub(crate) fn bytes(&self) -> u64 {
        let [features, workspace] = self.most_bytes();
        features + workspace + features.min(CHUNK_BYTES as u64)
    }
}

/// How many graphs of this shape are solved at once.
fn graphs(selector: &Selector, shape: Shape, part_bytes: u64) -> Result<usize> {
    let each = selector.workspace_bytes_many(shape, 1)?.max(part_bytes);
    Ok((MANY_GRAPHS_BYTES / each.max(1)).clamp(1, MAX_GRAPHS as u64) as usize)
}
