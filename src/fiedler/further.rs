//! Vectors beyond the Fiedler vector, where they are asked for. The pairs take turns in the state,
//! the last first, and each becomes scores by the kernels that make those of the Fiedler vector,
//! which comes last and leaves what it leaves alone.

use super::{spectrum::Pairs, turn::Turn};
use crate::{Options, workspace::Workspace};

#[derive(Debug)]
pub(crate) struct Further {
    pairs: Pairs,
    turn: Turn,
    vectors: u32,
}

#[derive(Debug)]
pub(crate) struct FurtherBindings {
    pairs: wgpu::BindGroup,
    turn: wgpu::BindGroup,
}

impl Further {
    /// Nothing where one vector is wanted.
    pub fn new(device: &wgpu::Device, options: &Options) -> Option<Self> {
        options.has_further().then(|| Self {
            pairs: Pairs::new(device, options),
            turn: Turn::new(device, options),
            vectors: options.vectors,
        })
    }

    pub fn bind(&self, device: &wgpu::Device, ws: &Workspace) -> FurtherBindings {
        FurtherBindings {
            pairs: self.pairs.bind(device, ws),
            turn: self.turn.bind(device, ws),
        }
    }

    /// After the solver's last step and before the Fiedler vector: `scores` records what makes
    /// scores of the pair in the state.
    pub fn record(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        bound: &FurtherBindings,
        scores: impl Fn(&mut wgpu::ComputePass<'_>),
    ) {
        self.pairs.record(pass, &bound.pairs);
        for _ in 1..self.vectors {
            self.turn.record(pass, &bound.turn);
            scores(pass);
        }
        self.turn.record(pass, &bound.turn);
    }

    /// After the Fiedler vector's scores, which are put beside the others.
    pub fn record_end(&self, pass: &mut wgpu::ComputePass<'_>, bound: &FurtherBindings) {
        self.turn.record(pass, &bound.turn);
    }

    /// Dispatches of both, with so many for the scores of a vector.
    pub fn dispatches(&self, of_scores: u32) -> u32 {
        2 + self.vectors + (self.vectors - 1) * of_scores
    }
}
