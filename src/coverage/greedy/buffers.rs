//! The buffers of a greedy choice, and how its work is divided.

use super::GreedyState;
use crate::{
    Result, Shape,
    coverage::runs::{MOST_RUNS, runs},
    kernel::pieces::PIECE_WORK,
    low_rank::Tiling,
    neighbours::division::BlockParams,
    params::CallParams,
    workspace::{check_buffers, largest_binding, make, only, words},
};
use bytemuck::{Pod, Zeroable};

/// Rows of a tile.
const TILE: usize = 64;
/// Rows at most of which all similarities are stored.
const MOST_STORED: usize = 16_384;
/// Bytes at most of the unit rows of a round.
const ROUND_BYTES: u64 = 64 << 20;
/// Rounds that are recorded for every row chosen, at most, for the sake of short dispatches.
const MOST_ROUNDS: u64 = 512;
/// Work of a dispatch that they may make it.
const MOST_WORK: u64 = 1 << 40;
/// Iterations of a thread in a round, about: llvmpipe ends one after 65,535, whatever is left to do.
const ITERATIONS: u64 = 60_000;

/// `Round` of `shaders/shared/round.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub(super) struct Round {
    first: u32,
    most: u32,
}

#[derive(Clone, Debug)]
pub(super) struct GreedyDivision {
    pub shape: Shape,
    pub tiling: Tiling,
    /// Elements between unit rows.
    pub padded: usize,
    /// Elements between rows of similarities.
    pub leading: usize,
    /// Whether all similarities are stored.
    pub stored: bool,
    /// Changes of a round where they are not, a multiple of a tile.
    pub round_rows: usize,
    /// Runs of rows with a candidate each.
    pub runs: u32,
    by_gain: bool,
    /// Rows that may be chosen.
    most: usize,
    /// Work of a dispatch at most, about.
    pub work: u64,
}

impl GreedyDivision {
    pub fn new(shape: Shape, most: usize, by_gain: bool, limits: &wgpu::Limits) -> Self {
        Self::of_work(PIECE_WORK, shape, most, by_gain, limits)
    }

    /// The same with dispatches of this work at most.
    pub fn of_work(
        work: u64,
        shape: Shape,
        most: usize,
        by_gain: bool,
        limits: &wgpu::Limits,
    ) -> Self {
        let Shape { rows, features } = shape;
        let padded = features.checked_next_multiple_of(16).unwrap_or(usize::MAX);
        let leading = rows.next_multiple_of(TILE);
        let bound = largest_binding(limits);
        let row_bytes = words(padded);
        let largest = words(leading).saturating_mul(leading.max(padded) as u64);
        let stored = by_gain && rows <= MOST_STORED && largest <= bound;
        let fitting = ROUND_BYTES.min(bound) / row_bytes;
        let of_change = (rows as u64).saturating_mul(padded as u64).max(1);
        let at_once = (rows as u64 / MOST_ROUNDS).min(MOST_WORK / of_change);
        let at_once = at_once.max(work / of_change);
        let a_tile = (padded as u64 / 16).saturating_mul(17).saturating_add(16);
        let tiles = (ITERATIONS / a_tile).saturating_mul(TILE as u64);
        let round = fitting.min(at_once).min(tiles).min(leading as u64) as usize;
        Self {
            shape,
            tiling: Tiling::new(rows, features),
            padded,
            leading,
            stored,
            round_rows: (round - round % TILE).max(TILE),
            runs: runs(rows),
            by_gain,
            most,
            work,
        }
    }

    /// The rounds that all changes of a call may need.
    pub fn rounds(&self, rows: u32) -> impl Iterator<Item = Round> + use<> {
        let most = self.round_rows as u32;
        let firsts = (0..rows).step_by(self.round_rows);
        firsts.map(move |first| Round { first, most })
    }

    /// First row and rows of the blocks by which similarities of so many rows, a multiple of a
    /// tile, are stored.
    pub fn blocks(&self, rows: u32) -> impl Iterator<Item = (u32, u32)> + use<> {
        let of_row = (u64::from(rows) * self.padded as u64).max(1);
        let fitting = (self.work / of_row).min(u64::from(rows)) as u32;
        let each = (fitting - fitting % TILE as u32).max(TILE as u32);
        let firsts = (0..rows).step_by(each as usize);
        firsts.map(move |first| (first, each.min(rows - first)))
    }

    /// One of them, from its own first row on.
    pub fn block(&self, rows: u32) -> BlockParams {
        BlockParams {
            first: 0,
            rows,
            span_first: 0,
            span_rows: self.leading as u32,
            span_stride: self.leading as u32,
            padded: self.padded as u32,
        }
    }

    /// Name and bytes of every buffer.
    fn sizes(&self) -> [(&'static str, u64); 15] {
        let row = words(self.leading);
        let matrix = row.saturating_mul(self.leading as u64);
        let unit_rows = match self.stored {
            true => self.leading,
            false => self.round_rows,
        };
        let unit = words(self.padded).saturating_mul(unit_rows as u64);
        [
            ("params", CallParams::BYTES),
            ("state", size_of::<GreedyState>() as u64),
            ("row factors", 2 * row),
            ("valid", row),
            ("signs of the features", 16),
            ("order", row),
            ("keys", 2 * row),
            ("coverage", row),
            ("changes of coverage", only(self.by_gain, 4 * row)),
            ("candidates", 16 * MOST_RUNS as u64),
            ("rows given", words(1 + self.most)),
            ("chosen row", words(self.padded)),
            ("chosen rows", words(self.most)),
            ("unit rows", only(self.by_gain, unit)),
            ("similarities", only(self.stored, matrix)),
        ]
    }

    /// Bytes of all buffers.
    pub fn total(&self) -> u64 {
        let sizes = self.sizes().into_iter();
        sizes.fold(0, |sum, (_, bytes)| sum.saturating_add(bytes))
    }

    /// That every buffer can be made and bound.
    pub fn check(&self, limits: &wgpu::Limits) -> Result<()> {
        check_buffers(self.sizes(), limits)
    }
}

#[derive(Debug)]
pub(super) struct GreedyBuffers {
    pub params: wgpu::Buffer,
    pub state: wgpu::Buffer,
    factors: wgpu::Buffer,
    valid: wgpu::Buffer,
    pub sign_flags: wgpu::Buffer,
    order: wgpu::Buffer,
    keys: wgpu::Buffer,
    covered: wgpu::Buffer,
    changes: wgpu::Buffer,
    candidates: wgpu::Buffer,
    pub already: wgpu::Buffer,
    centre: wgpu::Buffer,
    pub kept: wgpu::Buffer,
    pub unit: wgpu::Buffer,
    pub similarity: wgpu::Buffer,
}

impl GreedyBuffers {
    pub fn allocate(device: &wgpu::Device, division: &GreedyDivision) -> Self {
        let [params, rest @ ..] = division.sizes();
        let uniform = wgpu::BufferUsages::UNIFORM;
        let [
            state,
            factors,
            valid,
            sign_flags,
            order,
            keys,
            covered,
            changes,
            candidates,
            already,
            centre,
            kept,
            unit,
            similarity,
        ] = rest.map(|(label, size)| make(device, label, size, wgpu::BufferUsages::STORAGE));
        Self {
            params: make(device, params.0, params.1, uniform),
            state,
            factors,
            valid,
            sign_flags,
            order,
            keys,
            covered,
            changes,
            candidates,
            already,
            centre,
            kept,
            unit,
            similarity,
        }
    }

    /// Every buffer that kernels write, for tests to poison.
    #[cfg(all(test, feature = "twin"))]
    pub fn written(&self) -> [&wgpu::Buffer; 12] {
        [
            &self.state,
            &self.factors,
            &self.valid,
            &self.order,
            &self.keys,
            &self.covered,
            &self.changes,
            &self.candidates,
            &self.centre,
            &self.kept,
            &self.unit,
            &self.similarity,
        ]
    }

    /// The buffer that a shader's binding of this name is.
    pub fn named(&self, name: &str) -> &wgpu::Buffer {
        match name {
            "params" => &self.params,
            "greedy" => &self.state,
            "factors" => &self.factors,
            "valid" => &self.valid,
            "sign_flags" => &self.sign_flags,
            "order" => &self.order,
            "keys" => &self.keys,
            "covered" => &self.covered,
            "changes" => &self.changes,
            "candidates" => &self.candidates,
            "already" => &self.already,
            "centre" => &self.centre,
            "kept" => &self.kept,
            "unit" | "span_unit" => &self.unit,
            // Sums of columns, which rows that are not centred do not read.
            "column_sums" => &self.centre,
            "similarity" => &self.similarity,
            _ => panic!("a greedy choice has no buffer {name}"),
        }
    }
}
