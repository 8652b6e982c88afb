//! The kernels of the low-rank path against their twins, with poisoned outputs.

mod support;

use gstds::{Affinity, Keep, Options, Path, twin};
use support::{Noise, run};

fn low_rank(affinity: Affinity) -> Options {
    Options::default().affinity(affinity).path(Path::LowRank)
}

/// Every kernel's output against its twin, poisoned first.
#[test]
fn kernels_agree_with_their_twins() {
    for (rows, columns) in [(3, 1), (31, 3), (64, 17), (129, 66), (300, 40)] {
        let mut data = Noise(rows as u64).signed(rows, columns);
        if rows > 40 {
            data[17 * columns] = f32::NAN;
            data[5 * columns..6 * columns].fill(0.0);
        }
        let by = low_rank(Affinity::Shift);
        let found = run(&data, columns, &by, Keep::Count((rows / 4).max(1)));
        let label = format!("{rows} x {columns}");
        let near = |found: f32, expected: f64, tolerance: f64, what: &str| {
            let error = (f64::from(found) - expected).abs();
            assert!(error <= tolerance, "{label} {what}: {found} for {expected}");
        };
        let norms = twin::row_norms(&data, columns);
        let factors: Vec<[f32; 2]> = found.buffer("factors", rows);
        for (factor, norm) in factors.iter().zip(&norms) {
            let product = f64::from(factor[0]) * f64::from(factor[1]) * norm;
            near(
                product as f32,
                f64::from(u8::from(*norm > 0.0)),
                1e-6,
                "factor times norm",
            );
        }
        let (unit, valid) = twin::normalize(&data, columns);
        let ones: Vec<f64> = valid.iter().map(|v| f64::from(u8::from(*v))).collect();
        let sums = twin::weighted_row_sum(&unit, columns, &ones);
        let column_sums: Vec<f32> = found.buffer("column_sums", columns);
        for (found, expected) in column_sums.iter().zip(&sums) {
            near(*found, *expected, 1e-6 * rows as f64, "column sum");
        }
        let row_sums: Vec<f32> = found.buffer("row_sum", rows);
        for (found, expected) in row_sums
            .iter()
            .zip(twin::row_products(&unit, columns, &sums))
        {
            near(*found, expected, 1e-5 * rows as f64, "row sum");
        }
        if found.status.steps == 0 {
            continue;
        }
        // What the last product wrote is W times the unpolished scores that the Fiedler vector
        // makes.
        let similarity = twin::similarity(&unit, columns);
        let operator = twin::laplacian(&similarity, &valid, &by, (rows / 4).max(1));
        let fiedler: Vec<f32> = found.buffer("fiedler", rows);
        let pairs = fiedler.iter().zip(&operator.root);
        let x: Vec<f64> = pairs.map(|(u, r)| f64::from(*u) * r).collect();
        let product: Vec<f32> = found.buffer("product", rows);
        for (line, found) in operator.affinity.chunks(rows).zip(product) {
            let expected: f64 = line.iter().zip(&x).map(|(w, x)| w * x).sum();
            near(found, expected, 1e-5, "W x");
        }
    }
}

/// The dual's basis is orthonormal, its known top vector included.
#[test]
fn the_dual_basis_is_orthonormal() {
    let columns = 50;
    let by = low_rank(Affinity::Auto);
    let found = run(
        &Noise(8).features(500, columns),
        columns,
        &by,
        Keep::Count(9),
    );
    let steps = found.status.steps as usize;
    let width = 64;
    let basis: Vec<f32> = found.buffer("dual_basis", (steps + 1) * width);
    for a in 0..=steps {
        for b in 0..=a {
            let vector = |v: usize| &basis[v * width..(v + 1) * width];
            let pairs = vector(a).iter().zip(vector(b));
            let dot: f64 = pairs.map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
            let expected = f64::from(u8::from(a == b));
            assert!((dot - expected).abs() < 2e-5, "q{a}·q{b} = {dot}");
        }
    }
}
