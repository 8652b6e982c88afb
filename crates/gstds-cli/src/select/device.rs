//! What a selection takes of the device, settled before any of it is done.

use gstds::adapter::Gpu;
use gstds::{Error, MAX_GRAPHS, Options, Path, Rule, Selector, Shape};

use super::parts::Part;
use super::upload;
use gstds_data::matrix::MatrixLayout;

/// Bytes of features, and of workspace, that many small graphs take at once.
const ROOM: u64 = 64 << 20;

/// How the parts are solved on a device.
pub(crate) struct Plan {
    pub(crate) selector: Selector,
    /// Rows of the largest part that keeps any, and features.
    pub(crate) shape: Shape,
    /// The path that it takes, and all others with it.
    pub(super) path: Path,
    /// Parts that are solved in one submission; 0 where each has its own.
    pub(super) graphs: usize,
    /// Bytes of the buffer that features are written to.
    pub(crate) feature_bytes: u64,
    /// Bytes of the selection's own buffers.
    pub(super) workspace_bytes: u64,
}

impl Plan {
    /// Predicts buffers and holds that of the features to the device's limits.
    pub(crate) fn new(
        gpu: &Gpu,
        options: &Options,
        layout: &MatrixLayout,
        parts: &[Part],
    ) -> Result<Self, Error> {
        let selector = Selector::new(&gpu.device, options)?;
        let shape = largest(layout.features, parts);
        let path = selector.path(shape)?;
        let part_bytes = layout.row_bytes().saturating_mul(shape.rows as u64);
        check(part_bytes, &gpu.device.limits())?;
        // Graphs of one submission share a seed, and parts that draw have each their own.
        let draws = matches!(options.rule, Rule::Random | Rule::Stratified);
        let graphs = match parts.len() > 1 && path == Path::Fused && !draws {
            true => graphs(&selector, shape, part_bytes)?.min(parts.len()),
            false => 0,
        };
        let workspace_bytes = match graphs {
            0 => selector.workspace_bytes(shape)?,
            graphs => selector.workspace_bytes_many(shape, graphs)?,
        };
        let feature_bytes = part_bytes * graphs.max(1) as u64;
        Ok(Self {
            selector,
            shape,
            path,
            graphs,
            feature_bytes: feature_bytes.next_multiple_of(4),
            workspace_bytes,
        })
    }

    /// All that is allocated on the device at once.
    pub(super) fn bytes(&self) -> u64 {
        self.feature_bytes + self.workspace_bytes + self.feature_bytes.min(upload::CHUNK as u64)
    }
}

/// The shape that every part fits.
pub(crate) fn largest(features: usize, parts: &[Part]) -> Shape {
    let kept = parts.iter().filter(|part| part.keep > 0);
    Shape {
        rows: kept.map(|part| part.rows.len()).max().unwrap_or(0),
        features,
    }
}

/// How many graphs of this shape are solved at once.
fn graphs(selector: &Selector, shape: Shape, part_bytes: u64) -> Result<usize, Error> {
    let each = selector.workspace_bytes_many(shape, 1)?.max(part_bytes);
    Ok((ROOM / each.max(1)).clamp(1, MAX_GRAPHS as u64) as usize)
}

/// That one buffer of the device holds the features of a part.
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
