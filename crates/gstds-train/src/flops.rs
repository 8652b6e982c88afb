//! Floating-point operations, counted from shapes: a multiply-add counts 2.
//!
//! Counted are convolutions, matrix products and what selection does over a batch; element-wise
//! work (batch norm, ReLU, the optimiser) is left out on every side alike.

use crate::learner::{LearnerConfig, LearnerShape, STAGES};
use gstds::{Laplacian, Options, Rule, Solver};
use serde::Serialize;

/// Operations of a run so far, by purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Flops {
    /// Features of every image of the data set, whether computed in this run or shipped.
    pub reference: u64,
    /// Choosing rows.
    pub selection: u64,
    /// The learner's forward passes over kept images.
    pub forward: u64,
    /// The learner's backward passes over kept images.
    pub backward: u64,
}

impl Flops {
    /// All four.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.reference + self.selection + self.forward + self.backward
    }
}

/// Forward and backward operations of one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LearnerFlops {
    /// Forward.
    pub forward: u64,
    /// Backward: gradients of weights and of inputs, but for the images themselves.
    pub backward: u64,
}

/// Operations of the learner for one image.
#[must_use]
pub fn learner(config: &LearnerConfig, shape: &LearnerShape) -> LearnerFlops {
    let stem = convolution(shape.channels, config.width, 3, shape.side);
    let mut forward = stem;
    let (mut side, mut inputs) = (shape.side, config.width);
    for stage in 0..STAGES {
        let outputs = config.width << stage;
        for block in 0..config.blocks {
            let halves = stage > 0 && block == 0;
            if halves {
                side = side.div_ceil(2);
            }
            forward += convolution(inputs, outputs, 3, side);
            forward += convolution(outputs, outputs, 3, side);
            if halves || inputs != outputs {
                forward += convolution(inputs, outputs, 1, side);
            }
            inputs = outputs;
        }
    }
    forward += 2 * (inputs * shape.classes) as u64;
    LearnerFlops {
        forward,
        backward: 2 * forward - stem,
    }
}

fn convolution(inputs: usize, outputs: usize, kernel: usize, side: usize) -> u64 {
    2 * (inputs * outputs * kernel * kernel * side * side) as u64
}

/// Operations of one selection of `kept` among `rows` rows of `features` features, if every solver
/// step is taken (see docs of [`gstds::Options::solver_steps`]).
#[must_use]
pub fn selection(options: &Options, rows: usize, features: usize, kept: usize) -> u64 {
    if options.rule == Rule::Random || kept >= rows {
        return 0;
    }
    let (n, d) = (rows as u64, features as u64);
    let steps = u64::from(options.solver_steps()).min(n.saturating_sub(1));
    // Each pair of rows once, by symmetry; then degrees, and the polish after the last step.
    let graph = 3 * n * d + n * (n + 1) * d + n * n + 2 * n * n;
    let solve = match options.solver {
        // A product with the matrix, and two passes against all earlier vectors.
        Solver::Lanczos => steps * 2 * n * n + 4 * n * steps * steps,
        _ => steps * (2 * n * n + 4 * n),
    };
    let scaling = match options.laplacian {
        Laplacian::Sym => n * n,
        _ => 0,
    };
    graph + solve + scaling
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resnet20_costs_what_is_reported_for_it() {
        // 40.8 million multiply-adds on 32x32 RGB with shortcuts free of weights; our 1x1
        // shortcuts add 2 x 131,072.
        let config = LearnerConfig {
            width: 16,
            blocks: 3,
        };
        let shape = LearnerShape {
            side: 32,
            channels: 3,
            classes: 10,
        };
        let flops = learner(&config, &shape);
        let multiply_adds = flops.forward / 2 - 2 * 131_072;
        assert!(
            (40_500_000..41_000_000).contains(&multiply_adds),
            "{multiply_adds}"
        );
        assert!(flops.backward < 2 * flops.forward && flops.backward > flops.forward);
    }

    #[test]
    fn an_odd_side_is_halved_upwards_like_the_network_does() {
        let config = LearnerConfig {
            width: 1,
            blocks: 1,
        };
        let shape = LearnerShape {
            side: 7,
            channels: 1,
            classes: 1,
        };
        // 7x7, then 4x4, then 2x2 outputs.
        let expected = 49 * (9 + 9 + 9) + 16 * (18 + 36 + 2) + 4 * (72 + 144 + 8) + 4;
        assert_eq!(learner(&config, &shape).forward, 2 * expected);
    }

    #[test]
    fn keeping_everything_or_at_random_selects_for_nothing() {
        let random = Options {
            rule: Rule::Random,
            ..Options::default()
        };
        assert_eq!(selection(&random, 256, 512, 64), 0);
        assert_eq!(selection(&Options::default(), 256, 512, 256), 0);
        assert!(selection(&Options::default(), 256, 512, 64) > 256 * 256 * 512);
    }
}
