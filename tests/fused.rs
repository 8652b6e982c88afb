//! The fused path against its twin and against the dense path, on poisoned buffers.

mod support;

use gstds::{
    Affinity, Error, Features, Flags, Keep, Laplacian, Options, Order, Path, Rule, Selector, Shape,
    Solver,
    twin::{self, Mode},
};
use support::{Noise, POISON, Run, gpu, overlap, run_on, upload};

const ROWS: [usize; 15] = [2, 3, 4, 5, 31, 33, 63, 64, 65, 127, 255, 256, 257, 400, 512];

/// Rows that this device has a workgroup for.
fn rows_here() -> impl Iterator<Item = usize> {
    let most = match gpu().device.limits() {
        limits if limits.max_compute_invocations_per_workgroup >= 512 => 512,
        _ => 256,
    };
    ROWS.into_iter().filter(move |rows| *rows <= most)
}

fn on(path: Path, options: &Options) -> Options {
    options.clone().path(path)
}

/// Features with, where there is room, a zero row, a NaN and a duplicate.
fn features(rows: usize, columns: usize, signed: bool) -> Vec<f32> {
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
    data
}

/// Selectors are made once for many shapes: compiling takes longer than selecting.
fn selector(path: Path, options: &Options) -> Selector {
    Selector::new(&gpu().device, &on(path, options)).unwrap()
}

fn run_with(selector: &Selector, data: &[f32], columns: usize, keep: Keep) -> Run {
    let rows = data.len() / columns;
    let shape = Shape {
        rows,
        features: columns,
    };
    let buffer = upload(bytemuck::cast_slice(data));
    let batch = selector.prepare(shape).unwrap();
    run_on(batch, Features::new(&buffer), rows, keep)
}

/// Everything of the status but what rounding may move: the steps and whether they ended early.
fn assert_same_status(fused: &Run, dense: &Run, label: &str) {
    let unsteady = Flags::BREAKDOWN | Flags::UNCONVERGED;
    let (a, b) = (fused.status, dense.status);
    let facts = |s: gstds::Status| {
        (
            s.rows,
            s.valid,
            s.kept,
            s.flags().difference(unsteady),
            s.shift,
            s.scale,
        )
    };
    assert_eq!(facts(a), facts(b), "{label}");
    let near = |x: f32, y: f32| (x - y).abs() <= 1e-5 * x.abs().max(1.0);
    assert!(
        near(a.min_similarity, b.min_similarity),
        "{label}: {a:?} {b:?}"
    );
    assert!(near(a.degree_min, b.degree_min), "{label}: {a:?} {b:?}");
    assert!(near(a.degree_max, b.degree_max), "{label}: {a:?} {b:?}");
    let scale = a.degree_max.max(1.0);
    assert!(
        (a.lambda2 - b.lambda2).abs() <= 1e-5 * scale,
        "{label}: {a:?} {b:?}"
    );
}

#[test]
fn the_dense_path_says_and_keeps_the_same() {
    let mut compared = 0;
    for affinity in [
        Affinity::Auto,
        Affinity::Raw,
        Affinity::Shift,
        Affinity::Clamp,
    ] {
        for laplacian in Laplacian::ALL {
            let options = Options::default()
                .affinity(affinity)
                .laplacian(*laplacian)
                .rule(Rule::Signed);
            let selectors = [Path::Fused, Path::Dense].map(|path| selector(path, &options));
            for (at, rows) in rows_here().enumerate() {
                let (columns, signed) = ([16, 3, 33, 17][at % 4], at % 3 == 0);
                let data = features(rows, columns, signed);
                let count = (rows / 4).max(1);
                let [fused, dense] = selectors
                    .each_ref()
                    .map(|s| run_with(s, &data, columns, Keep::Count(count)));
                let label = format!("{rows} rows, {affinity}, {laplacian}");
                assert_eq!(fused.batch.path(), Path::Fused);
                assert_same_status(&fused, &dense, &label);
                let scores = fused.scores();
                assert!(
                    scores.iter().all(|x| x.to_bits() != POISON),
                    "{label}: all written"
                );
                let dot: f32 = scores.iter().zip(dense.scores()).map(|(a, b)| a * b).sum();
                if dense.status.steps > 0 && dot > 0.999 {
                    let share = overlap(&fused.kept, &dense.kept);
                    assert!(
                        share >= 1.0 - 1.0 / count as f64,
                        "{label}: overlap {share}"
                    );
                    compared += 1;
                } else if dense.status.steps == 0 {
                    assert_eq!(fused.kept, dense.kept, "{label}");
                }
            }
        }
    }
    // A vector is not determined where its eigenvalue is all but double.
    assert!(compared >= 60, "{compared} kept sets compared");
}

#[test]
fn lambda2_and_scores_are_the_twins() {
    for laplacian in Laplacian::ALL {
        let options = Options::default().laplacian(*laplacian).rule(Rule::Signed);
        let fused = selector(Path::Fused, &options);
        for rows in rows_here().filter(|rows| *rows >= 33) {
            let data = features(rows, 24, false);
            let keep = Keep::Count(rows / 4);
            let found = run_with(&fused, &data, 24, keep);
            let exact = twin::select(&data, 24, &options, keep).unwrap();
            let label = format!("{rows} rows, {laplacian}");
            let error = (f64::from(found.status.lambda2) - exact.lambda2).abs();
            assert!(
                error <= 1e-5 * exact.lambda2,
                "{label}: lambda2 {error:e} off"
            );
            let scores = found.scores();
            let pairs = scores.iter().zip(&exact.scores);
            let dot: f64 = pairs.map(|(a, b)| f64::from(*a) * b).sum();
            assert!(dot > 1.0 - 1e-6, "{label}: dot {dot}");
            let share = overlap(&found.kept, &exact.kept);
            assert!(
                share >= 1.0 - 1.0 / (rows / 4) as f64,
                "{label}: overlap {share}"
            );
            assert!(found.status.residual <= 1e-6, "{label}: {:?}", found.status);
            let twins = rows > 40;
            assert!(
                !twins || scores[9].to_bits() == scores[23].to_bits(),
                "{label}"
            );
        }
    }
}

/// Order and kept rows are exactly what the rule makes of the scores found.
#[test]
fn every_rule_keeps_what_its_twin_does() {
    for rule in Rule::ALL {
        for order in Order::ALL {
            let options = Options::default()
                .rule(*rule)
                .order(*order)
                .seed(0x1234_5678_9abc);
            let fused = selector(Path::Fused, &options);
            for (rows, count) in [
                (3, 1),
                (40, 39),
                (65, 16),
                (100, 100),
                (256, 64),
                (256, 255),
            ] {
                let data = features(rows, 12, false);
                let found = run_with(&fused, &data, 12, Keep::Count(count));
                let label = format!("{rule}, {order}, {count} of {rows}");
                let (_, valid) = twin::normalize(&data, 12);
                let present = valid.iter().filter(|v| **v).count();
                if count == rows {
                    assert_eq!(found.kept, (0..rows as u32).collect::<Vec<_>>(), "{label}");
                    continue;
                }
                let mode = if present <= count.max(2) {
                    Mode::IndexOrder
                } else {
                    Mode::Solve
                };
                let ranked = twin::rank(&found.scores(), &valid, mode, *rule, options.seed);
                assert_eq!(found.order(), ranked, "{label}: order");
                let mut kept = twin::keep(&ranked, present, count, mode, *rule, options.seed);
                if *order == Order::Ascending {
                    kept.sort_unstable();
                }
                assert_eq!(found.kept, kept, "{label}: kept");
            }
        }
    }
}

#[test]
fn what_the_path_does_not_take_is_an_error_that_says_so() {
    let prepare = |rows, options: &Options| {
        let shape = Shape { rows, features: 8 };
        Selector::new(&gpu().device, options)
            .unwrap()
            .prepare(shape)
    };
    let fused = on(Path::Fused, &Options::default());
    assert_eq!(prepare(256, &fused).unwrap().path(), Path::Fused);
    let error = prepare(513, &fused).unwrap_err();
    assert!(
        matches!(
            error,
            Error::PathTakes {
                path: "fused",
                what: "rows",
                ..
            }
        ),
        "{error}"
    );
    let words = error.to_string();
    assert!(words.contains("513") && words.contains("512"), "{words}");
    let power = fused.solver(Solver::Power);
    let error = prepare(100, &power).unwrap_err();
    assert!(
        matches!(error, Error::PathTakes { what: "solver", .. }),
        "{error}"
    );
    let auto = on(Path::Auto, &power);
    assert_eq!(prepare(100, &auto).unwrap().path(), Path::Dense);
    let auto = Options::default();
    assert_eq!(prepare(257, &auto).unwrap().path(), Path::Dense);
    assert_eq!(prepare(256, &auto).unwrap().path(), Path::Fused);
}

#[test]
fn the_fused_path_takes_three_dispatches_and_less_memory() {
    let shape = Shape {
        rows: 256,
        features: 64,
    };
    let options = Options::default();
    let fused = selector(Path::Fused, &options);
    assert_eq!(fused.prepare(shape).unwrap().dispatches(256), 3);
    let bytes = |selector: &Selector| selector.workspace_bytes(shape).unwrap();
    assert!(bytes(&fused) < bytes(&selector(Path::Dense, &options)));
}
