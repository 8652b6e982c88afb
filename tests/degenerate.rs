//! The table of defined behaviour: dirty rows, tiny batches, graphs without structure.

mod support;

use gstds::{
    Affinity, Error, Flags, Keep, Laplacian, Options, Order, Path, Rule, Shape, Solver,
    select_blocking,
};
use support::{Noise, gpu, on_path, overlap, run};

fn by_rank(rule: Rule) -> Options {
    Options::default().rule(rule).order(Order::Rank)
}

fn select(
    data: &[f32],
    columns: usize,
    options: &Options,
    keep: Keep,
) -> gstds::Result<gstds::Selection> {
    let gpu = gpu();
    let shape = Shape {
        rows: data.len() / columns,
        features: columns,
    };
    select_blocking(
        &gpu.device,
        &gpu.queue,
        &on_path(options),
        data,
        shape,
        keep,
    )
}

#[test]
fn keeping_all_is_index_order_without_a_solve() {
    let data = Noise(1).features(70, 8);
    for count in [70, 71, 100_000] {
        let found = run(&data, 8, &by_rank(Rule::Signed), Keep::Count(count));
        assert_eq!(found.kept, (0..70).collect::<Vec<u32>>());
        let mut dirty = data.clone();
        dirty[80..88].fill(f32::NAN);
        let with_dirt = run(&dirty, 8, &by_rank(Rule::Signed), Keep::Count(count));
        assert_eq!(with_dirt.kept, found.kept, "in index order, dirty or not");
        assert_eq!((found.status.steps, found.status.valid), (0, 70));
        assert!(found.status.flags().contains(Flags::KEPT_ALL));
    }
}

#[test]
fn few_valid_rows_come_in_index_order_invalid_last() {
    let mut data = Noise(2).features(10, 4);
    for row in [0, 1, 3, 4, 6, 8] {
        data[row * 4..row * 4 + 4].fill(0.0);
    }
    let found = run(&data, 4, &by_rank(Rule::Abs), Keep::Count(6));
    assert_eq!(found.kept, [2, 5, 7, 9, 0, 1]);
    assert_eq!(found.status.valid, 4);
    assert!(
        found
            .status
            .flags()
            .contains(Flags::FEW_VALID | Flags::INVALID_ROWS)
    );
    let two = run(&data[..8], 4, &Options::default(), Keep::Count(1));
    assert_eq!(two.kept, [0]);
}

#[test]
fn dirty_rows_are_left_out_and_ranked_last() {
    let clean = Noise(3).features(100, 12);
    let mut data = clean.clone();
    let dirty = [
        (4, f32::NAN),
        (50, f32::INFINITY),
        (51, f32::NEG_INFINITY),
        (99, 0.0),
    ];
    for (row, value) in dirty {
        if value == 0.0 {
            data[row * 12..row * 12 + 12].fill(0.0);
        } else {
            data[row * 12 + row % 12] = value;
        }
    }
    for laplacian in Laplacian::ALL {
        let options = by_rank(Rule::Signed).laplacian(*laplacian);
        let found = run(&data, 12, &options, Keep::Count(30));
        assert_eq!(found.status.valid, 96);
        assert_eq!(found.order()[96..], [4, 50, 51, 99]);
        let scores = found.scores();
        assert!(scores.iter().all(|x| x.is_finite()));
        assert!(dirty.iter().all(|(row, _)| scores[*row] == 0.0));
        let without: Vec<f32> = (0..100)
            .filter(|i| dirty.iter().all(|(row, _)| row != i))
            .flat_map(|i| clean[i * 12..i * 12 + 12].to_vec())
            .collect();
        let alone = run(&without, 12, &options, Keep::Count(30));
        let error = (found.status.lambda2 - alone.status.lambda2).abs();
        assert!(
            error <= 1e-5 * alone.status.lambda2,
            "as if the rows were not there"
        );
    }
}

#[test]
fn strict_mode_refuses_dirty_rows() {
    let mut data = Noise(4).features(40, 4);
    data[12] = f32::NAN;
    let strict = Options::default().strict(true);
    let refused = select(&data, 4, &strict, Keep::Count(10)).unwrap_err();
    assert!(
        matches!(refused, Error::InvalidRows { count: 1, rows: 40 }),
        "{refused}"
    );
    assert!(select(&data, 4, &Options::default(), Keep::Count(10)).is_ok());
}

#[test]
fn rows_of_any_magnitude_are_exact() {
    let data = Noise(5).features(90, 16);
    let plain = run(&data, 16, &Options::default(), Keep::Count(20));
    let scaled: Vec<f32> = (0..data.len())
        .map(|at| data[at] * [1.0, 1e30, 1e-30, 1.5e38][at / 16 % 4])
        .collect();
    let found = run(&scaled, 16, &Options::default(), Keep::Count(20));
    assert_eq!(found.status.valid, 90);
    assert!(overlap(&found.kept, &plain.kept) >= 0.95);
    assert!((found.status.lambda2 - plain.status.lambda2).abs() < 1e-6);
}

#[test]
fn rows_all_alike_are_kept_at_an_even_stride() {
    let data: Vec<f32> = (0..50)
        .flat_map(|i| [1.0, 2.0, 3.0].map(|x| x * (i + 1) as f32))
        .collect();
    for rule in [Rule::Quantile, Rule::Abs, Rule::Signed, Rule::Balanced] {
        let found = run(&data, 3, &by_rank(rule), Keep::Count(8));
        assert_eq!(found.kept, [0, 6, 12, 18, 25, 31, 37, 43], "{rule}");
        assert!(found.status.flags().contains(Flags::ALL_ALIKE));
    }
}

/// Summing many equal terms rounds the same way each time: S comes out near 1 − 1e-5.
#[test]
fn identical_rows_are_alike_at_any_width() {
    for columns in [1, 63, 500, 640, 700, 768, 900, 1000, 1280, 1792] {
        for laplacian in Laplacian::ALL {
            for solver in Solver::ALL {
                let options = by_rank(Rule::Quantile)
                    .laplacian(*laplacian)
                    .solver(*solver);
                let found = run(&vec![1.0; 64 * columns], columns, &options, Keep::Count(16));
                assert!(
                    found.status.flags().contains(Flags::ALL_ALIKE),
                    "{columns} {laplacian}"
                );
                assert_eq!(found.kept, (0..16).map(|i| i * 4).collect::<Vec<u32>>());
            }
        }
    }
}

/// A hair beyond the threshold the deflated operator is all but zero, and the basis must not grow
/// out of rounding noise.
#[test]
fn nearly_identical_rows_give_finite_scores() {
    for (columns, spread) in [(16, 1e-2), (64, 1e-2), (700, 1e-2), (1280, 8e-3)] {
        let mut noise = Noise(columns as u64);
        let mut wobble = || 1.0 + spread * (noise.next() - 0.5);
        let data: Vec<f32> = (0..96 * columns).map(|_| wobble()).collect();
        for laplacian in Laplacian::ALL {
            let options = Options::default().laplacian(*laplacian);
            let found = run(&data, columns, &options, Keep::Count(24));
            let status = found.status;
            let degree = if *laplacian == Laplacian::Sym {
                1.0
            } else {
                96.0
            };
            assert!(
                (status.lambda2 / degree - 1.0).abs() < 1e-3,
                "{laplacian}: {status:?}"
            );
            assert!(
                !status.flags().contains(Flags::ALL_ALIKE),
                "{laplacian}: {status:?}"
            );
            assert!(status.residual < 1e-6, "{laplacian}: {status:?}");
            assert_eq!(found.kept.len(), 24);
            assert!(found.kept.windows(2).all(|p| p[0] < p[1]));
        }
    }
}

/// Exact zeros of similarity come out as about −1e-8 after a rotation; that is no reason to shift.
#[test]
fn rounding_does_not_flip_the_automatic_affinity() {
    let mut noise = Noise(9);
    let data: Vec<f32> = (0..60)
        .flat_map(|i| {
            let size = 0.5 + noise.next();
            let other = 0.2 * noise.next();
            let (x, y) = (0.6 * size, 0.8 * size);
            // Two planes, each rotated by the same angle: (1,0,a,0) and (0,1,0,a) before.
            if i % 2 == 0 {
                [x, y, 0.6 * other, 0.8 * other]
            } else {
                [-y, x, -0.8 * other, 0.6 * other]
            }
        })
        .collect();
    let found = run(&data, 4, &Options::default(), Keep::Count(15));
    assert!(
        !found.status.flags().contains(Flags::SHIFTED),
        "{:?}",
        found.status
    );
    assert!(
        found.status.flags().contains(Flags::DISCONNECTED),
        "{:?}",
        found.status
    );
}

#[test]
fn a_graph_without_edges_is_kept_at_an_even_stride() {
    let rows = 48;
    let mut data = vec![0.0; rows * rows];
    (0..rows).for_each(|i| data[i * rows + i] = 1.0);
    let found = run(&data, rows, &by_rank(Rule::Signed), Keep::Count(12));
    assert_eq!(found.kept, (0..12).map(|i| i * 4).collect::<Vec<u32>>());
    assert!(found.status.flags().contains(Flags::NO_EDGES));
}

#[test]
fn duplicate_groups_tie_by_index() {
    let base = Noise(6).features(12, 20);
    let data: Vec<f32> = (0..96)
        .flat_map(|i| base[i % 12 * 20..i % 12 * 20 + 20].to_vec())
        .collect();
    for laplacian in Laplacian::ALL {
        let options = by_rank(Rule::Signed).laplacian(*laplacian);
        let found = run(&data, 20, &options, Keep::Count(24));
        let scores = found.scores();
        for i in 12..96 {
            assert_eq!(
                scores[i].to_bits(),
                scores[i % 12].to_bits(),
                "{laplacian}: row {i}"
            );
        }
        let order = found.order();
        let tied = |a: u32, b: u32| scores[a as usize] == scores[b as usize];
        assert!(order.windows(2).all(|p| !tied(p[0], p[1]) || p[0] < p[1]));
    }
}

#[test]
fn two_components_have_zero_connectivity_and_a_constant_vector_on_each() {
    let mut noise = Noise(7);
    let data: Vec<f32> = (0..80)
        .flat_map(|i| {
            let mut row = [0.0f32; 12];
            let half = if i % 3 == 0 {
                &mut row[..6]
            } else {
                &mut row[6..]
            };
            half.iter_mut().for_each(|x| *x = 0.2 + noise.next());
            row
        })
        .collect();
    for laplacian in Laplacian::ALL {
        let options = Options::default().laplacian(*laplacian);
        let found = run(&data, 12, &options, Keep::Count(20));
        assert!(
            found.status.flags().contains(Flags::DISCONNECTED),
            "{laplacian}"
        );
        let scale = if *laplacian == Laplacian::Sym {
            1.0
        } else {
            found.status.degree_max
        };
        assert!(found.status.lambda2.abs() <= 1e-5 * scale);
        let scores = found.scores();
        for i in 0..80 {
            let same = if i % 3 == 0 { 0 } else { 1 };
            let spread = (scores[i] - scores[same]).abs();
            assert!(spread < 2e-3 * scores[same].abs(), "{laplacian}: row {i}");
        }
        assert!(scores[0] * scores[1] < 0.0, "{laplacian}: opposite signs");
    }
}

#[test]
fn raw_affinity_with_a_negative_degree_is_an_error_under_sym_alone() {
    let data = [
        [1.0f32, 0.0],
        [-1.0, 0.1],
        [-1.0, -0.1],
        [-1.0, 0.05],
        [-0.9, 0.2],
        [-0.8, 0.0],
    ]
    .concat();
    let raw = Options::default().affinity(Affinity::Raw);
    let refused = select(&data, 2, &raw, Keep::Count(2)).unwrap_err();
    assert!(
        matches!(refused, Error::NonPositiveDegree { .. }),
        "{refused}"
    );
    let un = raw.laplacian(Laplacian::Un);
    assert!(select(&data, 2, &un, Keep::Count(2)).is_ok());
    for affinity in [Affinity::Auto, Affinity::Shift, Affinity::Clamp] {
        let cured = Options::default().affinity(affinity);
        assert_eq!(
            select(&data, 2, &cured, Keep::Count(2)).unwrap().kept.len(),
            2
        );
    }
}

/// Negative similarities make D − S indefinite; its graph is one component all the same.
#[test]
fn a_clearly_negative_lambda2_is_not_disconnected() {
    let data: Vec<f32> = (0..40)
        .flat_map(|i| {
            let side = if i % 4 == 0 { -1.0 } else { 1.0 };
            let angle = 0.01 * i as f32;
            [side * angle.cos(), side * angle.sin()]
        })
        .collect();
    for path in [Path::Fused, Path::Dense, Path::LowRank] {
        let raw = Options::saln().affinity(Affinity::Raw).path(path);
        let status = run(&data, 2, &raw, Keep::Count(10)).status;
        assert!(status.lambda2 < -1.0, "{path}: {status:?}");
        let flags = status.flags();
        assert!(!flags.contains(Flags::DISCONNECTED), "{path}: {flags}");
    }
}

/// Adding a constant to S leaves the eigenvectors of `un` as they are.
#[test]
fn shifting_does_not_change_un() {
    let data = Noise(8).features(120, 24);
    let with = |affinity| {
        by_rank(Rule::Signed)
            .affinity(affinity)
            .laplacian(Laplacian::Un)
    };
    let raw = run(&data, 24, &with(Affinity::Raw), Keep::Count(30));
    let shifted = run(&data, 24, &with(Affinity::Shift), Keep::Count(30));
    assert!(overlap(&raw.kept, &shifted.kept) >= 29.0 / 30.0);
}
