//! The same selection from f16 matrices, and on devices without subgroups.

mod support;

use gstds::{
    Affinity, Flags, Keep, Laplacian, Options, Path, Rule, Selector, Shape, Storage, twin,
};
use support::{Noise, gpu, overlap, run};

#[test]
fn half_storage_holds_half_the_bytes_and_nearly_the_same_values() {
    let (rows, columns) = (130, 33);
    let data = Noise(79).signed(rows, columns);
    let options = |storage| Options::default().storage(storage).path(Path::Dense);
    let found = run(&data, columns, &options(Storage::Half), Keep::Count(30));
    let (unit, _) = twin::normalize(&data, columns);
    let similarity = twin::similarity(&unit, columns);
    let check = |name, high: usize, wide: usize, expected: &[f64], columns: usize, off: f64| {
        let halves: Vec<half::f16> = found.buffer(name, high * wide);
        for (at, value) in halves.into_iter().enumerate() {
            let (i, j) = (at / wide, at % wide);
            let inside = i < rows && j < columns;
            let wanted = if inside {
                expected[i * columns + j]
            } else {
                0.0
            };
            assert!(
                (value.to_f64() - wanted).abs() < off,
                "{name} {i} {j}: {value}"
            );
        }
    };
    check("unit", 192, 48, &unit, columns, 3e-4);
    check("similarity", 192, 192, &similarity, rows, 1e-3);
    let bytes = |storage| {
        let selector = Selector::new(&gpu().device, &options(storage)).unwrap();
        let shape = Shape {
            rows: 2048,
            features: 512,
        };
        selector.workspace_bytes(shape).unwrap()
    };
    let saved = bytes(Storage::Full) - bytes(Storage::Half);
    assert_eq!(saved, 2 * (2048 * 2048 + 2048 * 512));
}

/// Degrees and the last product, recomputed from the f16 that the GPU stored.
#[test]
fn half_storage_sums_what_it_stored() {
    for (rows, columns) in [(5, 3), (63, 17), (64, 16), (130, 33)] {
        for affinity in [Affinity::Shift, Affinity::Clamp, Affinity::Exp] {
            let options = Options::default().affinity(affinity).storage(Storage::Half);
            let data = Noise(103).signed(rows, columns);
            let found = run(&data, columns, &options, Keep::Count(1));
            let leading = rows.next_multiple_of(64);
            let stored: Vec<half::f16> = found.buffer("similarity", leading * leading);
            let weight = |i: usize, j: usize| {
                let entry = stored[i * leading + j].to_f64();
                match affinity {
                    Affinity::Shift => 0.5 + 0.5 * entry,
                    _ => entry.max(0.0),
                }
            };
            let [root, fiedler, degrees, products] =
                ["root", "fiedler", "degree", "product"].map(|name| -> Vec<f64> {
                    let values: Vec<f32> = found.buffer(name, rows);
                    values.into_iter().map(f64::from).collect()
                });
            for i in 0..rows {
                let degree: f64 = (0..rows).map(|j| weight(i, j)).sum();
                let product: f64 = (0..rows).map(|j| weight(i, j) * root[j] * fiedler[j]).sum();
                let label = format!("{affinity} {rows} rows: row {i}");
                assert!(
                    (degree - degrees[i]).abs() < 1e-6 * rows as f64,
                    "{label} degree"
                );
                assert!(
                    (product - products[i]).abs() < 1e-6 * rows as f64,
                    "{label} product"
                );
            }
        }
    }
}

#[test]
fn half_storage_selects_nearly_the_same_extremes() {
    for (rows, columns) in [(256, 64), (1000, 64), (1024, 512)] {
        for laplacian in Laplacian::ALL {
            for rule in [Rule::Signed, Rule::Abs] {
                let options = Options::default()
                    .storage(Storage::Half)
                    .laplacian(*laplacian)
                    .rule(rule);
                let (data, keep) = (Noise(83).features(rows, columns), Keep::Count(rows / 4));
                let found = run(&data, columns, &options, keep);
                let full = run(&data, columns, &options.storage(Storage::Full), keep);
                let share = overlap(&found.kept, &full.kept);
                println!("{rows}x{columns} {laplacian} {rule}: overlap {share:.4}");
                assert!(
                    share >= 0.97,
                    "{rows}x{columns} {laplacian} {rule}: {share}"
                );
                assert!(!found.status.flags().contains(Flags::UNCONVERGED));
            }
        }
    }
}

/// The kernels for devices without subgroups select the same.
#[test]
fn devices_without_subgroups_select_the_same() {
    let gpu = gpu();
    let (rows, columns) = (300, 24);
    let data = Noise(89).features(rows, columns);
    let features = wgpu::Features::SUBGROUP;
    let wanted = gpu.device.features() - features;
    let request = gpu.adapter.request_device(&wgpu::DeviceDescriptor {
        required_features: wanted,
        required_limits: gpu.adapter.limits(),
        ..Default::default()
    });
    let (device, queue) = pollster::block_on(request).unwrap();
    assert!(!device.features().contains(features));
    for storage in [Storage::Full, Storage::Half] {
        for laplacian in Laplacian::ALL {
            let options = Options::default().storage(storage).laplacian(*laplacian);
            let shape = Shape {
                rows,
                features: columns,
            };
            let keep = Keep::Count(75);
            let with = run(&data, columns, &options, keep);
            let without =
                gstds::select_blocking(&device, &queue, &options, &data, shape, keep).unwrap();
            assert_eq!(with.kept, without.kept, "{options:?}");
            let error = with.status.lambda2 / without.status.lambda2 - 1.0;
            assert!(error.abs() < 1e-5, "{options:?}: {error}");
        }
    }
}

/// What half storage is for: S of as many rows in f32 is more than llvmpipe binds. Writing every
/// row twice doubles all degrees and leaves λ2 of sym as it is.
#[test]
fn half_storage_takes_rows_that_full_storage_cannot_bind() {
    let (rows, columns) = (4096, 8);
    let data = Noise(101).features(rows, columns);
    let twice = [data.as_slice(), data.as_slice()].concat();
    let options = Options::default().storage(Storage::Half).steps(16);
    let one = run(&data, columns, &options, Keep::Count(rows / 4));
    let both = run(&twice, columns, &options, Keep::Count(rows / 2));
    let error = both.status.lambda2 / one.status.lambda2 - 1.0;
    assert!(error.abs() < 1e-4, "{:?} {:?}", one.status, both.status);
    let scores = both.scores();
    assert!((0..rows).all(|i| scores[i].to_bits() == scores[i + rows].to_bits()));
}
