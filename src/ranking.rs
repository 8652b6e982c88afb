//! From the Fiedler vector to the kept rows: scores, order, rule.

#[cfg(feature = "twin")]
pub(crate) mod keep;
pub(crate) mod radix;
mod random_rows;
#[cfg(feature = "twin")]
pub(crate) mod rank;
#[cfg(feature = "twin")]
pub(crate) mod score;
#[cfg(test)]
mod tests;

pub use random_rows::random_rows;

use crate::workspace::COMPARED_ROWS;
use crate::{
    Order,
    kernel::{Binder, BoundKernel, table},
    recorder::Recorder,
};
use radix::OrderSort;

/// The kernels of scores, order and rule, bound to a workspace.
#[derive(Debug)]
pub(crate) struct Ranking {
    score: BoundKernel,
    rank: BoundKernel,
    keep: BoundKernel,
    /// Where a call may have many rows.
    sorted: Option<SortedRanking>,
    order: Order,
}

#[derive(Debug)]
struct SortedRanking {
    sort: OrderSort,
    mark_kept: BoundKernel,
}

impl Ranking {
    /// `centred` where the solver did not deflate over rows.
    pub fn new(binder: &Binder<'_>, centred: bool) -> Self {
        let score = if centred {
            table::CENTRED_SCORE
        } else {
            table::SCORE
        };
        let many = binder.workspace.sizes.shape.rows > COMPARED_ROWS;
        Self {
            score: binder.bind(&score),
            rank: binder.bind(&table::RANK),
            keep: binder.bind(&table::KEEP),
            sorted: many.then(|| SortedRanking {
                sort: OrderSort::new(binder),
                mark_kept: binder.bind(&table::MARK_KEPT),
            }),
            order: binder.options().order,
        }
    }

    pub fn record_scores(&self, pass: &mut Recorder<'_, '_>, rows: u32) {
        self.score.record(pass, rows);
    }

    /// The order of the rows and the rule: [`Self::dispatches`] dispatches.
    pub fn record_kept(&self, pass: &mut Recorder<'_, '_>, rows: u32) {
        match &self.sorted {
            Some(sorted) if is_many(rows) => self.record_sorted(sorted, pass, rows),
            _ => self.record_compared(pass, rows),
        }
    }

    fn record_compared(&self, pass: &mut Recorder<'_, '_>, rows: u32) {
        self.rank.record(pass, rows);
        self.keep.record(pass, rows);
    }

    fn record_sorted(&self, sorted: &SortedRanking, pass: &mut Recorder<'_, '_>, rows: u32) {
        sorted.sort.record_order(pass, rows);
        sorted.mark_kept.record(pass, rows);
        if self.order == Order::Ascending {
            sorted.sort.record_marked(pass, rows);
        }
    }

    /// Dispatches that [`Self::record_kept`] makes for these rows.
    pub fn dispatches(&self, rows: u32) -> u32 {
        match (is_many(rows), self.order) {
            (false, _) => 2,
            (true, Order::Rank) => OrderSort::ORDER_DISPATCHES + 1,
            (true, Order::Ascending) => {
                OrderSort::ORDER_DISPATCHES + 1 + OrderSort::MARKED_DISPATCHES
            }
        }
    }
}

fn is_many(rows: u32) -> bool {
    rows as usize > COMPARED_ROWS
}
