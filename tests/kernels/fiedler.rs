//! The kernels of the solver.

use super::*;

/// The basis is orthonormal, trivial vector included, and starts from the hashed vector.
#[test]
fn lanczos() {
    solved_cases(|case, options| {
        let rows = case.valid.len();
        let leading = rows.next_multiple_of(64);
        let steps = case.found.status.steps as usize;
        assert!(steps >= 1 && steps <= options.solver_steps() as usize);
        let basis: Vec<f32> = case.found.buffer("basis", (steps + 1) * leading);
        let vector = |v: usize| &basis[v * leading..v * leading + rows];
        for a in 0..=steps {
            for b in 0..=a {
                let pairs = vector(a).iter().zip(vector(b));
                let dot: f64 = pairs.map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
                let expected = f64::from(u8::from(a == b));
                assert!(
                    (dot - expected).abs() < 2e-5,
                    "{rows} rows: q{a}·q{b} = {dot}"
                );
            }
        }
        let start = twin::start_vector(&case.operator);
        for (i, expected) in start.iter().enumerate() {
            assert_near(
                vector(1)[i],
                *expected,
                1e-5,
                &format!("{rows} rows: start {i}"),
            );
        }
    });
}

#[test]
fn tridiagonal() {
    solved_cases(|case, _| {
        let words: Vec<u32> = case.found.buffer("state", state::WORDS);
        let steps = words[state::STEP] as usize;
        let floats = |at: usize| -> Vec<f64> {
            let values = words[at..at + steps].iter();
            values.map(|w| f64::from(f32::from_bits(*w))).collect()
        };
        let (alpha, beta) = (floats(state::ALPHA), floats(state::BETA));
        let (value, vector) = twin::tridiagonal(&alpha, &beta);
        let scale = alpha
            .iter()
            .chain(&beta)
            .fold(1e-3f64, |m, x| m.max(x.abs()));
        assert_near(
            f32::from_bits(words[state::RITZ]),
            value,
            2e-6 * scale,
            "Ritz value",
        );
        let found = floats(state::COEFFICIENT);
        let dot: f64 = found.iter().zip(&vector).map(|(a, b)| a * b).sum();
        assert!(
            dot.abs() > 1.0 - 1e-4,
            "{steps} steps: eigenvectors differ, dot {dot}"
        );
    });
}

/// The last product, recomputed from the Fiedler vector that the GPU itself found.
#[test]
fn product() {
    for affinity in Affinity::ALL {
        let options = Options::default().affinity(*affinity);
        cases(&options, |case| {
            if case.operator.mode != Mode::Solve {
                return;
            }
            let rows = case.valid.len();
            let fiedler: Vec<f32> = case.found.buffer("fiedler", rows);
            let product: Vec<f32> = case.found.buffer("product", rows);
            let scaled = fiedler.iter().zip(&case.operator.root);
            let x: Vec<f64> = scaled.map(|(u, r)| f64::from(*u) * r).collect();
            let size = x.iter().fold(0.0f64, |m, v| m.max(v.abs()));
            let lines = case.operator.affinity.chunks(rows);
            for (i, (line, found)) in lines.zip(product).enumerate() {
                let expected: f64 = line.iter().zip(&x).map(|(w, x)| w * x).sum();
                let tolerance = 1e-6 * rows as f64 * size.max(1e-3);
                assert_near(
                    found,
                    expected,
                    tolerance,
                    &format!("{affinity} row {i} of {rows}"),
                );
            }
        });
    }
}

/// The power solver's Ritz value against its twin's, which takes a larger shift and more steps.
#[test]
fn power() {
    for laplacian in Laplacian::ALL {
        let options = Options::default()
            .solver(Solver::Power)
            .laplacian(*laplacian);
        let mut compared = 0;
        cases(&options, |case| {
            let found = &case.found.status;
            let converged = !found.flags().contains(gstds::Flags::UNCONVERGED);
            if case.operator.mode != Mode::Solve || !converged || found.rows > 65 {
                return;
            }
            let start = twin::start_vector(&case.operator);
            let (value, _) = twin::power(&case.operator, &start, 4000);
            let (expected, scale) = if case.operator.symmetric {
                (1.0 - value, 1.0)
            } else {
                (-value, case.operator.degree_range().1)
            };
            let label = format!("{} rows, {laplacian}", found.rows);
            assert_near(found.lambda2, expected, 1e-4 * scale, &label);
            compared += 1;
        });
        assert!(
            compared >= 6,
            "{laplacian}: {compared} Ritz values compared"
        );
    }
}
