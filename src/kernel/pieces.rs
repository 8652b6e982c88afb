//! Kernels of which one dispatch could outlast a driver's watchdog, since their work grows faster
//! than what they read: their grid is cut into pieces, a dispatch each. Where one piece is enough
//! that is the whole grid.

#[cfg(test)]
mod tests;

use super::{Binder, BoundKernel, Grid, KernelSpec};
use crate::{params::uniform, recorder::Recorder};
use bytemuck::{Pod, Zeroable};

/// Multiply-adds of a dispatch at most, about: a third of a second at 0.2e12 a second.
pub(crate) const PIECE_WORK: u64 = 1 << 36;
/// Multiply-adds in the time of a byte, at 25e9 bytes a second.
pub(crate) const WORK_OF_A_BYTE: u64 = 8;
/// Multiply-adds of a tile of 64 x 64 pairs, for each feature.
pub(crate) const WORK_OF_A_TILE: u64 = 64 * 64;

/// `Piece` of `shaders/shared/piece.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct PieceParams {
    first: [u32; 3],
    count: u32,
}

/// A box of a kernel's grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Its first workgroup.
    first: [u32; 3],
    /// Workgroups at most along each axis.
    most: [u32; 3],
}

impl Piece {
    pub const WHOLE: Self = Self {
        first: [0; 3],
        most: [u32::MAX; 3],
    };

    /// A grid of `count` along its first axis, where each takes `work`, in pieces of at most `most`.
    pub fn along(axis: usize, count: usize, work: u64, most: u64) -> Vec<Self> {
        let fitting = (most / work.max(1)).max(1);
        if fitting >= count as u64 {
            return vec![Self::WHOLE];
        }
        let piece = |first: usize| {
            let mut piece = Self::WHOLE;
            piece.first[axis] = first as u32;
            piece.most[axis] = fitting as u32;
            piece
        };
        (0..count).step_by(fitting as usize).map(piece).collect()
    }

    /// The tiles on and above the diagonal of a square, where each takes `work`, in pieces of at most
    /// `most`: whole lines of tiles where one line is that little.
    pub fn above_diagonal(tiles: usize, work: u64, most: u64) -> Vec<Self> {
        let across = tiles as u64;
        if (across * (across + 1) / 2).saturating_mul(work) <= most {
            return vec![Self::WHOLE];
        }
        let fitting = (most / work.max(1)).max(1);
        let mut pieces = Vec::new();
        let mut line = 0;
        while line < across {
            let left = across - line;
            let lines = (fitting / left).clamp(1, left);
            let columns = fitting.min(left);
            for first in (line..across).step_by(columns as usize) {
                pieces.push(Self {
                    first: [line as u32, first as u32, 0],
                    most: [lines as u32, columns as u32, u32::MAX],
                });
            }
            line += lines;
        }
        pieces
    }

    /// What it has of a grid.
    fn within(&self, grid: [u32; 3]) -> Option<[u32; 3]> {
        let along = |axis: usize| grid[axis].saturating_sub(self.first[axis]);
        let groups = std::array::from_fn(|axis| along(axis).min(self.most[axis]));
        (!groups.contains(&0)).then_some(groups)
    }

    fn params(&self) -> PieceParams {
        PieceParams {
            first: self.first,
            count: self.most[0],
        }
    }
}

/// A kernel with its buffers, a dispatch for each piece of its grid.
#[derive(Debug)]
pub(crate) struct PiecedKernel {
    pieces: Vec<(Piece, BoundKernel)>,
    grid: Grid,
}

impl PiecedKernel {
    /// `pieces` cover the largest grid of a call.
    pub fn new(binder: &Binder<'_>, spec: &KernelSpec, pieces: Vec<Piece>) -> Self {
        Self::bound_by(binder.device(), spec, pieces, |piece| {
            binder.bind_with(spec, &[], &[("piece", piece)])
        })
    }

    /// The same, bound by `bind` to a piece's parameters and what else there is.
    pub fn bound_by(
        device: &wgpu::Device,
        spec: &KernelSpec,
        pieces: Vec<Piece>,
        bind: impl Fn(wgpu::BufferBinding<'_>) -> BoundKernel,
    ) -> Self {
        let bound = |piece: Piece| {
            let params = uniform(device, bytemuck::bytes_of(&piece.params()));
            (piece, bind(params.as_entire_buffer_binding()))
        };
        Self {
            pieces: pieces.into_iter().map(bound).collect(),
            grid: spec.grid,
        }
    }

    /// Records the kernel over this many rows of each of many graphs; a workgroup takes `work`.
    pub fn record(&self, pass: &mut Recorder<'_, '_>, rows: u32, graphs: u32, work: u64) {
        let grid = self.grid.workgroups(rows, graphs);
        for (piece, kernel) in &self.pieces {
            if let Some(groups) = piece.within(grid) {
                let count = groups
                    .iter()
                    .map(|&along| u64::from(along))
                    .product::<u64>();
                kernel.record_work(pass, groups, count.saturating_mul(work));
            }
        }
    }

    /// Records a kernel that divides `count` things by itself among at most `groups` workgroups, of
    /// which each thing takes `work`.
    pub fn record_divided(&self, pass: &mut Recorder<'_, '_>, count: u32, groups: u32, work: u64) {
        for (piece, kernel) in &self.pieces {
            if let Some([things, ..]) = piece.within([count, 1, 1]) {
                let total = u64::from(things).saturating_mul(work);
                kernel.record_work(pass, [groups.min(things), 1, 1], total);
            }
        }
    }

    /// Dispatches over this many rows.
    pub fn dispatches(&self, rows: u32) -> u32 {
        self.dispatches_over(self.grid.workgroups(rows, 1))
    }

    /// Dispatches over this grid.
    pub fn dispatches_over(&self, grid: [u32; 3]) -> u32 {
        let taken = self
            .pieces
            .iter()
            .filter(|(piece, _)| piece.within(grid).is_some());
        taken.count() as u32
    }
}
