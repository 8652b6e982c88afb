//! From the Fiedler vector to the kept rows: scores, order, rule.

pub(crate) mod keep;
pub(crate) mod rank;
pub(crate) mod score;

use crate::{Options, workspace::Workspace};
use keep::KeepRule;
use rank::Rank;
use score::Score;

#[derive(Debug)]
pub(crate) struct Picks {
    score: Score,
    rank: Rank,
    keep: KeepRule,
}

#[derive(Debug)]
pub(crate) struct PickBindings {
    score: wgpu::BindGroup,
    rank: wgpu::BindGroup,
    keep: wgpu::BindGroup,
}

impl Picks {
    pub fn new(device: &wgpu::Device, options: &Options) -> Self {
        Self {
            score: Score::new(device, options),
            rank: Rank::new(device, options.rule),
            keep: KeepRule::new(device, options),
        }
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> PickBindings {
        PickBindings {
            score: self.score.bind(device, ws),
            rank: self.rank.bind(device, ws),
            keep: self.keep.bind(device, ws),
        }
    }

    pub fn record_scores(&self, pass: &mut wgpu::ComputePass<'_>, bound: &PickBindings) {
        self.score.record(pass, &bound.score);
    }

    /// The order of the rows and the rule.
    pub fn record_kept(&self, pass: &mut wgpu::ComputePass<'_>, bound: &PickBindings, rows: u32) {
        self.rank.record(pass, &bound.rank, rows);
        self.keep.record(pass, &bound.keep);
    }
}
