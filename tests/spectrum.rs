//! Vectors beyond the Fiedler vector and the spectrum: each kernel against its twin, the whole
//! against a full eigendecomposition in f64, and what is defined where a graph has too few.

#[path = "spectrum/decomposition.rs"]
mod decomposition;
#[path = "spectrum/edge_cases.rs"]
mod edge_cases;
mod support;

use gstds::{
    Affinity, Error, Features, Flags, Keep, Laplacian, MAX_VECTORS, Options, Path, Rule, Selector,
    Shape, Solver, Spectrum,
    twin::{self, Mode, Operator},
};
use std::sync::{Mutex, PoisonError};
use support::{Noise, Run, fixture_a, gpu, on_path, read, run_on, upload};

const ROWS: [usize; 13] = [3, 4, 5, 31, 32, 33, 63, 64, 65, 127, 255, 256, 257];
/// Word offsets in the state buffer (shaders/shared/state.wgsl).
const STEP: usize = 3;
const ALPHA: usize = 16;
const STEPS: usize = 256;
/// Word offset in the buffer of pairs (shaders/shared/spectrum.wgsl).
const FIRST_LINE: usize = 1 + MAX_VECTORS as usize;

fn options(laplacian: Laplacian, path: Path, vectors: u32) -> Options {
    Options::default()
        .laplacian(laplacian)
        .path(path)
        .vectors(vectors)
        .rule(Rule::Signed)
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
    let options = &on_path(options);
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
            let pairs: Vec<u32> = found.buffer("pairs", FIRST_LINE + MAX_VECTORS as usize * STEPS);
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
                let line = &pairs[FIRST_LINE + rank * STEPS..FIRST_LINE + (rank + 1) * STEPS];
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
            let one = select(&data, 20, &by.clone().vectors(1));
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
                    run.buffer("spectrum", 4 + 2 * MAX_VECTORS as usize),
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
