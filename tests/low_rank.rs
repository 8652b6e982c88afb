//! The low-rank path: its answers against the dense path's, and how it reads features.

#[path = "low_rank/degenerate.rs"]
mod degenerate;
#[path = "low_rank/spread.rs"]
mod spread;
mod support;

use gstds::{
    Affinity, Dtype, Error, Features, Flags, Keep, Laplacian, Options, Order, Path, Rule, Selector,
    Shape, Solver,
};
use support::{Noise, Run, fixture_a, gpu, overlap, run, run_on, upload};

fn options(laplacian: Laplacian, affinity: Affinity, path: Path) -> Options {
    Options::default()
        .laplacian(laplacian)
        .affinity(affinity)
        .path(path)
        .rule(Rule::Signed)
}

fn low_rank(laplacian: Laplacian) -> Options {
    options(laplacian, Affinity::Auto, Path::LowRank).order(Order::Rank)
}

/// Signed picks of both paths, λ2 and flags, within the numerics page's tolerances.
fn compare(name: &str, data: &[f32], columns: usize, by: &Options) -> Run {
    let rows = data.len() / columns;
    let keep = Keep::Count((rows / 4).max(1));
    let with = |path| {
        let options = by.clone().path(path);
        run(data, columns, &options, keep)
    };
    let (found, dense) = (with(Path::LowRank), with(Path::Dense));
    let (laplacian, affinity) = (by.laplacian, by.affinity);
    let label = format!("{name} {rows} x {columns} {laplacian} {affinity}");
    let (a, b) = (found.status, dense.status);
    let judged = Flags::ALL_ALIKE | Flags::SHIFTED | Flags::FEW_VALID | Flags::INVALID_ROWS;
    let bits = |status: &gstds::Status| status.flags().intersection(judged);
    assert_eq!(bits(&a), bits(&b), "{label}: {} {}", a.flags(), b.flags());
    assert_eq!((a.valid, a.kept), (b.valid, b.kept), "{label}");
    let error = (a.lambda2 - b.lambda2).abs();
    let scale = if laplacian == Laplacian::Sym {
        1.0
    } else {
        b.degree_max
    };
    assert!(
        error <= 1e-5 * b.lambda2.abs().max(0.1 * scale),
        "{label}: {a:?} {b:?}"
    );
    let unsure = (a.flags() | b.flags()).intersects(Flags::UNCONVERGED | Flags::DISCONNECTED);
    if !unsure && a.steps > 0 {
        let share = overlap(&found.kept, &dense.kept);
        let fraction = 1.0 / dense.kept.len() as f64;
        let least = if rows >= 256 { 0.99 } else { 1.0 - fraction };
        assert!(share >= least, "{label}: overlap {share}, {a:?}");
    }
    found
}

#[test]
fn agrees_with_the_dense_path() {
    for laplacian in Laplacian::ALL {
        for affinity in [Affinity::Auto, Affinity::Raw, Affinity::Shift] {
            let by = options(*laplacian, affinity, Path::Auto);
            for (rows, columns) in [(33, 16), (64, 32), (255, 33), (257, 64), (600, 300)] {
                compare("A", &fixture_a(rows, columns), columns, &by);
                let relu = Noise((rows + columns) as u64).features(rows, columns);
                compare("relu", &relu, columns, &by);
            }
        }
    }
}

/// Automatic affinity turns on whether a similarity is negative, which the path must find out
/// without the matrix: no negative entry, none in spite of negative entries, one pair only, many.
#[test]
fn automatic_affinity_decides_as_the_dense_path_does() {
    let (rows, columns) = (400, 24);
    let mut noise = Noise(31);
    let signed = noise.signed(rows, columns);
    // A cone around one direction: entries of both signs, all similarities positive.
    let cone: Vec<f32> = (0..rows * columns)
        .map(|at| if at % columns == 0 { 4.0 } else { 0.0 } + noise.next() - 0.5)
        .collect();
    let mut one_pair = cone.clone();
    for (row, sign) in [(37, 1.0), (390, -1.0)] {
        let to = &mut one_pair[row * columns..(row + 1) * columns];
        to.fill(0.0);
        (to[0], to[1]) = (1.0, 1.2 * sign);
    }
    for laplacian in Laplacian::ALL {
        let by = options(*laplacian, Affinity::Auto, Path::Auto);
        for (name, data, shifted) in [
            ("signed", &signed, true),
            ("cone", &cone, false),
            ("one pair", &one_pair, true),
        ] {
            let found = compare(name, data, columns, &by);
            assert_eq!(
                found.status.flags().contains(Flags::SHIFTED),
                shifted,
                "{name}"
            );
        }
    }
}

/// Of more than 16,384 rows the question is put to an evenly spaced sample.
#[test]
fn automatic_affinity_of_a_pool_is_decided_by_a_sample() {
    let (rows, columns) = (40_000, 6);
    let mut noise = Noise(32);
    let cone: Vec<f32> = (0..rows * columns)
        .map(|at| if at % columns == 0 { 4.0 } else { 0.0 } + noise.next() - 0.5)
        .collect();
    let by = low_rank(Laplacian::Sym);
    for (data, shifted) in [(noise.signed(rows, columns), true), (cone, false)] {
        let found = run(&data, columns, &by, Keep::Count(400));
        let flags = found.status.flags();
        assert_eq!(flags.contains(Flags::SHIFTED), shifted, "{flags}");
        assert_eq!(found.kept.len(), 400);
    }
}

/// What a larger call left in the workspace is not seen by a smaller one.
#[test]
fn fewer_rows_than_prepared_select_as_alone() {
    let columns = 20;
    let data = Noise(33).signed(2000, columns);
    let features = upload(bytemuck::cast_slice(&data));
    let shape = Shape {
        rows: 2000,
        features: columns,
    };
    for laplacian in Laplacian::ALL {
        let by = low_rank(*laplacian);
        let selector = Selector::new(&gpu().device, &by).unwrap();
        let mut batch = selector.prepare(shape).unwrap();
        for rows in [2000, 700, 129, 40, 2000] {
            let alone = run(&data[..rows * columns], columns, &by, Keep::Count(30));
            let mut encoder = gpu().device.create_command_encoder(&Default::default());
            let view = Features::new(&features).rows(rows);
            let count = batch.encode(&mut encoder, view, Keep::Count(30)).unwrap();
            gpu().queue.submit([encoder.finish()]);
            let kept = batch.read_kept(&gpu().queue, count).unwrap();
            assert_eq!(kept, alone.kept, "{laplacian} {rows}");
        }
    }
}

#[test]
fn power_iteration_runs_over_rows() {
    for laplacian in Laplacian::ALL {
        let by = options(*laplacian, Affinity::Auto, Path::Auto).solver(Solver::Power);
        compare("relu", &Noise(5).features(150, 12), 12, &by);
        compare("signed", &Noise(6).signed(80, 12), 12, &by);
    }
}

#[test]
fn element_kinds_strides_offsets_and_lists_read_the_same_rows() {
    let (rows, columns) = (300, 33);
    let by = low_rank(Laplacian::Sym);
    let rounded: Vec<f32> = Noise(13)
        .features(rows, columns)
        .iter()
        .map(|x| half::f16::from_f32(*x).to_f32())
        .collect();
    let shape = Shape {
        rows,
        features: columns,
    };
    let selector = Selector::new(&gpu().device, &by).unwrap();
    let expected = run(&rounded, columns, &by, Keep::Count(70));
    let with = |view: Features<'_>| {
        let found = run_on(
            selector.prepare(shape).unwrap(),
            view,
            rows,
            Keep::Count(70),
        );
        (found.kept.clone(), found.scores())
    };
    let expected = (expected.kept.clone(), expected.scores());
    for (stride, skip) in [(columns, 0), (columns + 1, 2), (columns + 3, 129)] {
        let mut halves = vec![half::f16::NAN; skip + (rows + 1) * stride];
        for (at, value) in rounded.iter().enumerate() {
            let place = skip + at / columns * stride + at % columns;
            halves[place] = half::f16::from_f32(*value);
        }
        halves.resize(halves.len().next_multiple_of(2), half::f16::NAN);
        let buffer = upload(bytemuck::cast_slice(&halves));
        let view = Features::new(&buffer).dtype(Dtype::F16).stride(stride);
        assert_eq!(with(view.offset(2 * skip as u64)), expected, "f16 {stride}");
        let floats: Vec<f32> = halves.iter().map(|x| x.to_f32()).collect();
        let buffer = upload(bytemuck::cast_slice(&floats));
        let view = Features::new(&buffer).stride(stride);
        assert_eq!(with(view.offset(4 * skip as u64)), expected, "f32 {stride}");
    }
    let order: Vec<u32> = (0..rows as u32)
        .map(|i| (i * 7 + 3) % rows as u32)
        .collect();
    let mut bank = vec![0.0f32; rows * columns];
    for (i, row) in order.iter().enumerate() {
        let to = *row as usize * columns;
        bank[to..to + columns].copy_from_slice(&rounded[i * columns..(i + 1) * columns]);
    }
    let (bank, list) = (
        upload(bytemuck::cast_slice(&bank)),
        upload(bytemuck::cast_slice(&order)),
    );
    let view = Features::new(&bank).picked_by(&list, 0, rows);
    assert_eq!(with(view), expected, "listed");
}

/// Features larger than a binding are read in chunks, and the answer is the same to the bit.
#[test]
fn features_beyond_one_binding_are_read_in_chunks() {
    let gpu = gpu();
    let limits = wgpu::Limits {
        max_storage_buffer_binding_size: 1 << 20,
        ..wgpu::Limits::default()
    };
    // As the other device has, for sums to be added up in the same order.
    let subgroups = gpu.device.features() & wgpu::Features::SUBGROUP;
    let request = gpu.adapter.request_device(&wgpu::DeviceDescriptor {
        required_features: subgroups,
        required_limits: limits,
        ..Default::default()
    });
    let (device, queue) = pollster::block_on(request).unwrap();
    let (rows, columns) = (3001, 128);
    let data = Noise(77).signed(rows, columns);
    let shape = Shape {
        rows,
        features: columns,
    };
    for laplacian in Laplacian::ALL {
        let by = low_rank(*laplacian).steps(24).affinity(Affinity::Shift);
        let whole = run(&data, columns, &by, Keep::Count(300));
        let keep = Keep::Count(300);
        let chunked = gstds::select_blocking(&device, &queue, &by, &data, shape, keep).unwrap();
        assert_eq!(chunked.kept, whole.kept, "{laplacian}");
        assert_eq!(chunked.scores, whole.scores(), "{laplacian}");
    }
    let dense = options(Laplacian::Sym, Affinity::Raw, Path::Dense);
    let refused = gstds::select_blocking(&device, &queue, &dense, &data, shape, Keep::Count(300))
        .unwrap_err();
    assert!(matches!(refused, Error::DeviceLimit { .. }), "{refused}");
}

#[test]
fn affinities_that_are_no_products_are_refused() {
    let by = options(Laplacian::Sym, Affinity::Clamp, Path::LowRank);
    let shape = Shape {
        rows: 10,
        features: 4,
    };
    let selector = Selector::new(&gpu().device, &by).unwrap();
    let error = selector.prepare(shape).unwrap_err();
    assert!(matches!(error, Error::PathTakes { .. }), "{error}");
}

/// Memory is linear in the rows: a million of 512 features need 80 MB beside the features, and as
/// much again for the sample in which automatic affinity looks for a negative similarity.
#[test]
fn a_million_rows_need_little_beside_their_features() {
    let bytes = |affinity| {
        let by = options(Laplacian::Sym, affinity, Path::Auto);
        let selector = Selector::new(&gpu().device, &by).unwrap();
        let shape = Shape {
            rows: 1_000_000,
            features: 512,
        };
        selector.workspace_bytes(shape).unwrap()
    };
    assert!(
        bytes(Affinity::Raw) < 90_000_000,
        "{}",
        bytes(Affinity::Raw)
    );
    assert!(
        bytes(Affinity::Auto) < 125_000_000,
        "{}",
        bytes(Affinity::Auto)
    );
}
