//! Vectors beyond the Fiedler vector and the spectrum: each kernel against its twin, the whole
//! against a full eigendecomposition in f64, and what is defined where a graph has too few.

mod support;

use gstds::{
    Affinity, Error, Features, Flags, Keep, Laplacian, MAX_VECTORS, Options, Path, Rule, Selector,
    Shape, Solver, Spectrum,
    twin::{self, Mode, Operator},
};
use std::sync::{Mutex, PoisonError};
use support::{Noise, Run, fixture_a, gpu, read, run_on, upload};

const ROWS: [usize; 13] = [3, 4, 5, 31, 32, 33, 63, 64, 65, 127, 255, 256, 257];
/// Word offsets in the state buffer (shaders/shared/state.wgsl).
const STEP: usize = 3;
const ALPHA: usize = 16;
const STEPS: usize = 256;

fn options(laplacian: Laplacian, path: Path, vectors: u32) -> Options {
    Options {
        laplacian,
        path,
        vectors,
        rule: Rule::Signed,
        ..Options::default()
    }
}

fn spectrum(found: &Run) -> Spectrum {
    read(found.batch.spectrum().expect("several vectors"), 1)[0]
}

fn vectors(found: &Run) -> Vec<Vec<f32>> {
    let vectors = found.batch.read_vectors(&gpu().queue, found.rows);
    vectors.unwrap()
}

fn operator(data: &[f32], columns: usize, options: &Options) -> Operator {
    let (unit, valid) = twin::normalize(data, columns);
    let similarity = twin::similarity(&unit, columns);
    let kept = (valid.len() / 4).max(1);
    twin::laplacian(&similarity, &valid, options, kept)
}

/// Selectors of this binary by their options: compiling kernels takes longer than running them.
fn selector(options: &Options) -> Selector {
    static MADE: Mutex<Vec<Selector>> = Mutex::new(Vec::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = made.iter().find(|s| s.options() == options) {
        return known.clone();
    }
    let selector = Selector::new(&gpu().device, options).unwrap();
    made.push(selector.clone());
    selector
}

fn select(data: &[f32], columns: usize, options: &Options) -> Run {
    let rows = data.len() / columns;
    let features = upload(bytemuck::cast_slice(data));
    let shape = Shape {
        rows,
        features: columns,
    };
    let batch = selector(options).prepare(shape).unwrap();
    let keep = Keep::Count((rows / 4).max(1));
    run_on(batch, Features::new(&features), rows, keep)
}

fn scale(operator: &Operator) -> f64 {
    if operator.symmetric {
        1.0
    } else {
        operator.degree_range().1
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Features with rows to be left out and rows alike, where there are enough.
fn dirty(rows: usize, columns: usize) -> Vec<f32> {
    let mut data = Noise((rows * 77 + columns) as u64).features(rows, columns);
    if rows > 40 {
        data[5 * columns..6 * columns].fill(0.0);
        data[17 * columns] = f32::NAN;
        let copy = data[9 * columns..10 * columns].to_vec();
        data[23 * columns..24 * columns].copy_from_slice(&copy);
    }
    data
}

/// What the kernel makes of T is what its twin makes of the same T.
#[test]
fn pairs_are_those_of_the_matrix_that_the_steps_left() {
    for laplacian in Laplacian::ALL {
        for rows in ROWS {
            let data = dirty(rows, 33);
            let found = select(&data, 33, &options(*laplacian, Path::Dense, MAX_VECTORS));
            let label = format!("{rows} rows, {laplacian}");
            let listed = spectrum(&found);
            let words: Vec<u32> = found.buffer("state", ALPHA + 2 * STEPS);
            let steps = words[STEP] as usize;
            assert_eq!(listed.found, MAX_VECTORS.min(steps as u32), "{label}");
            let floats = |at: usize| -> Vec<f64> {
                let words = words[at..at + steps].iter();
                words.map(|w| f64::from(f32::from_bits(*w))).collect()
            };
            let (alpha, beta) = (floats(ALPHA), floats(ALPHA + STEPS));
            let size = alpha
                .iter()
                .chain(&beta)
                .fold(1e-3f64, |m, x| m.max(x.abs()));
            let pairs: Vec<u32> = found.buffer("pairs", 9 + 8 * STEPS);
            let expected = twin::tridiagonal_pairs(&alpha, &beta, MAX_VECTORS as usize);
            for (rank, (value, vector)) in expected.iter().enumerate() {
                if rank >= listed.vectors as usize {
                    break;
                }
                let ritz = f64::from(f32::from_bits(pairs[1 + rank]));
                let label = format!("{label}, pair {rank}");
                assert!(
                    (ritz - value).abs() < 3e-6 * size,
                    "{label}: {ritz} for {value}"
                );
                let line = &pairs[9 + rank * STEPS..9 + (rank + 1) * STEPS];
                let line: Vec<f64> = line.iter().map(|w| f64::from(f32::from_bits(*w))).collect();
                assert!(line[steps..].iter().all(|x| *x == 0.0), "{label}");
                let near = |other: &f64| (other - value).abs() < 1e-4 * size;
                if expected.iter().filter(|(other, _)| near(other)).count() == 1 {
                    let along = dot(&line[..steps], vector).abs();
                    assert!(along > 1.0 - 1e-4, "{label}: at an angle, dot {along}");
                }
            }
        }
    }
}

/// Eigenpairs of a symmetric matrix by Jacobi's rotations, largest first.
fn jacobi(mut matrix: Vec<Vec<f64>>) -> Vec<(f64, Vec<f64>)> {
    let size = matrix.len();
    let unit = |i| (0..size).map(|j| f64::from(u8::from(i == j))).collect();
    // Row i becomes the eigenvector of the i-th diagonal entry.
    let mut vectors: Vec<Vec<f64>> = (0..size).map(unit).collect();
    for _ in 0..12 {
        for p in 0..size {
            for q in p + 1..size {
                if matrix[p][q].abs() < 1e-300 {
                    continue;
                }
                let theta = (matrix[q][q] - matrix[p][p]) / (2.0 * matrix[p][q]);
                let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
                let c = 1.0 / t.hypot(1.0);
                let turn = |a: f64, b: f64| (c * a - t * c * b, t * c * a + c * b);
                for row in &mut matrix {
                    (row[p], row[q]) = turn(row[p], row[q]);
                }
                let (above, below) = matrix.split_at_mut(q);
                for (a, b) in above[p].iter_mut().zip(&mut below[0]) {
                    (*a, *b) = turn(*a, *b);
                }
                let (above, below) = vectors.split_at_mut(q);
                for (a, b) in above[p].iter_mut().zip(&mut below[0]) {
                    (*a, *b) = turn(*a, *b);
                }
            }
        }
    }
    let mut pairs: Vec<_> = (0..size).map(|i| matrix[i][i]).zip(vectors).collect();
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    pairs
}

/// Every eigenpair of the operator, with the trivial one moved to the end.
fn decomposition(operator: &Operator) -> Vec<(f64, Vec<f64>)> {
    let rows = operator.trivial.len();
    let far = 4.0 * scale(operator);
    let column = |j: usize| -> Vec<f64> {
        let unit: Vec<f64> = (0..rows).map(|i| f64::from(u8::from(i == j))).collect();
        let along = far * operator.trivial[j];
        let applied = operator.apply(&unit);
        let moved = applied.iter().zip(&operator.trivial);
        moved.map(|(y, t)| y - along * t).collect()
    };
    jacobi((0..rows).map(column).collect())
}

/// Values within 1e-5, and each vector within the space of those that share its eigenvalue.
#[test]
fn values_and_vectors_are_those_of_a_full_decomposition() {
    let mut compared = 0;
    for laplacian in Laplacian::ALL {
        for path in [Path::Dense, Path::LowRank] {
            for (name, data, columns) in [
                ("fixture A", fixture_a(64, 32), 32),
                ("fixture A", fixture_a(32, 16), 16),
                ("synthetic", Noise(5).features(65, 48), 48),
                ("signed", Noise(6).signed(60, 40), 40),
            ] {
                let by = options(*laplacian, path, 3);
                let found = select(&data, columns, &by);
                let operator = operator(&data, columns, &by);
                let exact = decomposition(&operator);
                let listed = spectrum(&found);
                let label = format!("{name} {} {laplacian} {path}", found.rows);
                assert_eq!(listed.vectors, 3, "{label}");
                let flags = found.status.flags();
                assert!(!flags.contains(Flags::UNCONVERGED), "{label}: {listed:?}");
                let scale = scale(&operator);
                let shift = if operator.symmetric { 1.0 } else { 0.0 };
                for (rank, scores) in vectors(&found).iter().enumerate() {
                    let value = exact[rank].0;
                    let error = (f64::from(listed.values[rank]) - (shift - value)).abs();
                    assert!(
                        error < 1e-5 * scale,
                        "{label}: value {rank} off by {error:e}"
                    );
                    assert!(listed.residuals[rank] < 1e-6, "{label}: {listed:?}");
                    // What Batch::scores makes of each of the eigenvectors nearby.
                    let near = exact
                        .iter()
                        .filter(|(v, _)| (v - value).abs() < 1e-4 * scale);
                    let weighted: Vec<f64> = scores
                        .iter()
                        .zip(&operator.root)
                        .map(|(x, r)| f64::from(*x) / if *r > 0.0 { *r } else { 1.0 })
                        .collect();
                    let norm = dot(&weighted, &weighted).sqrt();
                    let along: f64 = near.map(|(_, v)| (dot(v, &weighted) / norm).powi(2)).sum();
                    assert!(along > 0.999_99, "{label}: vector {rank} overlaps {along}");
                    compared += 1;
                }
            }
        }
    }
    assert_eq!(compared, 48);
}

/// Scores and signs of each vector against the twin's.
#[test]
fn scores_along_every_vector_are_the_twins() {
    for laplacian in Laplacian::ALL {
        for (rows, columns) in [(33, 65), (64, 17), (255, 64), (257, 33)] {
            let data = dirty(rows, columns);
            check_scores(&data, columns, &options(*laplacian, Path::Dense, 3));
            check_scores(&data, columns, &options(*laplacian, Path::LowRank, 3));
        }
    }
}

fn check_scores(data: &[f32], columns: usize, by: &Options) {
    let found = select(data, columns, by);
    let operator = operator(data, columns, by);
    let relation = twin::lanczos(&operator, found.status.valid as usize - 1, 0.0);
    let pairs = twin::ritz_pairs(&relation, MAX_VECTORS as usize);
    let (listed, scores) = (spectrum(&found), vectors(&found));
    let wanted = by.vectors as usize;
    let scale = scale(&operator);
    let label = format!("{} x {columns}, {}, {}", found.rows, by.laplacian, by.path);
    assert_eq!(listed.vectors as usize, wanted, "{label}");
    for (rank, (value, vector)) in pairs.iter().enumerate().take(wanted) {
        let lambda = if operator.symmetric {
            1.0 - value
        } else {
            -value
        };
        let error = (f64::from(listed.values[rank]) - lambda).abs();
        assert!(
            error < 1e-5 * scale,
            "{label}: value {rank} off by {error:e}"
        );
        let gap = |(other, _): &(f64, Vec<f64>)| (other - value).abs();
        let others = pairs.iter().enumerate().filter(|(i, _)| *i != rank);
        let nearest = others.map(|(_, pair)| gap(pair)).fold(f64::MAX, f64::min);
        if nearest < 1e-3 * scale {
            continue;
        }
        let expected = twin::score(&operator, *value, vector);
        let score: Vec<f64> = scores[rank].iter().map(|x| f64::from(*x)).collect();
        let along = dot(&score, &expected);
        // Signed: a vector whose cubes all but cancel may come out either way.
        let cubes: f64 = expected.iter().map(|x| x * x * x).sum();
        let along = if cubes.abs() > 2e-3 {
            along
        } else {
            along.abs()
        };
        assert!(
            along > 0.9999,
            "{label}: vector {rank} at an angle, dot {along}"
        );
    }
}

/// The first vector is the Fiedler vector of the scores, whatever else is asked for, and the same
/// input gives the same bytes.
#[test]
fn the_first_line_is_the_scores_and_a_second_run_gives_the_same_bytes() {
    for laplacian in Laplacian::ALL {
        for path in [Path::Dense, Path::LowRank] {
            let data = dirty(150, 20);
            let by = options(*laplacian, path, 3);
            let found = select(&data, 20, &by);
            let label = format!("{laplacian} {path}");
            assert_eq!(vectors(&found)[0], found.scores(), "{label}");
            let one = select(
                &data,
                20,
                &Options {
                    vectors: 1,
                    ..by.clone()
                },
            );
            assert_eq!(
                found.kept, one.kept,
                "{label}: more vectors, another choice"
            );
            assert!(one.batch.vectors().is_none() && one.batch.spectrum().is_none());
            let again = select(&data, 20, &by);
            let bytes = |run: &Run| -> Vec<u32> {
                let stride = run.batch.vector_stride();
                [
                    run.buffer("vectors", 3 * stride),
                    run.buffer("spectrum", 20),
                ]
                .concat()
            };
            assert_eq!(bytes(&found), bytes(&again), "{label}");
            for row in [5, 17] {
                assert!(
                    vectors(&found).iter().all(|v| v[row] == 0.0),
                    "invalid rows"
                );
            }
        }
    }
}

#[test]
fn fewer_rows_than_the_shape_leave_zeros_behind_them() {
    let by = options(Laplacian::Sym, Path::Dense, 2);
    let data = Noise(3).features(70, 9);
    let buffer = upload(bytemuck::cast_slice(&data));
    let shape = Shape {
        rows: 200,
        features: 9,
    };
    let batch = selector(&by).prepare(shape).unwrap();
    let found = run_on(batch, Features::new(&buffer).rows(70), 70, Keep::Count(17));
    let alone = select(&data, 9, &by);
    assert_eq!(vectors(&found), vectors(&alone));
    let all: Vec<f32> = found.buffer("vectors", 2 * 256);
    for line in all.chunks(256) {
        assert!(line[70..].iter().all(|x| *x == 0.0));
    }
}

/// Rows in two directions: W has rank 2, so beyond the Fiedler vector it maps everything to 0.
#[test]
fn a_vector_that_the_graph_does_not_have_is_zero() {
    let rows = |i: usize| {
        if i % 8 < 5 {
            [1.0, 0.0]
        } else {
            [0.5, 0.75f32.sqrt()]
        }
    };
    let data: Vec<f32> = (0..48).flat_map(rows).collect();
    for path in [Path::Dense, Path::LowRank] {
        let found = select(&data, 2, &options(Laplacian::Sym, path, 3));
        let listed = spectrum(&found);
        assert_eq!(listed.vectors, 1, "{path}: {listed:?}");
        assert!((listed.values[0] - found.status.lambda2).abs() < 1e-6);
        assert!(vectors(&found)[1..].iter().flatten().all(|x| *x == 0.0));
        assert!(!found.status.flags().contains(Flags::UNCONVERGED), "{path}");
    }
    // Two steps are all that three rows have.
    let found = select(
        &Noise(9).features(3, 8),
        8,
        &options(Laplacian::Un, Path::Dense, 3),
    );
    let listed = spectrum(&found);
    assert_eq!((listed.found, listed.vectors), (2, 2));
    assert_eq!(listed.values[2..], [0.0; 6]);
    assert_eq!(vectors(&found)[2], [0.0; 3]);
}

#[test]
fn where_nothing_is_solved_all_is_zero() {
    let alike: Vec<f32> = (0..40).flat_map(|_| [0.5, 0.25, 1.0]).collect();
    let apart: Vec<f32> = (0..40 * 40)
        .map(|at| f32::from(u8::from(at % 41 == 0)))
        .collect();
    let mut few = Noise(4).features(10, 4);
    few[8..].fill(0.0);
    for (name, data, columns, mode) in [
        ("all alike", alike, 3, Mode::EvenStride),
        ("no edges", apart, 40, Mode::EvenStride),
        ("two valid rows", few, 4, Mode::IndexOrder),
    ] {
        for path in [Path::Dense, Path::LowRank] {
            let by = options(Laplacian::Sym, path, 3);
            assert_eq!(operator(&data, columns, &by).mode, mode, "{name}");
            let found = select(&data, columns, &by);
            assert_eq!(
                spectrum(&found),
                bytemuck::Zeroable::zeroed(),
                "{name} {path}"
            );
            assert!(
                vectors(&found).iter().flatten().all(|x| *x == 0.0),
                "{name} {path}"
            );
        }
    }
}

/// Two components: one value of 0. Points on a circle: double values, of which one vector each.
#[test]
fn a_multiple_value_counts_once() {
    let rows = |i: usize| {
        if i.is_multiple_of(3) {
            [1.0, 0.2, 0.0, 0.0]
        } else {
            [0.0, 0.0, 1.0, 0.4]
        }
    };
    let noise = Noise(8).features(45, 4);
    let apart: Vec<f32> = (0..45)
        .flat_map(|i| {
            let at = |j: usize| {
                if rows(i)[j] > 0.0 {
                    rows(i)[j] + noise[4 * i + j]
                } else {
                    0.0
                }
            };
            [at(0), at(1), at(2), at(3)]
        })
        .collect();
    let found = select(&apart, 4, &options(Laplacian::Sym, Path::Dense, 2));
    let listed = spectrum(&found);
    assert!(found.status.flags().contains(Flags::DISCONNECTED));
    assert!(
        listed.values[0].abs() < 1e-5 && listed.values[1] > 0.1,
        "{listed:?}"
    );
    let first = &vectors(&found)[0];
    for i in 3..45 {
        assert!(
            (first[i] - first[i % 3]).abs() < 1e-4,
            "constant on each component"
        );
    }

    let point = |i: usize| (i as f32 * std::f32::consts::TAU / 12.0).sin_cos();
    let circle: Vec<f32> = (0..12).flat_map(|i| <[f32; 2]>::from(point(i))).collect();
    let shift = Options {
        affinity: Affinity::Shift,
        ..options(Laplacian::Un, Path::Dense, 2)
    };
    let found = select(&circle, 2, &shift);
    let listed = spectrum(&found);
    assert!((listed.values[0] - 3.0).abs() < 1e-4, "{listed:?}");
    assert!((listed.values[1] - 6.0).abs() < 1e-3, "{listed:?}");
}

#[test]
fn what_finds_one_vector_refuses_more_and_auto_avoids_it() {
    let with = |change: fn(&mut Options)| {
        let mut options = options(Laplacian::Sym, Path::Auto, 3);
        change(&mut options);
        options
    };
    let refused = |change: fn(&mut Options)| {
        let made = Selector::new(&gpu().device, &with(change));
        made.unwrap_err()
    };
    for count in [0, MAX_VECTORS + 1] {
        let too_many = Options {
            vectors: count,
            ..Options::default()
        };
        let error = Selector::new(&gpu().device, &too_many).unwrap_err();
        assert!(
            matches!(
                error,
                Error::Vectors {
                    limit: MAX_VECTORS,
                    ..
                }
            ),
            "{error}"
        );
    }
    let power = refused(|o| o.solver = Solver::Power);
    let random = refused(|o| o.rule = Rule::Random);
    assert!(power.to_string().contains("solver power"), "{power}");
    assert!(random.to_string().contains("rule random"), "{random}");

    let shape = Shape {
        rows: 64,
        features: 16,
    };
    let auto = Selector::new(&gpu().device, &with(|_| ())).unwrap();
    assert_ne!(auto.prepare(shape).unwrap().path(), Path::Fused);
    for error in [
        auto.prepare_many(shape, 2).unwrap_err(),
        with(|o| o.path = Path::Fused).path_for(shape).unwrap_err(),
    ] {
        assert!(
            error.to_string().contains("takes vectors 1, not 3"),
            "{error}"
        );
    }
}

/// Two clusters, told apart in few steps that leave the vectors within them rough.
#[test]
fn the_status_is_the_fiedler_vectors_and_poor_further_ones_are_told_beside_it() {
    let noise = Noise(12).signed(96, 48);
    let centre = |at: usize| if (at / 48) % 2 == at % 2 { 6.0 } else { 0.0 };
    let data: Vec<f32> = (0..).zip(&noise).map(|(at, x)| centre(at) + x).collect();
    for path in [Path::Dense, Path::LowRank] {
        let by = |steps| Options {
            steps: Some(steps),
            ..options(Laplacian::Sym, path, 4)
        };
        let found = select(&data, 48, &by(8));
        let (listed, status) = (spectrum(&found), found.status);
        assert_eq!(listed.residuals[0], status.residual, "{path}");
        assert!(
            status.residual < 1e-6 && listed.residuals[3] > 1e-6,
            "{path}: {listed:?}"
        );
        assert!(
            (1..=3).contains(&listed.unconverged()),
            "{path}: {listed:?}"
        );
        assert!(
            !status.flags().contains(Flags::UNCONVERGED),
            "{path}: {}",
            status.flags()
        );
        assert!(
            status.flags().contains(Flags::FURTHER_UNCONVERGED),
            "{path}"
        );

        let found = select(&data, 48, &by(90));
        assert_eq!(spectrum(&found).unconverged(), 0, "{path}");
        assert!(
            !found.status.flags().contains(Flags::FURTHER_UNCONVERGED),
            "{path}"
        );
    }
}

/// As documented at Batch::vectors.
#[test]
fn memory_and_dispatches_are_predicted() {
    let shape = Shape {
        rows: 100,
        features: 24,
    };
    for (path, a_vector) in [(Path::Dense, 4), (Path::LowRank, 6)] {
        let with = |vectors, steps| Options {
            steps: Some(steps),
            ..options(Laplacian::Sym, path, vectors)
        };
        let (one, three) = (selector(&with(1, 20)), selector(&with(3, 20)));
        let bytes = |s: &Selector| s.workspace_bytes(shape).unwrap();
        assert_eq!(
            bytes(&three) - bytes(&one),
            3 * 128 * 4 + 80 + 8228 - 3 * 16
        );
        let dispatches = |s: &Selector| s.prepare(shape).unwrap().dispatches(100);
        assert_eq!(
            dispatches(&three) - dispatches(&one),
            2 * a_vector + 3,
            "{path}"
        );
    }
    let several = options(Laplacian::Un, Path::Dense, 2);
    assert_eq!(several.solver_steps(), 2 * Options::saln().solver_steps());
}
