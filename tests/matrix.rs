//! Selection on a similarity or affinity matrix of the caller's: kernels against their twins on
//! shapes around every tile edge, whole selections against the twin and against features, bad
//! matrices. Buffers are poisoned first.

mod support;

use gstds::{
    Affinity, Error, Flags, Keep, Laplacian, Matrix, MatrixBatch, MatrixKind, Options, Order, Path,
    Rule, Selector, Shape, Solver, Status, Storage, twin,
};
use support::{Noise, gpu, on_path, poison, read, run, upload};

const KINDS: [MatrixKind; 2] = [MatrixKind::Similarity, MatrixKind::Affinity];

fn prepared(kind: MatrixKind, rows: usize, options: &Options) -> MatrixBatch {
    let selector = Selector::new(&gpu().device, &on_path(options)).unwrap();
    selector.prepare_matrix(kind, rows).unwrap()
}

struct Found {
    kept: Vec<u32>,
    scores: Vec<f32>,
    status: Status,
}

fn select(graph: &mut MatrixBatch, matrix: Matrix<'_>, rows: usize, keep: Keep) -> Found {
    poison(graph.batch());
    let gpu = gpu();
    let mut encoder = gpu.device.create_command_encoder(&Default::default());
    let kept = graph.encode(&mut encoder, matrix, keep).unwrap();
    gpu.queue.submit([encoder.finish()]);
    let batch = graph.batch();
    Found {
        kept: batch.read_kept(&gpu.queue, kept).unwrap(),
        scores: read(batch.scores(), rows),
        status: read(batch.status(), 1)[0],
    }
}

fn select_matrix(kind: MatrixKind, entries: &[f32], options: &Options, keep: Keep) -> Found {
    let rows = entries.len().isqrt();
    let buffer = upload(bytemuck::cast_slice(entries));
    let mut graph = prepared(kind, rows, options);
    select(&mut graph, Matrix::new(&buffer), rows, keep)
}

fn buffer<T: bytemuck::Pod>(graph: &MatrixBatch, name: &str, count: usize) -> Vec<T> {
    let buffers = graph.batch().buffers();
    let found = buffers.iter().find(|(n, _)| *n == name);
    read(found.expect("a buffer's name").1, count)
}

/// A symmetric matrix of numbers in [low, low + 1), 1 on the diagonal.
fn symmetric(seed: u64, rows: usize, low: f32) -> Vec<f32> {
    let mut noise = Noise(seed);
    let mut entries = vec![1.0; rows * rows];
    for i in 0..rows {
        for j in 0..i {
            let entry = low + noise.next();
            entries[i * rows + j] = entry;
            entries[j * rows + i] = entry;
        }
    }
    entries
}

/// Weights of a path through all rows.
fn chain(rows: usize) -> Vec<f32> {
    let mut weights = vec![0.0; rows * rows];
    for i in 1..rows {
        weights[i * rows + i - 1] = 1.0;
        weights[(i - 1) * rows + i] = 1.0;
    }
    weights
}

#[test]
fn the_upper_half_becomes_the_similarity_matrix() {
    for rows in [3, 4, 5, 63, 64, 65, 127, 128, 129, 200] {
        let mut entries = symmetric(rows as u64, rows, -0.5);
        // What lies below the diagonal does not matter, and flaws take no other row along.
        for i in 0..rows {
            entries[i * rows..i * rows + i].fill(7.0);
        }
        if rows > 60 {
            entries[7 * rows + 7] = f32::NAN;
            entries[8 * rows + 7] = f32::NAN;
            entries[20 * rows + 41] = f32::INFINITY;
            entries[50 * rows + 50] = f32::NEG_INFINITY;
        }
        let buffer_of = upload(bytemuck::cast_slice(&entries));
        let mut graph = prepared(MatrixKind::Similarity, rows, &Options::default());
        select(&mut graph, Matrix::new(&buffer_of), rows, Keep::Count(2));

        let (mirrored, valid) = twin::matrix(&entries, rows);
        let left_out = valid.iter().filter(|v| !**v).count();
        assert_eq!(left_out, if rows > 60 { 3 } else { 0 });
        let found: Vec<u32> = buffer(&graph, "valid", rows);
        assert!(found.iter().zip(&valid).all(|(f, v)| *f == u32::from(*v)));
        let leading = rows.next_multiple_of(64);
        let similarity: Vec<f32> = buffer(&graph, "similarity", leading * leading);
        for (at, entry) in similarity.iter().enumerate() {
            let (i, j) = (at / leading, at % leading);
            let within = i < rows && j < rows;
            let expected = if within { mirrored[i * rows + j] } else { 0.0 };
            assert_eq!(f64::from(*entry), expected, "{rows} rows: ({i}, {j})");
        }
        let (sums, minima) = twin::degree(&mirrored, &valid, Affinity::Auto);
        let row_sum: Vec<f32> = buffer(&graph, "row_sum", rows);
        let row_minimum: Vec<f32> = buffer(&graph, "row_minimum", rows);
        for row in (0..rows).filter(|row| valid[*row]) {
            assert!((f64::from(row_sum[row]) - sums[row]).abs() < 1e-4);
            assert!((f64::from(row_minimum[row]) - minima[row]).abs() < 1e-6);
        }
    }
}

#[test]
fn strides_offsets_and_fewer_rows_read_the_same_matrix() {
    let rows = 70;
    let entries = symmetric(5, rows, -0.2);
    let keep = Keep::Count(20);
    let options = Options::default();
    let plain = select_matrix(MatrixKind::Similarity, &entries, &options, keep);
    let (stride, first) = (75, 13);
    let mut spread = vec![9.0; first + rows * stride];
    for (row, line) in entries.chunks(rows).enumerate() {
        let start = first + row * stride;
        spread[start..start + rows].copy_from_slice(line);
    }
    let buffer = upload(bytemuck::cast_slice(&spread));
    let view = Matrix::new(&buffer).offset(13 * 4).stride(stride);
    for larger in [rows, rows + 1, 200] {
        let mut graph = prepared(MatrixKind::Similarity, larger, &options);
        let found = select(&mut graph, view.rows(rows), rows, keep);
        assert_eq!(found.kept, plain.kept, "prepared for {larger}");
        assert_eq!(found.status.rows, 70);
    }
}

#[test]
fn similarities_select_as_the_features_that_they_are_of() {
    let (rows, columns) = (150, 24);
    let exp = Options::default().affinity(Affinity::Exp).tau(0.3);
    let knn = Options::default().affinity(Affinity::Knn).neighbours(20);
    let plain = [
        Affinity::Auto,
        Affinity::Raw,
        Affinity::Shift,
        Affinity::Clamp,
    ]
    .map(|affinity| Options::default().affinity(affinity));
    let half = Options::default().storage(Storage::Half);
    for options in plain.into_iter().chain([exp, knn, half]) {
        for laplacian in Laplacian::ALL {
            let options = options.clone().laplacian(*laplacian).path(Path::Dense);
            let data = support::fixture_a(rows, columns);
            let keep = Keep::Count(40);
            let expected = run(&data, columns, &options, keep);
            let (unit, _) = twin::normalize(&data, columns);
            let similarity: Vec<f32> = twin::similarity(&unit, columns)
                .iter()
                .map(|s| *s as f32)
                .collect();
            let found = select_matrix(MatrixKind::Similarity, &similarity, &options, keep);
            let close = if options.storage == Storage::Half {
                2e-2
            } else {
                1e-4
            };
            let scores = expected.scores();
            let off = found.scores.iter().zip(&scores);
            let off = off.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(off < close, "{options:?}: {off}");
            let flags = [found.status, expected.status].map(|status| status.flags());
            assert_eq!(flags[0], flags[1], "{options:?}");
            let (one, other) = (found.status.lambda2, expected.status.lambda2);
            assert!((one - other).abs() <= close * other.abs().max(1.0));
        }
    }
}

#[test]
fn a_chain_has_the_vector_of_the_textbook() {
    let rows = 40;
    let options = Options::saln().rule(Rule::Signed).order(Order::Rank);
    let found = select_matrix(MatrixKind::Affinity, &chain(rows), &options, Keep::Count(5));
    let angle = std::f64::consts::PI / rows as f64;
    let lambda2 = 2.0 - 2.0 * angle.cos();
    let off = (f64::from(found.status.lambda2) - lambda2).abs();
    assert!(off < 1e-5, "{:?} {lambda2}", found.status);
    let scale = (2.0 / rows as f64).sqrt();
    let sign = f64::from(found.scores[0].signum());
    for (row, score) in found.scores.iter().enumerate() {
        let expected = sign * scale * (angle * (row as f64 + 0.5)).cos();
        assert!((f64::from(*score) - expected).abs() < 1e-3, "{row}");
    }
    let from_an_end = [[0, 1, 2, 3, 4], [39, 38, 37, 36, 35]];
    assert!(from_an_end.iter().any(|end| found.kept == *end));
}

#[test]
fn weights_select_as_their_twin_does() {
    let rows = 90;
    let mut weights = symmetric(8, rows, 0.0);
    // Two groups with weaker edges between them, self-loops of several weights, one row left out.
    for i in 0..rows {
        for j in 0..rows {
            if i % 3 == 0 && j % 3 != 0 || i % 3 != 0 && j % 3 == 0 {
                weights[i * rows + j] *= 0.4;
            }
        }
        weights[i * rows + i] = (i % 4) as f32;
    }
    weights[11 * rows + 11] = f32::NAN;
    for laplacian in Laplacian::ALL {
        for solver in Solver::ALL {
            let options = Options::default()
                .laplacian(*laplacian)
                .solver(*solver)
                .rule(Rule::Signed);
            let keep = Keep::Count(20);
            let found = select_matrix(MatrixKind::Affinity, &weights, &options, keep);
            let expected =
                twin::select_matrix(&weights, MatrixKind::Affinity, &options, keep).unwrap();
            let status = found.status;
            assert_eq!(
                status.flags(),
                Flags::INVALID_ROWS,
                "{options:?}: {status:?}"
            );
            assert_eq!(expected.operator.flags, Flags::INVALID_ROWS);
            assert!((f64::from(status.lambda2) - expected.lambda2).abs() < 1e-4 * 60.0);
            let off = found.scores.iter().zip(&expected.scores);
            let off = off.map(|(a, b)| (f64::from(*a) - b).abs());
            assert!(off.fold(0.0, f64::max) < 1e-4, "{options:?}");
            assert_eq!(found.kept, expected.kept, "{options:?}");
            assert_eq!(found.scores[11], 0.0);
        }
    }
}

#[test]
fn the_affinity_option_leaves_weights_as_they_are() {
    let weights = symmetric(9, 50, 0.0);
    let keep = Keep::Count(12);
    let with = |affinity| {
        let options = Options::default().affinity(affinity).path(Path::Fused);
        select_matrix(MatrixKind::Affinity, &weights, &options, keep)
    };
    let raw = with(Affinity::Raw);
    for affinity in Affinity::ALL.iter().filter(|a| **a != Affinity::Knn) {
        let found = with(*affinity);
        assert_eq!(found.scores, raw.scores, "{affinity}");
        assert_eq!(found.status, raw.status, "{affinity}");
    }
    assert_eq!(raw.status.min_similarity, 0.0);
}

#[test]
fn identical_rows_of_a_matrix_tie() {
    // Rows 3 and 137 are the same node twice, as are 70 and 71.
    let rows = 140;
    let mut entries = symmetric(10, rows, 0.0);
    for (from, to) in [(3, 137), (70, 71)] {
        for j in 0..rows {
            let entry = entries[from * rows + j];
            entries[to * rows + j] = entry;
            entries[j * rows + to] = entry;
        }
        entries[to * rows + to] = 1.0;
        entries[from * rows + to] = 1.0;
        entries[to * rows + from] = 1.0;
    }
    for kind in KINDS {
        let found = select_matrix(kind, &entries, &Options::default(), Keep::Count(30));
        assert_eq!(found.scores[3], found.scores[137], "{kind:?}");
        assert_eq!(found.scores[70], found.scores[71], "{kind:?}");
        assert!(found.status.steps > 0);
    }
}

#[test]
fn graphs_without_structure_have_their_flags() {
    let rows = 30;
    let keep = Keep::Count(10);
    let select = |kind, entries: &[f32], options: &Options| {
        let found = select_matrix(kind, entries, options, keep);
        assert_eq!(found.kept.len(), 10);
        assert!(found.kept.iter().all(|row| *row < 30), "{:?}", found.kept);
        (found.status.flags(), found.scores)
    };
    let sym = Options::default();
    let un = Options::saln();
    let ones = vec![1.0; rows * rows];
    let (flags, _) = select(MatrixKind::Similarity, &ones, &sym);
    assert!(flags.contains(Flags::ALL_ALIKE), "{flags}");
    for options in [&sym, &un] {
        let (_, scores) = select(MatrixKind::Affinity, &ones, options);
        assert!(scores.iter().all(|s| s.is_finite()), "all weights alike");
        let (flags, _) = select(MatrixKind::Affinity, &vec![0.0; rows * rows], options);
        assert!(flags.contains(Flags::NO_EDGES), "{flags}");
        let mut loops = vec![0.0; rows * rows];
        loops.iter_mut().step_by(rows + 1).for_each(|w| *w = 1.0);
        let (flags, scores) = select(MatrixKind::Affinity, &loops, options);
        assert!(flags.contains(Flags::DISCONNECTED), "{flags}");
        assert!(scores.iter().all(|s| s.is_finite()), "self-loops alone");
    }

    let mut alone = chain(rows);
    alone[1] = 0.0;
    let buffer = upload(bytemuck::cast_slice(&alone));
    let mut graph = prepared(MatrixKind::Affinity, rows, &sym);
    let gpu = gpu();
    let mut encoder = gpu.device.create_command_encoder(&Default::default());
    let view = Matrix::new(&buffer);
    graph.encode(&mut encoder, view, keep).unwrap();
    gpu.queue.submit([encoder.finish()]);
    let refused = graph.batch().read_status(&gpu.queue).unwrap_err();
    let matrix = Some(MatrixKind::Affinity);
    assert!(matches!(refused, Error::NonPositiveDegree { matrix: found, .. } if found == matrix));
    // The advice works: another Laplacian, or weights with a positive sum.
    let advice = "give each row weights with a sum above 0, or use laplacian un";
    assert!(refused.to_string().ends_with(advice), "{refused}");
    let (flags, _) = select(MatrixKind::Affinity, &alone, &un);
    assert!(!flags.contains(Flags::NON_POSITIVE_DEGREE), "{flags}");
    alone[0] = 1.0;
    let (flags, _) = select(MatrixKind::Affinity, &alone, &sym);
    assert!(!flags.contains(Flags::NON_POSITIVE_DEGREE), "{flags}");
}

#[test]
fn what_no_matrix_takes_is_refused() {
    let gpu = gpu();
    let selector = |options: &Options| Selector::new(&gpu.device, options).unwrap();
    let random = selector(&Options::default().rule(Rule::Random));
    let refused = random.prepare_matrix(MatrixKind::Affinity, 9).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "rule random reads no graph, so it takes no matrix: use another rule"
    );
    let plain = selector(&Options::default());
    for kind in KINDS {
        let none = plain.prepare_matrix(kind, 0).unwrap_err();
        assert!(matches!(none, Error::EmptyShape { .. }), "{none}");
        let large = plain.prepare_matrix(kind, 1 << 20).unwrap_err();
        assert!(matches!(large, Error::DeviceLimit { .. }), "{large}");
    }

    let buffer = upload(&[0; 30 * 30 * 4]);
    let mut graph = plain.prepare_matrix(MatrixKind::Similarity, 40).unwrap();
    let mut refused = |matrix, keep| {
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        graph.encode(&mut encoder, matrix, keep).unwrap_err()
    };
    let view = Matrix::new(&buffer);
    let short = refused(view, Keep::Count(3)).to_string();
    assert!(
        short.starts_with("rows of the matrix need 6400 bytes"),
        "{short}"
    );
    let beyond = refused(view.rows(41), Keep::Count(3));
    assert!(matches!(
        beyond,
        Error::RowsBeyondShape {
            rows: 41,
            prepared: 40
        }
    ));
    let narrow = refused(view.rows(30).stride(29), Keep::Count(3));
    assert!(matches!(
        narrow,
        Error::Stride {
            stride: 29,
            features: 30
        }
    ));
    let nothing = refused(view.rows(30), Keep::Count(0));
    assert!(matches!(nothing, Error::NothingKept { rows: 30 }));
}

#[test]
fn a_matrix_takes_no_room_for_features() {
    let selector = Selector::new(&gpu().device, &Options::default().path(Path::Dense)).unwrap();
    let shape = Shape {
        rows: 256,
        features: 512,
    };
    let with_features = selector.workspace_bytes(shape).unwrap();
    let of_matrix = selector.workspace_bytes_matrix(MatrixKind::Similarity, 256);
    // Half a megabyte of unit rows, up to the least that can be bound.
    assert_eq!(with_features - of_matrix.unwrap(), 4 * 256 * 512 - 16);
    let graph = selector
        .prepare_matrix(MatrixKind::Similarity, 256)
        .unwrap();
    assert_eq!(graph.batch().path(), Path::Dense);
    assert_eq!(graph.batch().shape().features, 256);
}
