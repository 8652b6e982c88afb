//! How a search is divided: spans of candidates whose unit rows lie in memory together, and blocks
//! of rows whose similarities with one span do.

use super::NeighbourOptions;
use crate::{
    Result, Shape,
    kernel::pieces::PIECE_WORK,
    low_rank::Tiling,
    params::CallParams,
    workspace::{check_buffers, largest_binding, only, words},
};
use bytemuck::{Pod, Zeroable};

/// Rows of a tile: blocks and spans are multiples of it.
const TILE: usize = 64;
/// Bytes of a span's unit rows at most.
const SPAN_BYTES: u64 = 256 << 20;
/// Candidates of a span at most: a lane of `shaders/nearest.wgsl` goes through a 64th of them for
/// every neighbour that it finds, and llvmpipe ends a thread after 65,535 iterations.
const SPAN_ROWS: usize = 1 << 15;
/// Bytes of the similarities of a block at most.
const BLOCK_BYTES: u64 = 64 << 20;

/// `Block` of `shaders/shared/block.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub(crate) struct BlockParams {
    pub first: u32,
    pub rows: u32,
    pub span_first: u32,
    pub span_rows: u32,
    pub span_stride: u32,
    pub padded: u32,
}

/// `RowRange` of `shaders/unit_rows.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub(super) struct RowRange {
    pub first: u32,
    pub rows: u32,
}

/// What one command buffer holds: a block of rows against a span of candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Where the span's unit rows are not there yet.
    pub opens_span: bool,
    pub block: BlockParams,
}

impl Part {
    /// The rows of the block, with their padding.
    pub fn block_range(&self) -> RowRange {
        RowRange {
            first: self.block.first,
            rows: self.block.rows.next_multiple_of(TILE as u32),
        }
    }

    /// The candidates, with their padding.
    pub fn span_range(&self) -> RowRange {
        RowRange {
            first: self.block.span_first,
            rows: self.block.span_stride,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct BlockDivision {
    pub tiling: Tiling,
    /// Elements between unit rows: the features rounded up to a slab.
    pub padded: usize,
    /// Candidates of a span, a multiple of a tile.
    span: usize,
    /// Rows of a block, a multiple of a tile.
    block: usize,
}

impl BlockDivision {
    pub fn new(shape: Shape, limits: &wgpu::Limits) -> Self {
        Self::of_work(PIECE_WORK, shape, limits)
    }

    /// The same with blocks of this work at most, unless the smallest has more.
    pub fn of_work(work: u64, shape: Shape, limits: &wgpu::Limits) -> Self {
        let padded = shape
            .features
            .checked_next_multiple_of(16)
            .unwrap_or(usize::MAX);
        let row_bytes = words(padded);
        let all = shape.rows.next_multiple_of(TILE);
        let binding = largest_binding(limits);
        let fitting = |bytes: u64, row_bytes: u64| {
            let rows = (bytes.min(binding) / row_bytes) as usize;
            (rows - rows % TILE).clamp(TILE, all)
        };
        // The similarities of the smallest block must fit, too: 64 rows, of 8 MiB.
        let span = fitting(SPAN_BYTES, row_bytes).min(SPAN_ROWS);
        let of_row = (span as u64).saturating_mul(padded as u64);
        let quick = (work / of_row.max(1)).min(span as u64) as usize;
        let block = fitting(BLOCK_BYTES, span as u64 * 4).min(quick - quick % TILE);
        Self {
            tiling: Tiling::new(shape.rows, shape.features),
            padded,
            span,
            block: block.max(TILE),
        }
    }

    /// The parts of a search among so many rows, in order: a span's blocks one after another, since
    /// the lists of a block carry over from one span to the next.
    pub fn parts(&self, rows: u32) -> impl Iterator<Item = Part> + use<> {
        let (span, block, padded) = (self.span as u32, self.block as u32, self.padded as u32);
        (0..rows).step_by(self.span).flat_map(move |span_first| {
            let span_rows = span.min(rows - span_first);
            (0..rows).step_by(block as usize).map(move |first| Part {
                opens_span: first == 0,
                block: BlockParams {
                    first,
                    rows: block.min(rows - first),
                    span_first,
                    span_rows,
                    span_stride: span_rows.next_multiple_of(TILE as u32),
                    padded,
                },
            })
        })
    }

    pub fn sizes(&self, shape: Shape, options: &NeighbourOptions) -> Sizes {
        let leading = shape.rows.next_multiple_of(TILE);
        let lists = shape.rows.saturating_mul(options.neighbours as usize);
        Sizes {
            factors: words(2 * leading),
            valid: words(leading),
            group_sums: only(options.centred, self.tiling.partial_bytes()),
            column_sums: only(options.centred, self.tiling.vector_bytes()),
            block_unit: words(self.block.saturating_mul(self.padded)),
            span_unit: words(self.span.saturating_mul(self.padded)),
            similarity: words(self.block.saturating_mul(self.span)),
            neighbour: words(lists),
        }
    }
}

/// Bytes of each buffer; the similarities of the lists have those of the lists.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub factors: u64,
    pub valid: u64,
    pub group_sums: u64,
    pub column_sums: u64,
    pub block_unit: u64,
    pub span_unit: u64,
    pub similarity: u64,
    pub neighbour: u64,
}

impl Sizes {
    fn named(&self) -> [(&'static str, u64); 9] {
        [
            ("row factors", self.factors),
            ("valid", self.valid),
            ("partial sums", self.group_sums),
            ("column sums", self.column_sums),
            ("unit rows of a block", self.block_unit),
            ("unit rows of a span", self.span_unit),
            ("similarities of a block", self.similarity),
            ("neighbours", self.neighbour),
            ("similarities of neighbours", self.neighbour),
        ]
    }

    /// Bytes of all buffers.
    pub fn total(&self) -> u64 {
        let sizes = self.named().into_iter();
        sizes.fold(CallParams::BYTES, |sum, (_, bytes)| {
            sum.saturating_add(bytes)
        })
    }

    /// That every buffer can be made and bound.
    pub fn check(&self, limits: &wgpu::Limits) -> Result<()> {
        check_buffers(self.named(), limits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(binding: u64) -> wgpu::Limits {
        wgpu::Limits {
            max_storage_buffer_binding_size: binding,
            ..wgpu::Limits::default()
        }
    }

    #[test]
    fn parts_cover_every_pair_once_and_in_an_order_that_carries_lists_over() {
        let shape = Shape {
            rows: 1000,
            features: 100,
        };
        // Room for 256 unit rows of 112 elements.
        let division = BlockDivision::new(shape, &limits(256 * 112 * 4));
        assert_eq!((division.span, division.block), (256, 64));
        let mut pairs = vec![0; 1000 * 1000];
        let mut last_span = [None; 1000];
        for part in division.parts(1000) {
            let block = part.block;
            for row in block.first..block.first + block.rows {
                let before: &mut Option<u32> = &mut last_span[row as usize];
                assert!(before.is_none_or(|before| before < block.span_first));
                *before = Some(block.span_first);
                for other in block.span_first..block.span_first + block.span_rows {
                    pairs[row as usize * 1000 + other as usize] += 1;
                }
            }
            assert_eq!(part.opens_span, block.first == 0);
        }
        assert!(pairs.iter().all(|count| *count == 1));
    }

    #[test]
    fn what_a_device_cannot_bind_is_an_error_with_its_bytes() {
        let shape = Shape {
            rows: 1 << 20,
            features: 16,
        };
        let options = NeighbourOptions::default().neighbours(64);
        let limits = limits(128 << 20);
        let sizes = BlockDivision::new(shape, &limits).sizes(shape, &options);
        let error = sizes.check(&limits).unwrap_err().to_string();
        assert!(
            error.contains("neighbours needs 268435456 bytes"),
            "{error}"
        );
        assert!(sizes.check(&self::limits(256 << 20)).is_ok());
    }
}
