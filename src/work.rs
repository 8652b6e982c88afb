//! What a selection has to do at least: multiply-adds and bytes, stage by stage, for each path. The
//! cheapest path is chosen by these counts, and benchmarks compare times with them.

use crate::{Laplacian, Options, Path, Shape, Solver, Stage, fiedler::spread::is_spread};

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
            multiply_adds: sum.multiply_adds.saturating_add(one.multiply_adds),
            bytes: sum.bytes.saturating_add(one.bytes),
        })
    }
}

/// One selection of f32 rows, whose work is counted.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SelectionWork {
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

/// Multiply-adds and bytes as f64, which no shape overflows and which is exact up to 2^53.
#[derive(Clone, Copy, Default)]
struct Amount {
    multiply_adds: f64,
    bytes: f64,
}

const fn amount(multiply_adds: f64, bytes: f64) -> Amount {
    Amount {
        multiply_adds,
        bytes,
    }
}

impl std::ops::Add for Amount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        amount(
            self.multiply_adds + other.multiply_adds,
            self.bytes + other.bytes,
        )
    }
}

impl std::ops::Mul<Amount> for f64 {
    type Output = Amount;
    fn mul(self, one: Amount) -> Amount {
        amount(self * one.multiply_adds, self * one.bytes)
    }
}

impl From<Amount> for Work {
    fn from(amount: Amount) -> Self {
        Self {
            multiply_adds: amount.multiply_adds as u64,
            bytes: amount.bytes as u64,
        }
    }
}

impl SelectionWork {
    /// A selection on this path that took so many solver steps.
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

    /// The work of each stage, in order.
    ///
    /// With n rows, d features and m steps, the dense path has what follows, in multiply-adds and
    /// bytes. The fused one has the same, all that comes after similarity in the stage that it is
    /// timed under, fiedler. A sparse graph and half storage are counted as if dense and in f32.
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
    /// The low-rank path has no matrix; under sym by Lanczos it solves over columns (dual), else
    /// over rows:
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
    /// Step j of Lanczos reads the j + 2 vectors of the basis four times, as with
    /// [`GramSchmidt::Twice`](crate::GramSchmidt); of the m + 1 products the
    /// last one polishes. Each further vector adds to fiedler a last product (dense n², dual 4nd,
    /// else 2nd), a Ritz vector and the work of scores. Where nothing was solved, similarity,
    /// fiedler and scores have no work.
    #[must_use]
    pub fn stages(&self) -> Vec<(Stage, Work)> {
        let of = |stage: &Stage| match self.path {
            Path::Auto | Path::Dense => self.dense(*stage),
            Path::Fused => self.fused(*stage),
            Path::LowRank => self.low_rank(*stage),
        };
        Stage::ALL.iter().map(|s| (*s, of(s).into())).collect()
    }

    /// The work of all stages.
    #[must_use]
    pub fn total(&self) -> Work {
        self.stages().into_iter().map(|(_, work)| work).sum()
    }

    /// Into how many submissions a small GPU should have the selection cut, so that none takes
    /// much longer than half a second. A prediction: 0.2e12 multiply-adds and 25e9 bytes a second,
    /// and 2e9 bytes a second where one workgroup works alone.
    #[must_use]
    pub fn parts(&self) -> u32 {
        let (total, serial) = (self.total(), self.serial());
        let arithmetic = total.multiply_adds as f64 / 0.2e12;
        let memory = total.bytes as f64 / 25e9;
        let alone = serial.bytes as f64 / 2e9;
        let seconds = arithmetic.max(memory) + alone;
        (seconds / 0.5).ceil().max(1.0) as u32
    }

    /// What a single workgroup does of the total, while the rest of the device waits.
    pub(crate) fn serial(&self) -> Work {
        match self.path {
            Path::Fused => self.fused(Stage::Fiedler),
            Path::Auto | Path::Dense => self.beside_products(self.rows()),
            // Over many rows the step is spread.
            Path::LowRank if is_spread(self.laplacian, self.solver, self.shape.rows) => {
                Amount::default()
            }
            Path::LowRank => self.beside_products(self.low_rank_solve().length),
        }
        .into()
    }

    fn rows(&self) -> f64 {
        self.shape.rows as f64
    }

    fn features(&self) -> f64 {
        self.shape.features as f64
    }

    fn dense(&self, stage: Stage) -> Amount {
        let (n, d) = (self.rows(), self.features());
        let solved = self.steps > 0;
        match stage {
            Stage::Normalize => amount(2.0 * n * d, 8.0 * n * d),
            Stage::Similarity if solved => amount(
                (n * n * d / 2.0).floor(),
                4.0 * n * d + 4.0 * n * n + (n * n / 8.0).floor(),
            ),
            Stage::Laplacian if solved => {
                amount((n * n / 64.0).floor(), (n * n / 8.0).floor() + 36.0 * n)
            }
            Stage::Laplacian => amount(0.0, 28.0 * n),
            Stage::Fiedler if solved => {
                let product = amount(n * n, 4.0 * n * n + 8.0 * n);
                self.solve(&SolveWork {
                    products: (f64::from(self.steps) + 1.0) * product,
                    last: product,
                    length: n,
                })
            }
            Stage::Scores if solved => amount(8.0 * n, 24.0 * n),
            Stage::Kept => amount(0.0, 24.0 * n),
            Stage::Similarity | Stage::Fiedler | Stage::Scores => Amount::default(),
        }
    }

    /// One dispatch does all stages after similarity.
    fn fused(&self, stage: Stage) -> Amount {
        match stage {
            Stage::Normalize | Stage::Similarity => self.dense(stage),
            Stage::Fiedler => [Stage::Laplacian, Stage::Fiedler, Stage::Scores, Stage::Kept]
                .into_iter()
                .fold(Amount::default(), |sum, stage| sum + self.dense(stage)),
            Stage::Laplacian | Stage::Scores | Stage::Kept => Amount::default(),
        }
    }

    fn low_rank(&self, stage: Stage) -> Amount {
        let n = self.rows();
        let elements = n * self.features();
        let solved = self.steps > 0;
        match stage {
            Stage::Normalize => amount(elements, 4.0 * elements + 12.0 * n),
            Stage::Similarity if solved => amount(3.0 * elements, 8.0 * elements + 16.0 * n),
            Stage::Laplacian if solved => amount(0.0, 36.0 * n),
            Stage::Fiedler if solved => self.solve(&self.low_rank_solve()),
            _ => self.dense(stage),
        }
    }

    fn low_rank_solve(&self) -> SolveWork {
        let m = f64::from(self.steps);
        let elements = self.rows() * self.features();
        match (self.laplacian, self.solver) {
            (Laplacian::Sym, Solver::Lanczos) => SolveWork {
                products: amount((2.0 * m + 5.0) * elements, (m + 3.0) * 4.0 * elements),
                last: amount(4.0 * elements, 8.0 * elements),
                length: self.features(),
            },
            _ => {
                let product = amount(2.0 * elements, 8.0 * elements);
                SolveWork {
                    products: (m + 1.0) * product,
                    last: product,
                    length: self.rows(),
                }
            }
        }
    }

    fn solve(&self, solve: &SolveWork) -> Amount {
        solve.products + self.beside_products(solve.length) + self.further(solve)
    }

    /// What a solver does to vectors of this length.
    fn beside_products(&self, length: f64) -> Amount {
        let (n, m) = (length, f64::from(self.steps));
        match self.solver {
            Solver::Lanczos => {
                let orthogonalisation = n * m * (m + 3.0);
                amount(
                    2.0 * orthogonalisation + n * m,
                    8.0 * orthogonalisation + 4.0 * n * m,
                )
            }
            Solver::Power => amount(5.0 * n * m + n, 40.0 * n * m + 4.0 * n),
        }
    }

    /// What vectors beyond the first add: a product, a Ritz vector and scores each.
    fn further(&self, solve: &SolveWork) -> Amount {
        let entries = solve.length * f64::from(self.steps);
        let n = self.rows();
        let of_one = solve.last + amount(entries + 8.0 * n, 4.0 * entries + 24.0 * n);
        f64::from(self.vectors.saturating_sub(1)) * of_one
    }
}

/// The products of a solve, what the last of them costs, and the length of its vectors.
struct SolveWork {
    products: Amount,
    last: Amount,
    length: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(solver: Solver, steps: u32) -> SelectionWork {
        SelectionWork {
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

    fn of(stage: Stage, counted: &SelectionWork) -> Work {
        let all = counted.stages();
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
        let three = SelectionWork { vectors: 3, ..one };
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
        let stages: Vec<_> = lanczos.stages().iter().map(|(stage, _)| *stage).collect();
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
            let counted = SelectionWork {
                path: Path::LowRank,
                shape: Shape { rows, features: 10 },
                laplacian,
                ..counted(Solver::Lanczos, 7)
            };
            counted.total()
        };
        for laplacian in Laplacian::ALL {
            let [one, two, three] = [1, 2, 3].map(|k| with(1000 * k, *laplacian).multiply_adds);
            assert_eq!(two - one, three - two, "{laplacian}");
        }
        assert!(with(100, Laplacian::Sym).bytes < with(100, Laplacian::Un).bytes);
    }

    #[test]
    fn what_solves_nothing_only_normalizes_and_keeps() {
        let total = counted(Solver::Lanczos, 0).total();
        let expected = Work {
            multiply_adds: 2_000,
            bytes: 8_000 + 28 * 100 + 24 * 100,
        };
        assert_eq!(total, expected);
    }
}
