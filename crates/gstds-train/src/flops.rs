//! Floating-point operations, counted from shapes: a multiply-add counts 2.
//!
//! Counted are convolutions, matrix products and what selection does over a batch, for which a
//! comparison of two rows counts 1; element-wise work (batch norm, ReLU, the optimiser) is left out
//! everywhere.

use crate::error::{Error, Result};
use crate::method::MethodSpec;
use gstds::{Options, Rule, Shape, Solver, work::SelectionWork};
use serde::{Deserialize, Serialize};

/// Operations of a run so far, by purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flops {
    /// Features of every stored training image, whether computed in this run or shipped, and the
    /// linear probes that give the reference's losses.
    pub reference: u64,
    /// Choosing rows, see [`choice`]: graphs that are solved, as if every solver step were taken,
    /// and comparisons of two rows where methods rank them outside the kernels, see
    /// [`MethodSpec::rankings`]. Random rows and batches kept whole cost none. The comparisons by
    /// which the kernels rank scores are left out, as in [`SelectionWork`], and so are sums and
    /// differences of losses.
    pub selection: u64,
    /// The learner's forward passes for the losses that rows are chosen by, over whole batches.
    pub scoring: u64,
    /// The learner's forward passes over kept images.
    pub forward: u64,
    /// The learner's backward passes over kept images.
    pub backward: u64,
}

impl Flops {
    /// The sum, which saturates: counts may come from a file.
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
/// graph, those of a [`selection`] by [`MethodSpec::solved`] of `options`, and n² comparisons of n
/// rows for each of its [`MethodSpec::rankings`]. Methods with rankings take n more for each row
/// kept, to find the marked rows.
///
/// # Errors
/// As [`selection`].
pub fn choice(
    method: impl Into<MethodSpec>,
    options: &Options,
    shape: Shape,
    kept: usize,
) -> Result<u64> {
    let method = method.into();
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
    use crate::method::MethodName;
    use gstds::Path;

    const BATCH: Shape = Shape {
        rows: 256,
        features: 512,
    };

    #[test]
    fn keeping_everything_or_at_random_selects_for_nothing() {
        let random = Options::default().rule(Rule::Random);
        assert_eq!(selection(&random, BATCH, 64).unwrap(), 0);
        assert_eq!(selection(&Options::default(), BATCH, 256).unwrap(), 0);
        let spectral = selection(&Options::default(), BATCH, 64).unwrap();
        assert!(spectral > 256 * 256 * 512);
    }

    #[test]
    fn a_choice_is_a_graph_comparisons_or_both() {
        let random = Options::default().rule(Rule::Random);
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
        // Three vectors, whatever the options; an inverse and a ranking along two of them and
        // by learnability.
        let three = Options::default().vectors(3);
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
            let options = Options::default().path(path);
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
        let options = Options::default().path(Path::Fused);
        let pool = Shape {
            rows: 513,
            features: 8,
        };
        let error = selection(&options, pool, 64).unwrap_err();
        assert!(matches!(error, Error::Gpu(_)), "{error}");
    }
}
