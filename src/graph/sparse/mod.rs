//! The graph of nearest neighbours, from the similarity matrix to sparse rows.

pub(crate) mod edges;
pub(crate) mod entries;
pub(crate) mod neighbours;
pub(crate) mod offsets;

use crate::{Affinity, Options, workspace::Workspace};
use edges::Edges;
use entries::Entries;
use neighbours::Neighbours;
use offsets::Offsets;

#[derive(Debug)]
pub(crate) struct Sparse {
    neighbours: Neighbours,
    edges: Edges,
    offsets: Offsets,
    entries: Entries,
}

#[derive(Debug)]
pub(crate) struct SparseBindings {
    neighbours: wgpu::BindGroup,
    edges: wgpu::BindGroup,
    offsets: wgpu::BindGroup,
    entries: wgpu::BindGroup,
}

impl Sparse {
    /// Dispatches that [`Self::record`] makes.
    pub const DISPATCHES: u32 = 4;

    /// The kernels, where the affinity asks for them.
    pub fn new(device: &wgpu::Device, options: &Options) -> Option<Self> {
        (options.affinity == Affinity::Knn).then(|| Self {
            neighbours: Neighbours::new(device, options.neighbours),
            edges: Edges::new(device),
            offsets: Offsets::new(device),
            entries: Entries::new(device),
        })
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> SparseBindings {
        SparseBindings {
            neighbours: self.neighbours.bind(device, ws),
            edges: self.edges.bind(device, ws),
            offsets: self.offsets.bind(device, ws),
            entries: self.entries.bind(device, ws),
        }
    }

    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, bound: &SparseBindings, rows: u32) {
        self.neighbours.record(pass, &bound.neighbours, rows);
        self.edges.record(pass, &bound.edges, rows);
        self.offsets.record(pass, &bound.offsets);
        self.entries.record(pass, &bound.entries, rows);
    }
}
