//! Every kernel against its f64 twin, on shapes around every tile edge, with poisoned outputs.

#[path = "kernels/fiedler.rs"]
mod fiedler;
#[path = "kernels/ranking.rs"]
mod ranking;
mod support;

use gstds::{
    Affinity, Features, Flags, Keep, Laplacian, Options, Path, Rule, Selector, Shape, Solver,
    twin::{self, Mode, Operator},
};
use support::{Noise, Run, gpu, is_isolated, on_path, run_on, upload};

/// Word offsets in the state buffer (shaders/shared/state.wgsl).
mod state {
    pub const STEP: usize = 3;
    pub const RITZ: usize = 12;
    pub const ALPHA: usize = 16;
    pub const BETA: usize = ALPHA + 256;
    pub const COEFFICIENT: usize = BETA + 256;
    pub const WORDS: usize = COEFFICIENT + 256;
}

const ROWS: [usize; 13] = [3, 4, 5, 31, 32, 33, 63, 64, 65, 127, 255, 256, 257];
const COLUMNS: [usize; 8] = [1, 3, 15, 16, 17, 33, 64, 65];

struct Case {
    data: Vec<f32>,
    columns: usize,
    found: Run,
    valid: Vec<bool>,
    similarity: Vec<f64>,
    operator: Operator,
}

/// One selection on the GPU and, beside it, what the twins make of the same features.
fn case(selector: &Selector, rows: usize, columns: usize, signed: bool) -> Case {
    let mut noise = Noise((rows * 1000 + columns) as u64);
    let mut data = if signed {
        noise.signed(rows, columns)
    } else {
        noise.features(rows, columns)
    };
    if rows > 40 {
        data[5 * columns..6 * columns].fill(0.0);
        data[17 * columns] = f32::NAN;
        let copy = data[9 * columns..10 * columns].to_vec();
        data[23 * columns..24 * columns].copy_from_slice(&copy);
    }
    let kept = (rows / 4).max(1);
    let features = upload(bytemuck::cast_slice(&data));
    let batch = selector
        .prepare(Shape {
            rows,
            features: columns,
        })
        .unwrap();
    let found = run_on(batch, Features::new(&features), rows, Keep::Count(kept));
    let (unit, valid) = twin::normalize(&data, columns);
    let similarity = twin::similarity(&unit, columns);
    let operator = twin::laplacian(&similarity, &valid, selector.options(), kept);
    Case {
        data,
        columns,
        found,
        valid,
        similarity,
        operator,
    }
}

/// On the dense path, which leaves every stage's buffers behind.
fn cases(options: &Options, mut check: impl FnMut(&Case)) {
    let options = on_path(&options.clone().path(Path::Dense));
    let selector = Selector::new(&gpu().device, &options).unwrap();
    for (at, rows) in ROWS.into_iter().enumerate() {
        for signed in [false, true] {
            let columns = COLUMNS[(at + usize::from(signed) * 3) % COLUMNS.len()];
            check(&case(&selector, rows, columns, signed));
        }
    }
}

/// Every case that has a Fiedler vector to solve for, under both Laplacians.
fn solved_cases(mut check: impl FnMut(&Case, &Options)) {
    for laplacian in Laplacian::ALL {
        let options = Options::default().laplacian(*laplacian);
        cases(&options, |case| {
            if case.operator.mode == Mode::Solve {
                check(case, &options);
            }
        });
    }
}

fn assert_near(found: f32, expected: f64, tolerance: f64, what: &str) {
    let error = (f64::from(found) - expected).abs();
    assert!(error <= tolerance, "{what}: {found} instead of {expected}");
}

#[test]
fn normalize() {
    cases(&Options::default(), |case| {
        let (rows, columns) = (case.valid.len(), case.columns);
        let (unit, valid) = twin::normalize(&case.data, columns);
        let (high, wide) = (rows.next_multiple_of(64), columns.next_multiple_of(16));
        let found: Vec<f32> = case.found.buffer("unit", high * wide);
        for (at, value) in found.into_iter().enumerate() {
            let (i, j) = (at / wide, at % wide);
            let inside = i < rows && j < columns;
            let expected = if inside { unit[i * columns + j] } else { 0.0 };
            assert_near(
                value,
                expected,
                3e-7,
                &format!("{rows}x{columns} unit[{i}][{j}]"),
            );
        }
        let flags: Vec<u32> = case.found.buffer("valid", high);
        assert!(
            flags[..rows]
                .iter()
                .zip(&valid)
                .all(|(f, v)| *f == u32::from(*v))
        );
        assert!(flags[rows..].iter().all(|f| *f == 0), "padding is invalid");
    });
}

/// Without a graph validity is all that is made of the features.
#[test]
fn valid() {
    let options = Options::default().rule(Rule::Random);
    cases(&options, |case| {
        let rows = case.valid.len();
        let found: Vec<u32> = case.found.buffer("valid", rows.next_multiple_of(64));
        let expected: Vec<u32> = case.valid.iter().map(|v| u32::from(*v)).collect();
        assert_eq!(found[..rows], expected, "{rows} x {}", case.columns);
        assert!(found[rows..].iter().all(|f| *f == 0), "padding is invalid");
        let unit = case.found.batch.buffers();
        let (_, unit) = unit.iter().find(|(name, _)| *name == "unit").unwrap();
        assert_eq!(unit.size(), 16, "no unit rows");
    });
}

#[test]
fn similarity() {
    cases(&Options::default(), |case| {
        let rows = case.valid.len();
        let leading = rows.next_multiple_of(64);
        let found: Vec<f32> = case.found.buffer("similarity", leading * leading);
        for (at, &value) in found.iter().enumerate() {
            let (i, j) = (at / leading, at % leading);
            let inside = i < rows && j < rows;
            let expected = if inside {
                case.similarity[i * rows + j]
            } else {
                0.0
            };
            assert_near(value, expected, 2e-6, &format!("{rows} S[{i}][{j}]"));
            let mirrored = found[j * leading + i];
            assert_eq!(value.to_bits(), mirrored.to_bits(), "symmetric to the bit");
        }
    });
}

#[test]
fn degree_and_laplacian() {
    for affinity in Affinity::ALL {
        for laplacian in Laplacian::ALL {
            let options = Options::default().affinity(*affinity).laplacian(*laplacian);
            cases(&options, |case| check_operator(case, &options));
        }
    }
}

fn check_operator(case: &Case, options: &Options) {
    let rows = case.valid.len();
    let label = format!("{rows} rows, {}, {}", options.affinity, options.laplacian);
    let status = &case.found.status;
    let outcome = Flags::ALL_ALIKE | Flags::NO_EDGES | Flags::NON_POSITIVE_DEGREE;
    let expected = case.operator.flags.intersection(outcome);
    if status.flags().intersection(outcome) != expected {
        panic!(
            "{label}: {} instead of {}",
            status.flags(),
            case.operator.flags
        );
    }
    if case.operator.mode == Mode::IndexOrder {
        return;
    }
    let (sums, minima) = twin::degree(&case.similarity, &case.valid, options.affinity);
    let found_sums: Vec<f32> = case.found.buffer("row_sum", rows);
    let found_minima: Vec<f32> = case.found.buffer("row_minimum", rows);
    let degrees: Vec<f32> = case.found.buffer("degree", rows);
    let tolerance = 2e-6 * rows as f64;
    for i in 0..rows {
        assert_near(
            degrees[i],
            case.operator.degree[i],
            tolerance,
            &format!("{label}: degree {i}"),
        );
        if case.valid[i] {
            // Elsewhere what is summed are weights: the degrees, compared above.
            if !matches!(options.affinity, Affinity::Exp | Affinity::Knn) {
                assert_near(
                    found_sums[i],
                    sums[i],
                    tolerance,
                    &format!("{label}: sum {i}"),
                );
            }
            assert_near(
                found_minima[i],
                minima[i],
                2e-6,
                &format!("{label}: minimum {i}"),
            );
        }
    }
    if case.operator.mode == Mode::Solve {
        let trivial: Vec<f32> = case.found.buffer("basis", rows);
        let root: Vec<f32> = case.found.buffer("root", rows);
        for i in 0..rows {
            let expected = case.operator.trivial[i];
            assert_near(trivial[i], expected, 1e-5, &format!("{label}: trivial {i}"));
            let relative = 1e-5 * case.operator.root[i].max(1.0);
            assert_near(
                root[i],
                case.operator.root[i],
                relative,
                &format!("{label}: root {i}"),
            );
        }
    }
}
