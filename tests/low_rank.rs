//! The low-rank path: its kernels against their twins, and its answers against the dense path's.

mod support;

use gstds::{
    Affinity, Dtype, Features, Flags, Keep, Laplacian, Options, Path, Rule, Selector, Shape,
    Solver, twin,
};
use support::{Noise, Run, fixture_a, gpu, overlap, run, run_on, upload};

fn options(laplacian: Laplacian, affinity: Affinity, path: Path) -> Options {
    Options {
        laplacian,
        affinity,
        path,
        rule: Rule::Signed,
        ..Options::default()
    }
}

/// Signed picks of both paths, λ2 and flags; the numerics page's tolerances.
fn compare(name: &str, data: &[f32], columns: usize, laplacian: Laplacian, affinity: Affinity) {
    let rows = data.len() / columns;
    let keep = Keep::Count((rows / 4).max(1));
    let found = run(
        data,
        columns,
        &options(laplacian, affinity, Path::LowRank),
        keep,
    );
    let dense = run(
        data,
        columns,
        &options(laplacian, affinity, Path::Dense),
        keep,
    );
    let label = format!("{name} {rows} x {columns} {laplacian} {affinity}");
    let (a, b) = (found.status, dense.status);
    let judged = Flags::ALL_ALIKE | Flags::SHIFTED | Flags::FEW_VALID | Flags::INVALID_ROWS;
    assert_eq!(
        a.flags & judged.0,
        b.flags & judged.0,
        "{label}: {} {}",
        a.flags(),
        b.flags()
    );
    assert_eq!((a.valid, a.kept), (b.valid, b.kept), "{label}");
    assert!(
        (a.lambda2 - b.lambda2).abs() <= 2e-5 * b.lambda2.abs().max(0.1),
        "{label}: lambda2 {} {}",
        a.lambda2,
        b.lambda2
    );
    let unsure = (a.flags | b.flags) & (Flags::UNCONVERGED | Flags::DISCONNECTED).0;
    if unsure == 0 && a.steps > 0 {
        let share = overlap(&found.kept, &dense.kept);
        let least = if rows >= 256 {
            0.99
        } else {
            1.0 - 1.0 / dense.kept.len() as f64
        };
        println!(
            "{label}: overlap {share:.4} residual {:.1e} {:.1e} steps {} {}",
            a.residual, b.residual, a.steps, b.steps
        );
        assert!(share >= least, "{label}: overlap {share}");
    } else {
        println!("{label}: {a:?}");
    }
}

#[test]
fn agrees_with_the_dense_path() {
    for laplacian in Laplacian::ALL {
        for affinity in [Affinity::Auto, Affinity::Raw, Affinity::Shift] {
            for (rows, columns) in [
                (33, 16),
                (64, 32),
                (255, 33),
                (256, 64),
                (1000, 65),
                (600, 300),
            ] {
                compare(
                    "A",
                    &fixture_a(rows, columns),
                    columns,
                    *laplacian,
                    affinity,
                );
                let relu = Noise((rows + columns) as u64).features(rows, columns);
                compare("relu", &relu, columns, *laplacian, affinity);
            }
        }
    }
}
