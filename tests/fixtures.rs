//! The numbers of the numerics page: fixture A, analytic cases, both solvers.

mod support;

use gstds::{Affinity, Keep, Laplacian, Options, Order, Path, Rule, Solver, twin};
use support::{fixture_a, run};

fn options(laplacian: Laplacian, rule: Rule) -> Options {
    Options::default()
        .laplacian(laplacian)
        .rule(rule)
        .order(Order::Ascending)
}

fn assert_close(found: f32, expected: f64, relative: f64) {
    let error = (f64::from(found) - expected).abs() / expected.abs();
    assert!(
        error <= relative,
        "{found} is not {expected}: off by {error:e}"
    );
}

#[test]
fn fixture_a_32_by_16() {
    let data = fixture_a(32, 16);
    let signed = [7, 13, 14, 15, 21, 22, 23, 30];
    for solver in [Solver::Lanczos, Solver::Power] {
        for (laplacian, lambda2) in [(Laplacian::Un, 19.940037), (Laplacian::Sym, 0.828918)] {
            let chosen = options(laplacian, Rule::Signed).solver(solver);
            let found = run(&data, 16, &chosen, Keep::Count(8));
            assert_close(found.status.lambda2, lambda2, 1e-5);
            assert_eq!(found.kept, signed, "{laplacian} {solver}");
            assert!(found.status.residual < 1e-6, "{}", found.status.residual);
        }
    }
    let un = run(
        &data,
        16,
        &options(Laplacian::Un, Rule::Signed),
        Keep::Count(8),
    );
    assert_close(un.status.degree_min, 22.44955, 1e-6);
    // Only the dense path leaves its degrees behind.
    let on_dense = options(Laplacian::Un, Rule::Signed).path(Path::Dense);
    let dense = run(&data, 16, &on_dense, Keep::Count(8));
    let degrees: Vec<f32> = dense.buffer("degree", 32);
    assert_eq!(
        degrees.iter().position(|d| *d == dense.status.degree_min),
        Some(7)
    );
    let by_rank = options(Laplacian::Sym, Rule::Quantile).order(Order::Rank);
    let quantile = run(&data, 16, &by_rank, Keep::Count(8));
    assert_eq!(quantile.kept, [22, 13, 31, 16, 2, 19, 20, 4]);
}

#[test]
fn fixture_a_64_by_32() {
    let data = fixture_a(64, 32);
    let un = [5, 7, 13, 15, 21, 22, 30, 37, 38, 39, 45, 53, 54, 55, 62, 63];
    let found = run(
        &data,
        32,
        &options(Laplacian::Un, Rule::Signed),
        Keep::Count(16),
    );
    assert_eq!(found.kept, un);
    assert_close(found.status.lambda2, 41.608577, 1e-5);
    let sym: Vec<u32> = {
        let mut rows: Vec<u32> = un.iter().map(|&r| if r == 30 { 14 } else { r }).collect();
        rows.sort_unstable();
        rows
    };
    let found = run(
        &data,
        32,
        &options(Laplacian::Sym, Rule::Signed),
        Keep::Count(16),
    );
    assert_eq!(found.kept, sym);
    assert_close(found.status.lambda2, 0.850155, 1e-5);
}

#[test]
fn the_twin_agrees_with_the_published_numbers() {
    for (n, d, un, sym) in [(32, 16, 19.940037, 0.828918), (64, 32, 41.608577, 0.850155)] {
        let data = fixture_a(n, d);
        for (laplacian, lambda2) in [(Laplacian::Un, un), (Laplacian::Sym, sym)] {
            let chosen = options(laplacian, Rule::Signed);
            let found = twin::select(&data, d, &chosen, Keep::Count(n / 4)).unwrap();
            assert!(
                (found.lambda2 - lambda2).abs() < 1e-6 * lambda2.max(1.0),
                "{}",
                found.lambda2
            );
        }
    }
}

/// a rows (1, 0) and b rows (c, √(1−c²)): un c(a+b), sym cb/(a+cb) + ca/(b+ca).
#[test]
fn two_bundles_have_the_analytic_connectivity() {
    let (a, b, c) = (6usize, 10usize, 0.5f32);
    let second = [c, (1.0 - c * c).sqrt()];
    let data: Vec<f32> = (0..a + b)
        .flat_map(|i| if i < a { [1.0, 0.0] } else { second })
        .collect();
    let un = run(
        &data,
        2,
        &options(Laplacian::Un, Rule::Quantile),
        Keep::Count(4),
    );
    assert_close(un.status.lambda2, 8.0, 1e-5);
    let sym = run(
        &data,
        2,
        &options(Laplacian::Sym, Rule::Quantile),
        Keep::Count(4),
    );
    assert_close(sym.status.lambda2, 0.685315, 1e-5);
    let scores = sym.scores();
    assert!(
        scores[..a].iter().all(|x| *x == scores[0]),
        "identical rows tie to the bit"
    );
    assert!(
        scores[a..].iter().all(|x| *x == scores[a]),
        "identical rows tie to the bit"
    );
}

/// Twelve points on a circle, shifted: un 3 and sym 0.5, both double.
#[test]
fn a_circle_has_a_double_eigenvalue() {
    let angle = |i: usize| std::f64::consts::TAU * i as f64 / 12.0;
    let data: Vec<f32> = (0..12)
        .flat_map(|i| [angle(i).cos() as f32, angle(i).sin() as f32])
        .collect();
    for (laplacian, lambda2) in [(Laplacian::Un, 3.0), (Laplacian::Sym, 0.5)] {
        for affinity in [Affinity::Auto, Affinity::Shift] {
            let chosen = options(laplacian, Rule::Signed).affinity(affinity);
            let found = run(&data, 2, &chosen, Keep::Count(4));
            assert_close(found.status.lambda2, lambda2, 1e-5);
            assert_eq!(found.kept.len(), 4);
            assert!(found.status.flags().contains(gstds::Flags::SHIFTED));
        }
    }
}

/// Options::steps is an upper bound, short of the first estimate of the residual and beyond it.
#[test]
fn steps_end_at_their_limit_or_once_the_residual_is_small() {
    let data = fixture_a(64, 32);
    for limit in [1, 2, 7, 8, 9, 64, 256] {
        let chosen = options(Laplacian::Sym, Rule::Signed).steps(limit);
        let found = run(&data, 32, &chosen, Keep::Count(16));
        let status = found.status;
        let converged = !status.flags().contains(gstds::Flags::UNCONVERGED);
        assert!(
            status.steps == limit || (converged && status.steps < limit.min(20)),
            "at most {limit}: {status:?}"
        );
        assert!(converged || limit < 8, "at most {limit}: {status:?}");
        assert!(!converged || limit > 2, "at most {limit}: {status:?}");
    }
}
