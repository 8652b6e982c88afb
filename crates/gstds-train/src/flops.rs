//! Floating-point operations, counted from shapes: a multiply-add counts 2.
//!
//! Counted are convolutions, matrix products and what selection does over a batch, for which a
//! comparison of two rows counts 1; element-wise work (batch norm, ReLU, the optimiser) is left out
//! on every side alike.

use crate::error::{Error, Result};
use crate::method::MethodName;
use gstds::{Options, Rule, Shape, Solver, work::SelectionWork};
use gstds_models::learner::{LearnerConfig, LearnerShape, plan::Plan};
use serde::{Deserialize, Serialize};

/// Operations of a run so far, by purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flops {
    /// Features of every image of the data set, those included that conditions leave out, whether
    /// computed in this run or shipped, and the heads that give the reference's losses.
    pub reference: u64,
    /// Choosing rows, see [`choice`]: graphs that are solved, as if every solver step were taken, and
    /// each comparison of two rows where methods rank them beside the kernels, see
    /// [`MethodName::rankings`]. Rows drawn at random and batches kept whole take none. What the
    /// kernels compare to rank scores is left out, as in [`SelectionWork`], and so are sums and differences of
    /// losses.
    pub selection: u64,
    /// The learner's forward passes for the losses that rows are chosen by, over whole batches.
    pub scoring: u64,
    /// The learner's forward passes over kept images.
    pub forward: u64,
    /// The learner's backward passes over kept images.
    pub backward: u64,
}

impl Flops {
    /// All five; of counts in a file, which may say anything, at most what a u64 holds.
    #[must_use]
    pub fn total(&self) -> u64 {
        [self.selection, self.scoring, self.forward, self.backward]
            .into_iter()
            .fold(self.reference, u64::saturating_add)
    }
}

impl std::ops::AddAssign for Flops {
    fn add_assign(&mut self, other: Self) {
        self.reference = self.reference.saturating_add(other.reference);
        self.selection = self.selection.saturating_add(other.selection);
        self.scoring = self.scoring.saturating_add(other.scoring);
        self.forward = self.forward.saturating_add(other.forward);
        self.backward = self.backward.saturating_add(other.backward);
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
    let plan = Plan::new(config, shape.channels);
    let (stem, convolutions) = plan.multiply_adds(shape.side);
    let forward = 2 * (convolutions + (plan.features * shape.classes) as u64);
    LearnerFlops {
        forward,
        backward: 2 * forward - 2 * stem,
    }
}

/// Operations of one selection of `kept` among the rows of `shape`, on the path it takes and if
/// every solver step is taken (see docs of [`gstds::Options::solver_steps`]).
///
/// # Errors
/// Whatever [`Options::path_for`] returns.
pub fn selection(options: &Options, shape: Shape, kept: usize) -> Result<u64> {
    if options.rule == Rule::Random || kept >= shape.rows {
        return Ok(0);
    }
    let path = options.path_for(shape);
    let path = path.map_err(|e| Error::Gpu(e.into()))?;
    let steps = match options.solver {
        // The space orthogonal to the trivial vector ends there.
        Solver::Lanczos => options.solver_steps().min(shape.rows as u32 - 1),
        _ => options.solver_steps(),
    };
    let work = SelectionWork::new(path, shape, options, steps);
    Ok(2 * work.total().multiply_adds)
}

/// Operations of one choice of `kept` among the rows of `shape` by `method`: where it solves a
/// graph, those of a [`selection`] by [`MethodName::solved`] of `options`, and for each of its
/// [`MethodName::rankings`] n² comparisons, n being the rows. Where there are rankings, n for each
/// row kept come to them, by which the rows marked are found.
///
/// # Errors
/// As [`selection`].
pub fn choice(method: MethodName, options: &Options, shape: Shape, kept: usize) -> Result<u64> {
    if kept >= shape.rows {
        return Ok(0);
    }
    let solved = match method.solves_graphs() {
        true => selection(&method.solved(options), shape, kept)?,
        false => 0,
    };
    let (rows, kept) = (shape.rows as u64, kept as u64);
    let compared = match method.rankings() {
        0 => 0,
        rankings => rows * (rankings * rows + kept),
    };
    Ok(solved + compared)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gstds::Path;

    const BATCH: Shape = Shape {
        rows: 256,
        features: 512,
    };

    #[test]
    fn resnet20_costs_what_is_reported_for_it() {
        // 40.8 million multiply-adds on 32x32 RGB with shortcuts free of weights; our 1x1
        // shortcuts add 2 x 131,072.
        let config = "resnet20-w16".parse().unwrap();
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

    /// 1.814 billion multiply-adds for ResNet-18 at 224 (torchvision's documentation says 1.81),
    /// and 0.556 for its CIFAR form at 32, both with the head.
    #[test]
    fn resnet18_costs_what_is_published_for_it() {
        for (name, side, classes, published) in [
            ("resnet18", 224, 1000, 1.814),
            ("resnet18-cifar", 32, 10, 0.556),
        ] {
            let shape = LearnerShape {
                side,
                channels: 3,
                classes,
            };
            let flops = learner(&name.parse().unwrap(), &shape);
            let giga = flops.forward as f64 / 2e9;
            assert!((giga - published).abs() < 1e-3, "{name}: {giga}");
            assert!(flops.backward < 2 * flops.forward, "{name}");
        }
    }

    #[test]
    fn an_odd_side_is_halved_upwards_like_the_network_does() {
        let config = "resnet8-w1".parse().unwrap();
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
        assert_eq!(selection(&random, BATCH, 64).unwrap(), 0);
        assert_eq!(selection(&Options::default(), BATCH, 256).unwrap(), 0);
        let spectral = selection(&Options::default(), BATCH, 64).unwrap();
        assert!(spectral > 256 * 256 * 512);
    }

    #[test]
    fn a_choice_is_a_graph_comparisons_or_both() {
        let random = Options {
            rule: Rule::Random,
            ..Options::default()
        };
        let by = |method, kept| choice(method, &random, BATCH, kept).unwrap();
        // 256 rows with each other, and with each of 64 places.
        let ranking = 256 * (256 + 64);
        assert_eq!(by(MethodName::Loss, 64), ranking);
        assert_eq!(by(MethodName::Jest, 64), ranking);
        assert_eq!(by(MethodName::Random, 64), 0);
        assert_eq!(by(MethodName::Gstds, 64), 0);
        let solved = selection(&Options::default(), BATCH, 64).unwrap();
        assert_eq!(
            by(MethodName::StratifiedLearnability, 64),
            solved + ranking + 256 * 256
        );
        // Three vectors, whatever the options say; an inverse and a ranking along two of them and
        // by learnability.
        let three = Options {
            vectors: 3,
            ..Options::default()
        };
        let guided = selection(&three, BATCH, 64).unwrap() + 256 * (4 * 256 + 64);
        assert_eq!(by(MethodName::SpectralGuided, 64), guided);
        assert!(guided > solved + ranking + 3 * 256 * 256);
        let graph = choice(MethodName::Gstds, &Options::default(), BATCH, 64);
        assert_eq!(graph.unwrap(), solved);
        for method in MethodName::ALL {
            assert_eq!(by(*method, 256), 0, "{method}");
        }
    }

    #[test]
    fn counts_from_a_file_do_not_wrap() {
        let mut flops = Flops {
            reference: u64::MAX,
            selection: 7,
            ..Flops::default()
        };
        flops += flops;
        assert_eq!((flops.total(), flops.selection), (u64::MAX, 14));
    }

    #[test]
    fn a_selection_costs_what_its_path_does() {
        let on = |path, shape| {
            let options = Options {
                path,
                ..Options::default()
            };
            selection(&options, shape, 64).unwrap()
        };
        let pool = |rows| Shape { rows, ..BATCH };
        assert!(on(Path::Dense, BATCH) > on(Path::LowRank, BATCH));
        let grown = |path| on(path, pool(16_384)) as f64 / on(path, pool(8_192)) as f64;
        assert!(grown(Path::Dense) > 3.9 && grown(Path::LowRank) < 2.1);
        assert_eq!(on(Path::Auto, pool(8_192)), on(Path::LowRank, pool(8_192)));
    }

    #[test]
    fn a_path_that_does_not_take_the_shape_is_an_error() {
        let options = Options {
            path: Path::Fused,
            ..Options::default()
        };
        let pool = Shape {
            rows: 513,
            features: 8,
        };
        let error = selection(&options, pool, 64).unwrap_err();
        assert!(matches!(error, Error::Gpu(_)), "{error}");
    }
}
