//! From the Fiedler vector to the kept rows: scores, order, rule.

pub(crate) mod keep;
mod mark;
pub(crate) mod radix;
pub(crate) mod rank;
pub(crate) mod score;
#[cfg(test)]
mod tests;

use crate::{Options, Order, workspace::Workspace};
use keep::KeepRule;
use mark::Mark;
use radix::{Radix, RadixBindings};
use rank::Rank;
use score::Score;
use std::sync::{Arc, OnceLock};

/// Up to this many rows, every row is compared with every other, in two dispatches; beyond, they
/// are sorted, in seventeen. On llvmpipe the two take the same time between 1024 and 2048 rows (at
/// 4096, 47 ms against 13); the bound lies above, because launches cost a GPU more than comparisons.
pub(crate) const COMPARED_ROWS: usize = 4096;

/// Pipelines of each room, those for many rows compiled when a workspace first has them.
#[derive(Debug)]
pub(crate) struct Picks {
    score: Score,
    rank: Rank,
    keep: KeepRule,
    many: OnceLock<Arc<Many>>,
    options: Options,
}

#[derive(Debug)]
pub(crate) struct PickBindings {
    score: wgpu::BindGroup,
    rank: wgpu::BindGroup,
    keep: wgpu::BindGroup,
    many: Option<ManyBindings>,
}

#[derive(Debug)]
struct Many {
    radix: Radix,
    mark: Mark,
}

#[derive(Debug)]
struct ManyBindings {
    kernels: Arc<Many>,
    radix: RadixBindings,
    mark: wgpu::BindGroup,
}

impl Picks {
    /// `centred` where the solver did not deflate over rows.
    pub fn new(device: &wgpu::Device, options: &Options, centred: bool) -> Self {
        Self {
            score: Score::new(device, options, centred),
            rank: Rank::new(device, options.rule),
            keep: KeepRule::new(device, options),
            many: OnceLock::new(),
            options: options.clone(),
        }
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> PickBindings {
        PickBindings {
            score: self.score.bind(device, ws),
            rank: self.rank.bind(device, ws),
            keep: self.keep.bind(device, ws),
            many: (ws.sizes.shape.rows > COMPARED_ROWS).then(|| self.bind_many(device, ws)),
        }
    }

    fn bind_many(&self, device: &wgpu::Device, ws: &Workspace) -> ManyBindings {
        let made = || {
            Arc::new(Many {
                radix: Radix::new(device, self.options.rule),
                mark: Mark::new(device, &self.options),
            })
        };
        let kernels = self.many.get_or_init(made).clone();
        ManyBindings {
            radix: kernels.radix.bind(device, ws),
            mark: kernels.mark.bind(device, ws),
            kernels,
        }
    }

    pub fn record_scores(&self, pass: &mut wgpu::ComputePass<'_>, bound: &PickBindings) {
        self.score.record(pass, &bound.score);
    }

    /// The order of the rows and the rule: [`Self::dispatches`] dispatches.
    pub fn record_kept(&self, pass: &mut wgpu::ComputePass<'_>, bound: &PickBindings, rows: u32) {
        match &bound.many {
            Some(groups) if is_many(rows) => self.record_many(pass, groups, rows),
            _ => self.record_few(pass, bound, rows),
        }
    }

    fn record_few(&self, pass: &mut wgpu::ComputePass<'_>, bound: &PickBindings, rows: u32) {
        self.rank.record(pass, &bound.rank, rows);
        self.keep.record(pass, &bound.keep);
    }

    fn record_many(&self, pass: &mut wgpu::ComputePass<'_>, bound: &ManyBindings, rows: u32) {
        let Many { radix, mark } = &*bound.kernels;
        radix.record_order(pass, &bound.radix, rows);
        mark.record(pass, &bound.mark, rows);
        if self.options.order == Order::Ascending {
            radix.record_marked(pass, &bound.radix, rows);
        }
    }

    /// Dispatches that [`Self::record_kept`] makes for these rows.
    pub fn dispatches(&self, rows: u32) -> u32 {
        match (is_many(rows), self.options.order) {
            (false, _) => 2,
            (true, Order::Rank) => Radix::ORDER_DISPATCHES + 1,
            (true, Order::Ascending) => Radix::ORDER_DISPATCHES + 1 + Radix::MARKED_DISPATCHES,
        }
    }
}

fn is_many(rows: u32) -> bool {
    rows as usize > COMPARED_ROWS
}
