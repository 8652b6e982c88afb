//! Rows and graphs out of the ordinary.

use super::*;

#[test]
fn dirty_rows_and_rows_of_any_magnitude() {
    let (rows, columns) = (200, 16);
    let mut data = Noise(3).features(rows, columns);
    for laplacian in Laplacian::ALL {
        let plain = run(&data, columns, &low_rank(*laplacian), Keep::Count(50));
        let scaled: Vec<f32> = (0..data.len())
            .map(|at| data[at] * [1.0, 1e30, 1e-30, 1.5e38][at / columns % 4])
            .collect();
        let found = run(&scaled, columns, &low_rank(*laplacian), Keep::Count(50));
        assert_eq!(found.status.valid, 200);
        assert!(overlap(&found.kept, &plain.kept) >= 0.95);
    }
    for (row, value) in [(4, f32::NAN), (50, f32::INFINITY), (199, f32::NEG_INFINITY)] {
        data[row * columns + row % columns] = value;
    }
    data[7 * columns..8 * columns].fill(0.0);
    for laplacian in Laplacian::ALL {
        let by = options(*laplacian, Affinity::Auto, Path::Auto);
        let found = compare("dirty", &data, columns, &by);
        assert_eq!(found.status.valid, 196);
        assert_eq!(found.order()[196..], [4, 7, 50, 199]);
        assert!(found.scores().iter().all(|x| x.is_finite()));
    }
}

#[test]
fn degenerate_graphs_behave_as_the_dense_path_does() {
    for columns in [1, 63, 500, 640, 700, 1280, 1792] {
        for laplacian in Laplacian::ALL {
            let alike = vec![1.0; 64 * columns];
            let found = run(&alike, columns, &low_rank(*laplacian), Keep::Count(16));
            let flags = found.status.flags();
            assert!(
                flags.contains(Flags::ALL_ALIKE),
                "{columns} {laplacian} {flags}"
            );
            assert_eq!(found.kept, (0..16).map(|i| i * 4).collect::<Vec<u32>>());
        }
    }
    let mut apart = vec![0.0; 48 * 48];
    (0..48).for_each(|i| apart[i * 48 + i] = 1.0);
    let found = run(&apart, 48, &low_rank(Laplacian::Sym), Keep::Count(12));
    assert!(found.status.flags().contains(Flags::NO_EDGES));
    let all = run(&apart, 48, &low_rank(Laplacian::Sym), Keep::Count(48));
    assert_eq!(all.kept, (0..48).collect::<Vec<u32>>());
    let few = run(&apart[..96], 48, &low_rank(Laplacian::Sym), Keep::Count(1));
    assert_eq!(few.kept, [0]);
}

#[test]
fn nearly_identical_rows_give_finite_scores() {
    for (columns, spread) in [(16, 1e-2), (64, 1e-2), (700, 1e-2), (1280, 8e-3)] {
        let mut noise = Noise(columns as u64);
        let mut wobble = || 1.0 + spread * (noise.next() - 0.5);
        let data: Vec<f32> = (0..96 * columns).map(|_| wobble()).collect();
        for laplacian in Laplacian::ALL {
            let status = run(&data, columns, &low_rank(*laplacian), Keep::Count(24)).status;
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
        }
    }
}

#[test]
fn duplicates_tie_to_the_bit_and_repeated_runs_are_equal() {
    let base = Noise(6).features(12, 20);
    let data: Vec<f32> = (0..96)
        .flat_map(|i| base[i % 12 * 20..i % 12 * 20 + 20].to_vec())
        .collect();
    for laplacian in Laplacian::ALL {
        let by = low_rank(*laplacian);
        let found = run(&data, 20, &by, Keep::Count(24));
        let scores = found.scores();
        for i in 12..96 {
            assert_eq!(
                scores[i].to_bits(),
                scores[i % 12].to_bits(),
                "{laplacian}: row {i}"
            );
        }
        let again = run(&data, 20, &by, Keep::Count(24));
        assert_eq!((again.scores(), again.kept), (scores, found.kept));
    }
}

#[test]
fn two_components_are_told_apart() {
    let mut noise = Noise(7);
    let data: Vec<f32> = (0..80)
        .flat_map(|i| {
            let mut row = [0.0f32; 12];
            let half = if i % 3 == 0 { 0..6 } else { 6..12 };
            row[half].iter_mut().for_each(|x| *x = 0.2 + noise.next());
            row
        })
        .collect();
    for laplacian in Laplacian::ALL {
        let found = run(&data, 12, &low_rank(*laplacian), Keep::Count(20));
        let flags = found.status.flags();
        assert!(flags.contains(Flags::DISCONNECTED), "{laplacian} {flags}");
        let scores = found.scores();
        for i in 0..80 {
            let same = usize::from(i % 3 != 0);
            let spread = (scores[i] - scores[same]).abs();
            assert!(spread < 2e-3 * scores[same].abs(), "{laplacian}: row {i}");
        }
        assert!(scores[0] * scores[1] < 0.0, "{laplacian}: opposite signs");
    }
}
