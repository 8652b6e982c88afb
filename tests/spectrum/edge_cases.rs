//! What is defined where a graph has too few vectors, and what is refused.

use super::*;

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
    assert!(listed.values[2..].iter().all(|value| *value == 0.0));
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
    let shift = options(Laplacian::Un, Path::Dense, 2).affinity(Affinity::Shift);
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
        let too_many = Options::default().vectors(count);
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
            error.to_string().contains("takes 1 vector, not 3"),
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
        let by = |steps| options(Laplacian::Sym, path, 4).steps(steps);
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
        let with = |vectors, steps| options(Laplacian::Sym, path, vectors).steps(steps);
        let (one, three) = (selector(&with(1, 20)), selector(&with(3, 20)));
        let bytes = |s: &Selector| s.workspace_bytes(shape).unwrap();
        assert_eq!(
            bytes(&three) - bytes(&one),
            3 * 128 * 4 + 272 + 32_900 - 3 * 16
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
    let steps = |vectors| options(Laplacian::Sym, Path::Dense, vectors).solver_steps();
    assert_eq!([8, 9, 16, MAX_VECTORS].map(steps), [64, 128, 128, 192]);
}
