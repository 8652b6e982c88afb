//! The graph of a batch: row sums by tiles, and what holds for every affinity and storage.

mod support;

use gstds::{
    Affinity, Error, Features, Flags, Keep, Laplacian, MAX_NEIGHBOURS, Options, Order, Path, Rule,
    Selector, Shape, Storage, twin,
};
use support::{Noise, Run, gpu, overlap, run, run_on, upload};

/// Rows that repeat after `period`, so that copies lie in different tiles.
fn repeated(rows: usize, columns: usize, period: usize) -> Vec<f32> {
    let base = Noise(31).signed(period, columns);
    (0..rows)
        .flat_map(|i| base[i % period * columns..][..columns].to_vec())
        .collect()
}

/// Sums of a row come from the tiles it was computed in and from mirrored ones.
#[test]
fn identical_rows_have_identical_sums_in_every_tile() {
    for affinity in [Affinity::Raw, Affinity::Clamp, Affinity::Exp] {
        let options = Options::default()
            .affinity(affinity)
            .laplacian(Laplacian::Un);
        let mut data = repeated(300, 33, 37);
        data[2 * 33..3 * 33].fill(0.0);
        let found = run(&data, 33, &options, Keep::Count(75));
        for name in ["row_sum", "row_minimum"] {
            let values: Vec<f32> = found.buffer(name, 300);
            for i in (37..300).filter(|i| i % 37 != 2) {
                let (a, b) = (values[i], values[i % 37]);
                assert_eq!(a.to_bits(), b.to_bits(), "{affinity} {name} {i}: {a} {b}");
            }
        }
    }
}

#[test]
fn tiles_leave_the_sums_and_minima_of_their_rows() {
    for rows in [3, 64, 65, 200] {
        let columns = 17;
        let mut data = Noise(rows as u64).signed(rows, columns);
        data[columns..2 * columns].fill(0.0);
        let found = run(&data, columns, &Options::default(), Keep::Count(1));
        let (unit, valid) = twin::normalize(&data, columns);
        let similarity = twin::similarity(&unit, columns);
        let leading = rows.next_multiple_of(64);
        let tiles = leading / 64;
        let parts: Vec<[f32; 2]> = found.buffer("partials", tiles * leading);
        let diagonal: Vec<f32> = found.buffer("diagonal", leading);
        for (at, [sum, smallest]) in parts.into_iter().enumerate() {
            let (tile, row) = (at / leading, at % leading);
            let entries: Vec<f64> = (tile * 64..(tile * 64 + 64).min(rows))
                .filter(|j| valid[*j])
                .map(|j| {
                    if row < rows {
                        similarity[row * rows + j]
                    } else {
                        0.0
                    }
                })
                .collect();
            let expected: f64 = entries.iter().sum();
            let label = format!("{rows} rows: row {row}, tile {tile}");
            assert!((f64::from(sum) - expected).abs() < 2e-5, "{label}: {sum}");
            let least = entries.iter().fold(4.0f64, |m, x| m.min(*x));
            assert!(
                (f64::from(smallest) - least).abs() < 2e-6,
                "{label}: {smallest}"
            );
        }
        for (row, own) in diagonal.into_iter().enumerate() {
            let present = row < rows && valid[row];
            assert!(
                (own - f32::from(u8::from(present))).abs() < 2e-6,
                "{row}: {own}"
            );
        }
    }
}

/// Selects on poisoned buffers with pipelines that are there already.
fn select(selector: &Selector, data: &[f32], columns: usize, keep: usize) -> Run {
    let shape = Shape {
        rows: data.len() / columns,
        features: columns,
    };
    let features = upload(bytemuck::cast_slice(data));
    let batch = selector.prepare(shape).unwrap();
    run_on(
        batch,
        Features::new(&features),
        shape.rows,
        Keep::Count(keep),
    )
}

/// Options other than the plain ones, each under both Laplacians.
fn variations() -> Vec<Options> {
    let plain = || Options::default().rule(Rule::Signed).order(Order::Rank);
    let with = |change: fn(&mut Options)| {
        let mut options = plain();
        change(&mut options);
        options
    };
    let changes: [fn(&mut Options); 5] = [
        |o| o.affinity = Affinity::Exp,
        |o| (o.affinity, o.tau) = (Affinity::Exp, 0.5),
        |o| o.affinity = Affinity::Knn,
        |o| o.storage = Storage::Half,
        |o| (o.affinity, o.storage) = (Affinity::Exp, Storage::Half),
    ];
    let both = changes.into_iter().flat_map(|change| {
        Laplacian::ALL
            .iter()
            .map(move |laplacian| with(change).laplacian(*laplacian))
    });
    both.collect()
}

#[test]
fn duplicates_tie_by_row_number() {
    let data = repeated(200, 20, 12);
    for options in variations() {
        // Copies have other neighbours than one another.
        if options.affinity == Affinity::Knn {
            continue;
        }
        let found = run(&data, 20, &options, Keep::Count(50));
        let scores = found.scores();
        for i in 12..200 {
            let (a, b) = (scores[i], scores[i % 12]);
            assert_eq!(a.to_bits(), b.to_bits(), "{options:?}: row {i}");
        }
        assert!(scores.iter().any(|x| *x != scores[0]), "{options:?}");
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let mut data = Noise(61).signed(257, 24);
    data[100 * 24..101 * 24].fill(0.0);
    for options in variations() {
        let selector = Selector::new(&gpu().device, &options).unwrap();
        let bytes = || {
            let found = select(&selector, &data, 24, 64);
            let scores = found.scores();
            let status = bytemuck::bytes_of(&found.status).to_vec();
            (
                bytemuck::cast_slice::<f32, u8>(&scores).to_vec(),
                found.order(),
                found.kept,
                status,
            )
        };
        assert_eq!(bytes(), bytes(), "{options:?}");
    }
}

/// The table of defined behaviour, for each of the options.
#[test]
fn degenerate_batches_are_as_defined() {
    let eye: Vec<f32> = (0..48 * 48)
        .map(|at| f32::from(u8::from(at / 48 == at % 48)))
        .collect();
    let even: Vec<u32> = (0..12).map(|i| i * 4).collect();
    let mut few = vec![0.0; 10 * 4];
    few[5 * 4] = 1.0;
    few[7 * 4 + 1] = 1.0;
    for options in variations() {
        let selector = Selector::new(&gpu().device, &options).unwrap();
        let alike = select(&selector, &vec![1.0; 48 * 700], 700, 12);
        assert_eq!(alike.kept, even, "{options:?}");
        assert!(
            alike.status.flags().contains(Flags::ALL_ALIKE),
            "{options:?}"
        );

        // Under exp orthogonal rows share a small weight until tau makes it vanish.
        let sharp = options.clone().tau(0.01);
        let apart = run(&eye, 48, &sharp, Keep::Count(12));
        assert_eq!(apart.kept, even, "{options:?}");
        assert!(
            apart.status.flags().contains(Flags::NO_EDGES),
            "{options:?}"
        );

        let all = select(&selector, &eye, 48, 48);
        assert_eq!(all.kept, (0..48).collect::<Vec<u32>>(), "{options:?}");
        let short = select(&selector, &few, 4, 3);
        assert_eq!(short.kept, [5, 7, 0], "{options:?}");
        let mut dirty = Noise(67).features(90, 16);
        dirty[16 * 31] = f32::NAN;
        dirty[16 * 64..16 * 65].fill(0.0);
        let found = select(&selector, &dirty, 16, 20);
        assert_eq!(found.order()[88..], [31, 64], "{options:?}");
        assert!(found.scores().iter().all(|x| x.is_finite()), "{options:?}");
    }
}

#[test]
fn exp_selects_as_float64_does_and_reports_similarities() {
    for tau in [0.1, 0.3, 2.0] {
        for laplacian in Laplacian::ALL {
            let options = Options::default()
                .affinity(Affinity::Exp)
                .tau(tau)
                .laplacian(*laplacian)
                .rule(Rule::Signed);
            let (data, keep) = (Noise(71).features(500, 64), Keep::Count(125));
            let found = run(&data, 64, &options, keep);
            let expected = twin::select(&data, 64, &options, keep).unwrap();
            let label = format!("tau {tau} {laplacian}: {:?}", found.status);
            let lambda2 = f64::from(found.status.lambda2);
            assert!(
                (lambda2 / expected.lambda2 - 1.0).abs() < 1e-5,
                "{label} {}",
                expected.lambda2
            );
            assert!(overlap(&found.kept, &expected.kept) >= 0.99, "{label}");
            let (unit, _) = twin::normalize(&data, 64);
            let least = twin::similarity(&unit, 64).into_iter().fold(2.0, f64::min);
            assert!(
                (f64::from(found.status.min_similarity) - least).abs() < 2e-6,
                "{label}"
            );
            assert!(
                !found.status.flags().contains(Flags::UNCONVERGED),
                "{label}"
            );
        }
    }
}

#[test]
fn extremes_of_tau_stay_finite() {
    let data = Noise(73).signed(100, 16);
    for tau in [f64::MIN_POSITIVE, 1e-40, 1e-6, 1e6, f64::MAX] {
        let options = Options::default().affinity(Affinity::Exp).tau(tau);
        let found = run(&data, 16, &options, Keep::Count(25));
        assert_eq!(found.kept.len(), 25, "{tau}");
        assert!(found.status.degree_min.is_finite() && found.status.lambda2.is_finite());
    }
}

/// A workspace for more rows than a call has leaves the rows beyond alone.
#[test]
fn fewer_rows_than_prepared_select_as_alone() {
    let data = Noise(97).features(300, 24);
    let buffer = upload(bytemuck::cast_slice(&data));
    for options in variations() {
        let selector = Selector::new(&gpu().device, &options).unwrap();
        for rows in [65, 3, 130] {
            let shape = Shape {
                rows: 300,
                features: 24,
            };
            let batch = selector.prepare(shape).unwrap();
            let view = Features::new(&buffer).rows(rows);
            let found = run_on(batch, view, rows, Keep::Count(rows / 3));
            let alone = select(&selector, &data[..rows * 24], 24, rows / 3);
            assert_eq!(found.kept, alone.kept, "{options:?}: {rows} rows");
        }
    }
}

/// WebGPU's default limits, under which 4096 rows of 2048 features are to fit.
#[test]
fn default_limits_suffice_for_every_variation() {
    let descriptor = wgpu::DeviceDescriptor::default();
    let request = gpu().adapter.request_device(&descriptor);
    let (device, queue) = pollster::block_on(request).unwrap();
    let data = Noise(107).features(70, 24);
    let shape = |rows, features| Shape { rows, features };
    for options in variations() {
        let selector = Selector::new(&device, &options).unwrap();
        selector.prepare(shape(4096, 2048)).unwrap();
        let keep = Keep::Count(20);
        let there = gstds::select_blocking(&device, &queue, &options, &data, shape(70, 24), keep);
        assert_eq!(
            there.unwrap().kept,
            run(&data, 24, &options, keep).kept,
            "{options:?}"
        );
    }
}

#[test]
fn graphs_that_cannot_be_made_are_refused() {
    let refused = |options: Options| Selector::new(&gpu().device, &options).unwrap_err();
    let plain = Options::default;
    for tau in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = refused(plain().tau(tau));
        assert!(matches!(error, Error::Tau { .. }), "{error}");
    }
    for neighbours in [0, MAX_NEIGHBOURS + 1] {
        let error = refused(plain().neighbours(neighbours));
        assert!(
            matches!(error, Error::Neighbours { limit: 64, .. }),
            "{error}"
        );
    }
    let error = refused(plain().affinity(Affinity::Knn).storage(Storage::Half));
    assert!(matches!(error, Error::HalfNeighbours), "{error}");
}

/// Kernels index words with 32 bits.
#[test]
fn every_word_of_a_matrix_has_an_index() {
    for options in variations() {
        let options = options.path(Path::Dense);
        let selector = Selector::new(&gpu().device, &options).unwrap();
        let shape = Shape {
            rows: gstds::MAX_ROWS,
            features: 2048,
        };
        let refused = selector.prepare(shape).map(drop).unwrap_err();
        let Error::DeviceLimit { allowed, .. } = refused else {
            panic!("{refused}");
        };
        assert!(
            allowed <= u64::from(u32::MAX),
            "{options:?}: {allowed} bytes"
        );
    }
}
