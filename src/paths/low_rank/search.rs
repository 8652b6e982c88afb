//! The search for a negative similarity among sampled rows.

use crate::{
    Affinity,
    kernel::{Binder, Piece, PiecedKernel, pieces::WORK_OF_A_TILE, table},
    low_rank::Tiling,
    recorder::Recorder,
};

/// Where the affinity depends on whether a similarity is negative.
#[derive(Debug)]
pub(super) struct Search {
    kernel: PiecedKernel,
    tiling: Tiling,
    /// Work of a tile.
    of_tile: u64,
}

impl Search {
    pub fn new(binder: &Binder<'_>) -> Option<Self> {
        let sizes = &binder.workspace.sizes;
        if binder.options().affinity != Affinity::Auto {
            return None;
        }
        let tiling = sizes.tiling;
        let of_tile = WORK_OF_A_TILE.saturating_mul(sizes.padded as u64);
        // Of all calls that fit; a call of more rows may sample fewer of them.
        let across = sizes.shape.rows.min(tiling.most_sampled).div_ceil(64);
        // Of tiles by number, those below the diagonal are passed over.
        let searched = (across * (across + 1) / 2) as u64;
        let pieces = match searched.saturating_mul(of_tile) <= sizes.piece_work {
            true => vec![Piece::WHOLE],
            false => Piece::along(0, across * across, of_tile, sizes.piece_work),
        };
        Some(Self {
            kernel: PiecedKernel::new(binder, &table::NEGATIVE_PAIR, pieces),
            tiling,
            of_tile,
        })
    }

    /// Records the search among rows that are sampled already.
    pub fn record(&self, pass: &mut Recorder<'_, '_>, rows: u32) {
        // Few enough workgroups that it costs little where nothing needs looking at, and more for
        // more features, so that each has few iterations.
        let features = self.tiling.features as u32;
        let groups = (1024 * features.div_ceil(512)).min(65_535);
        let across = tiles(&self.tiling, rows);
        self.kernel
            .record_divided(pass, across * across, groups, self.of_tile);
    }

    pub fn dispatches(&self, rows: u32) -> u32 {
        let across = tiles(&self.tiling, rows);
        self.kernel.dispatches_over([across * across, 1, 1])
    }
}

/// Tiles along each side of the sampled pairs.
fn tiles(tiling: &Tiling, rows: u32) -> u32 {
    tiling.sample(rows).1.div_ceil(64)
}
