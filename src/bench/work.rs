//! What a selection has to do at least: multiply-adds and bytes, stage by stage, for each path.

use crate::{Laplacian, Options, Path, Shape, Solver, Stage};

/// Multiply-adds and bytes of device memory, counted and not measured.
///
/// Padding, the solve of the small tridiagonal matrix and the comparisons that rank rows are left
/// out. Bytes count every operand once a dispatch, so where they stay in a cache the rate that
/// follows from them may exceed that of memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Work {
    /// Multiplications with an addition, each two floating-point operations.
    pub multiply_adds: u64,
    /// Bytes read and written.
    pub bytes: u64,
}

impl std::iter::Sum for Work {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            multiply_adds: sum.multiply_adds + one.multiply_adds,
            bytes: sum.bytes + one.bytes,
        })
    }
}

/// What to count: one selection of f32 rows.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    /// The path taken.
    pub path: Path,
    /// Rows and features of the call.
    pub shape: Shape,
    /// Which Laplacian is used.
    pub laplacian: Laplacian,
    /// How its Fiedler vector is found.
    pub solver: Solver,
    /// Vectors computed, as in [`Options::vectors`].
    pub vectors: u32,
    /// Solver steps done, as the status says; 0 where nothing was solved.
    pub steps: u32,
}

impl Counted {
    /// The selection that a status with this many steps describes.
    #[must_use]
    pub fn new(path: Path, shape: Shape, options: &Options, steps: u32) -> Self {
        Self {
            path,
            shape,
            laplacian: options.laplacian,
            solver: options.solver,
            vectors: options.vectors,
            steps,
        }
    }
}

/// The work of each stage, in order.
///
/// With n rows, d features and m steps, the dense path has what follows, in multiply-adds and bytes.
/// The fused one has the same, all that comes after similarity in the stage that it is timed under,
/// fiedler. A sparse graph and half storage are counted as if dense and in f32.
///
/// | stage | multiply-adds | bytes |
/// |---|---|---|
/// | normalize | 2nd | 8nd |
/// | similarity | n²d/2 | 4nd + 4n² + n²/8 |
/// | laplacian | n²/64 | n²/8 + 36n |
/// | fiedler, Lanczos | (m + 1)n² + 2nm(m + 3) + nm | (m + 1)(4n² + 8n) + 8nm(m + 3) + 4nm |
/// | fiedler, power | (m + 1)n² + 5nm + n | (m + 1)(4n² + 8n) + 40nm + 4n |
/// | scores | 8n | 24n |
/// | kept | 0 | 24n |
///
/// The low-rank path has no matrix; under sym by Lanczos it solves over columns (dual), else over
/// rows:
///
/// | stage | multiply-adds | bytes |
/// |---|---|---|
/// | normalize | nd | 4nd + 12n |
/// | similarity | 3nd | 8nd + 16n |
/// | laplacian | 0 | 36n |
/// | fiedler, dual | (2m + 5)nd + 2dm(m + 3) + dm | (m + 3)4nd + 8dm(m + 3) + 4dm |
/// | fiedler, Lanczos | (m + 1)2nd + 2nm(m + 3) + nm | (m + 1)8nd + 8nm(m + 3) + 4nm |
/// | fiedler, power | (m + 1)2nd + 5nm + n | (m + 1)8nd + 40nm + 4n |
/// | scores, kept | as dense | as dense |
///
/// Step j of Lanczos reads the j + 2 vectors of the basis four times; of the m + 1 products the
/// last one polishes. Each further vector adds to fiedler a last product (dense n², dual 4nd, else
/// 2nd), a Ritz vector and the work of scores. Where nothing was solved, similarity, fiedler and
/// scores have no work.
#[must_use]
pub fn work(counted: &Counted) -> Vec<(Stage, Work)> {
    let of = |stage: &Stage| match counted.path {
        Path::Auto | Path::Dense => dense(*stage, counted),
        Path::Fused => fused(*stage, counted),
        Path::LowRank => low_rank(*stage, counted),
    };
    Stage::ALL.iter().map(|s| (*s, of(s))).collect()
}

fn dense(stage: Stage, counted: &Counted) -> Work {
    let n = counted.shape.rows as u64;
    let d = counted.shape.features as u64;
    let solved = counted.steps > 0;
    let (multiply_adds, bytes) = match stage {
        Stage::Normalize => (2 * n * d, 8 * n * d),
        Stage::Similarity if solved => (n * n * d / 2, 4 * n * d + 4 * n * n + n * n / 8),
        Stage::Laplacian if solved => (n * n / 64, n * n / 8 + 36 * n),
        Stage::Laplacian => (0, 28 * n),
        Stage::Fiedler if solved => dense_solve(n, counted),
        Stage::Scores if solved => (8 * n, 24 * n),
        Stage::Kept => (0, 24 * n),
        Stage::Similarity | Stage::Fiedler | Stage::Scores => (0, 0),
    };
    Work {
        multiply_adds,
        bytes,
    }
}

/// One dispatch does all stages after similarity.
fn fused(stage: Stage, counted: &Counted) -> Work {
    match stage {
        Stage::Normalize | Stage::Similarity => dense(stage, counted),
        Stage::Fiedler => [Stage::Laplacian, Stage::Fiedler, Stage::Scores, Stage::Kept]
            .map(|stage| dense(stage, counted))
            .into_iter()
            .sum(),
        Stage::Laplacian | Stage::Scores | Stage::Kept => Work::default(),
    }
}

fn dense_solve(n: u64, counted: &Counted) -> (u64, u64) {
    let m = u64::from(counted.steps);
    let product = (n * n, 4 * n * n + 8 * n);
    let products = ((m + 1) * product.0, (m + 1) * product.1);
    let rest = beside_products(n, counted);
    let further = further(product, n, counted);
    (
        products.0 + rest.0 + further.0,
        products.1 + rest.1 + further.1,
    )
}

/// What vectors beyond the first add, each with a product and a Ritz vector of this length.
fn further(product: (u64, u64), length: u64, counted: &Counted) -> (u64, u64) {
    let (m, n) = (u64::from(counted.steps), counted.shape.rows as u64);
    let vectors = u64::from(counted.vectors.saturating_sub(1));
    let of_one = (
        product.0 + length * m + 8 * n,
        product.1 + 4 * length * m + 24 * n,
    );
    (vectors * of_one.0, vectors * of_one.1)
}

/// What a solver does to vectors of this length.
fn beside_products(length: u64, counted: &Counted) -> (u64, u64) {
    let (n, m) = (length, u64::from(counted.steps));
    match counted.solver {
        Solver::Lanczos => (2 * n * m * (m + 3) + n * m, 8 * n * m * (m + 3) + 4 * n * m),
        Solver::Power => (5 * n * m + n, 40 * n * m + 4 * n),
    }
}

fn low_rank(stage: Stage, counted: &Counted) -> Work {
    let n = counted.shape.rows as u64;
    let elements = n * counted.shape.features as u64;
    let solved = counted.steps > 0;
    let (multiply_adds, bytes) = match stage {
        Stage::Normalize => (elements, 4 * elements + 12 * n),
        Stage::Similarity if solved => (3 * elements, 8 * elements + 16 * n),
        Stage::Laplacian if solved => (0, 36 * n),
        Stage::Fiedler if solved => low_rank_solve(counted),
        _ => return dense(stage, counted),
    };
    Work {
        multiply_adds,
        bytes,
    }
}

fn low_rank_solve(counted: &Counted) -> (u64, u64) {
    let m = u64::from(counted.steps);
    let (n, d) = (counted.shape.rows as u64, counted.shape.features as u64);
    let (products, last, length) = match (counted.laplacian, counted.solver) {
        (Laplacian::Sym, Solver::Lanczos) => {
            let products = ((2 * m + 5) * n * d, (m + 3) * 4 * n * d);
            (products, (4 * n * d, 8 * n * d), d)
        }
        _ => {
            let product = (2 * n * d, 8 * n * d);
            (((m + 1) * product.0, (m + 1) * product.1), product, n)
        }
    };
    let rest = beside_products(length, counted);
    let further = further(last, length, counted);
    (
        products.0 + rest.0 + further.0,
        products.1 + rest.1 + further.1,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(solver: Solver, steps: u32) -> Counted {
        Counted {
            path: Path::Dense,
            shape: Shape {
                rows: 100,
                features: 10,
            },
            laplacian: Laplacian::Sym,
            solver,
            vectors: 1,
            steps,
        }
    }

    fn of(stage: Stage, counted: &Counted) -> Work {
        let all = work(counted);
        all.iter().find(|(s, _)| *s == stage).unwrap().1
    }

    #[test]
    fn lanczos_is_the_sum_over_its_steps() {
        let (n, m) = (100, 7);
        let found = of(Stage::Fiedler, &counted(Solver::Lanczos, 7));
        let (mut multiply_adds, mut bytes) = (n * n, 4 * n * n + 8 * n);
        for step in 0..m {
            // The product, four passes over the basis, and the step's share of the Ritz vector.
            multiply_adds += n * n + 4 * (step + 2) * n + n;
            bytes += 4 * n * n + 8 * n + 16 * (step + 2) * n + 4 * n;
        }
        assert_eq!(
            found,
            Work {
                multiply_adds,
                bytes
            }
        );
    }

    #[test]
    fn each_further_vector_adds_a_product_a_ritz_vector_and_scores() {
        let one = counted(Solver::Lanczos, 7);
        let three = Counted { vectors: 3, ..one };
        let (one, three) = (of(Stage::Fiedler, &one), of(Stage::Fiedler, &three));
        let added = three.multiply_adds - one.multiply_adds;
        assert_eq!(added, 2 * (100 * 100 + 100 * 7 + 8 * 100));
        let added = three.bytes - one.bytes;
        assert_eq!(
            added,
            2 * (4 * 100 * 100 + 8 * 100 + 4 * 100 * 7 + 24 * 100)
        );
    }

    #[test]
    fn every_stage_has_a_count_and_similarity_half_of_all_pairs() {
        let lanczos = counted(Solver::Lanczos, 7);
        let stages: Vec<_> = work(&lanczos).iter().map(|(stage, _)| *stage).collect();
        assert_eq!(stages, Stage::ALL);
        let similarity = of(Stage::Similarity, &lanczos);
        assert_eq!(similarity.multiply_adds, 50_000);
        assert_eq!(similarity.bytes, 45_250);
        let power = counted(Solver::Power, 7);
        assert_ne!(of(Stage::Fiedler, &power), of(Stage::Fiedler, &lanczos));
    }

    #[test]
    fn without_a_matrix_work_is_linear_in_the_rows() {
        let with = |rows, laplacian| {
            let counted = Counted {
                path: Path::LowRank,
                shape: Shape { rows, features: 10 },
                laplacian,
                ..counted(Solver::Lanczos, 7)
            };
            work(&counted).iter().map(|(_, work)| *work).sum::<Work>()
        };
        for laplacian in Laplacian::ALL {
            let [one, two, three] = [1, 2, 3].map(|k| with(1000 * k, *laplacian).multiply_adds);
            assert_eq!(two - one, three - two, "{laplacian}");
        }
        assert!(with(100, Laplacian::Sym).bytes < with(100, Laplacian::Un).bytes);
    }

    #[test]
    fn what_solves_nothing_only_normalizes_and_keeps() {
        let total: Work = work(&counted(Solver::Lanczos, 0))
            .iter()
            .map(|(_, work)| *work)
            .sum();
        let expected = Work {
            multiply_adds: 2_000,
            bytes: 8_000 + 28 * 100 + 24 * 100,
        };
        assert_eq!(total, expected);
    }
}
