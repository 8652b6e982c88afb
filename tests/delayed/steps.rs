//! Steps of one dispatch against steps of two.

use super::support::{Noise, Run, fixture_a, gpu, run, run_on, upload};
use gstds::{
    Affinity, Features, GramSchmidt, Keep, Laplacian, MatrixKind, Options, Path, Rule, Selector,
    Shape, Solver, Storage,
};

fn by(gram_schmidt: GramSchmidt) -> Options {
    Options::default()
        .rule(Rule::Signed)
        .path(Path::Dense)
        .gram_schmidt(gram_schmidt)
}

/// Rows with a few of them copied many times.
fn duplicates(rows: usize, columns: usize) -> Vec<f32> {
    let few = Noise(11).features(rows / 4, columns);
    (0..4 * few.len()).map(|at| few[at % few.len()]).collect()
}

/// Combinations of three rows.
fn of_rank_three(rows: usize, columns: usize) -> Vec<f32> {
    let mut noise = Noise(12);
    let three: Vec<f32> = (0..3 * columns).map(|_| noise.next()).collect();
    let mut data = Vec::new();
    for _ in 0..rows {
        let weights = [noise.next(), noise.next(), noise.next()];
        let entry = |j: usize| (0..3).map(|k| weights[k] * three[k * columns + j]).sum();
        data.extend((0..columns).map(entry).collect::<Vec<f32>>());
    }
    data
}

/// Rows that differ by a ten-thousandth.
fn nearly_alike(rows: usize, columns: usize) -> Vec<f32> {
    let mut noise = Noise(13);
    let entries = 0..rows * columns;
    entries.map(|_| 1.0 + 1e-4 * noise.next()).collect()
}

/// Two groups of rows without a column in common.
fn disconnected(rows: usize, columns: usize) -> Vec<f32> {
    let mut data = Noise(14).features(rows, columns);
    for (row, line) in data.chunks_mut(columns).enumerate() {
        line.iter_mut().for_each(|x| *x += 0.1);
        let from = if row % 3 == 0 { 0 } else { columns / 2 };
        line[from..from + columns / 2].fill(0.0);
    }
    data
}

fn graphs() -> Vec<(&'static str, Vec<f32>, usize)> {
    vec![
        ("fixture A", fixture_a(64, 32), 32),
        ("fixture A", fixture_a(1000, 32), 32),
        ("synthetic", Noise(1).features(256, 64), 64),
        ("synthetic", Noise(2).features(1100, 48), 48),
        ("both signs", Noise(3).signed(300, 40), 40),
        ("duplicates", duplicates(256, 32), 32),
        ("rank 3", of_rank_three(200, 20), 20),
        ("nearly alike", nearly_alike(300, 40), 40),
        ("all alike", vec![0.5; 100 * 8], 8),
        ("disconnected", disconnected(150, 16), 16),
        ("three rows", fixture_a(3, 5), 5),
    ]
}

/// Compiling kernels takes longer than running them.
fn selectors(by: impl Fn(GramSchmidt) -> Options) -> [Selector; 2] {
    let made = |gram_schmidt| Selector::new(&gpu().device, &by(gram_schmidt)).unwrap();
    [made(GramSchmidt::Twice), made(GramSchmidt::Delayed)]
}

/// Selects a quarter of the rows on a workspace for `most`.
fn select(selector: &Selector, data: &[f32], columns: usize, most: usize) -> Run {
    let rows = data.len() / columns;
    let shape = Shape {
        rows: most,
        features: columns,
    };
    let features = upload(bytemuck::cast_slice(data));
    let batch = selector.prepare(shape).unwrap();
    let view = Features::new(&features).rows(rows);
    run_on(batch, view, rows, Keep::Ratio(0.25))
}

/// The same outcome of both, as far as either can be told from rounding.
fn agree(label: &str, twice: &Run, delayed: &Run) {
    let (expected, found) = (&twice.status, &delayed.status);
    assert_eq!(found.flags(), expected.flags(), "{label}");
    let apart = found.steps.abs_diff(expected.steps);
    // Estimates of the residual are four steps apart, which rounding may decide between.
    assert!(apart <= 4, "{label}: {found:?} {expected:?}");
    let scale = expected.degree_max.max(1.0);
    let off = (found.lambda2 - expected.lambda2).abs() / scale;
    assert!(off <= 2e-6, "{label}: {found:?} {expected:?}");
}

#[test]
fn every_solve_ends_as_by_two_dispatches() {
    let mut solved = 0;
    let graphs = graphs();
    for affinity in [Affinity::Auto, Affinity::Clamp, Affinity::Exp] {
        for laplacian in Laplacian::ALL {
            let with = |gram_schmidt| by(gram_schmidt).affinity(affinity).laplacian(*laplacian);
            let selectors = selectors(with);
            for (name, data, columns) in &graphs {
                let rows = data.len() / columns;
                let of = |selector| select(selector, data, *columns, rows);
                let [twice, delayed] = selectors.each_ref().map(of);
                let label = format!("{name} of {rows}, {affinity} {laplacian}");
                agree(&label, &twice, &delayed);
                solved += u32::from(twice.status.steps > 0);
                // In a component all scores are alike, and rounding orders them.
                if *name != "disconnected" {
                    assert_eq!(delayed.kept, twice.kept, "{label}");
                }
            }
        }
    }
    assert!(solved >= 50, "{solved} solves");
}

#[test]
fn the_same_bytes_come_out_again() {
    for storage in Storage::ALL {
        let (rows, columns) = (1030, 40);
        let data = Noise(21).features(rows, columns);
        let options = by(GramSchmidt::Delayed).storage(*storage);
        let found = run(&data, columns, &options, Keep::Ratio(0.25));
        let (kept, status) = (found.kept.clone(), found.status);
        let scores = found.buffer::<u32>("scores", rows);
        let features = upload(bytemuck::cast_slice(&data));
        let again = run_on(
            found.batch,
            Features::new(&features),
            rows,
            Keep::Ratio(0.25),
        );
        assert_eq!(again.buffer::<u32>("scores", rows), scores, "{storage}");
        assert_eq!((again.kept, again.status), (kept, status), "{storage}");
    }
}

/// Of workspaces whose workgroups take 8, 16 and 32 rows, with calls that fill them and others.
#[test]
fn calls_of_any_size_agree() {
    let columns = 24;
    let [two, one] = selectors(by);
    for most in [1024, 2048, 4096] {
        let data = Noise(most as u64).features(most, columns);
        for rows in [5, 31, 65, 513, most - 3, most] {
            let part = &data[..rows * columns];
            let twice = select(&two, part, columns, rows);
            let delayed = select(&one, part, columns, most);
            let label = format!("{rows} rows in a workspace of {most}");
            agree(&label, &twice, &delayed);
            assert_eq!(delayed.kept, twice.kept, "{label}");
        }
    }
}

/// Dispatches of a selection, counted from what is recorded as well.
fn dispatches(options: &Options, rows: usize) -> u32 {
    let shape = Shape { rows, features: 8 };
    let selector = Selector::new(&gpu().device, options).unwrap();
    let mut batch = selector.prepare(shape).unwrap();
    let features = upload(bytemuck::cast_slice(&Noise(5).features(rows, 8)));
    let one = std::num::NonZeroU32::MIN;
    let parts = batch.encode_parts(Features::new(&features), Keep::Count(1), one);
    let count = parts.unwrap().commands.len() as u32;
    assert_eq!(count, batch.dispatches(rows));
    count
}

#[test]
fn a_step_is_one_dispatch() {
    for (laplacian, steps) in [(Laplacian::Sym, 32), (Laplacian::Un, 64)] {
        let of = |gram_schmidt| dispatches(&by(gram_schmidt).laplacian(laplacian), 300);
        let (twice, delayed) = (of(GramSchmidt::Twice), of(GramSchmidt::Delayed));
        assert_eq!(twice - delayed, 2 * steps - (steps + 2), "{laplacian}");
        // This device is a CPU, or nothing else in this test tells.
        if gpu().is_software() {
            assert_eq!(of(GramSchmidt::Auto), twice, "{laplacian}");
        } else {
            assert_eq!(of(GramSchmidt::Auto), delayed, "{laplacian}");
        }
    }
}

#[test]
fn what_takes_no_such_steps_is_as_by_two_dispatches() {
    let same = |options: Options, rows| {
        let of = |gram_schmidt| dispatches(&options.clone().gram_schmidt(gram_schmidt), rows);
        assert_eq!(
            of(GramSchmidt::Delayed),
            of(GramSchmidt::Twice),
            "{options:?}"
        );
    };
    let dense = by(GramSchmidt::Auto);
    same(dense.clone().affinity(Affinity::Knn), 100);
    same(dense.clone().solver(Solver::Power).steps(20), 100);
    same(dense.clone(), 4097);
    same(dense.clone().path(Path::Fused), 100);
    same(dense.path(Path::LowRank), 100);
}

#[test]
fn a_matrix_takes_them_too() {
    let selector = |gram_schmidt| Selector::new(&gpu().device, &by(gram_schmidt)).unwrap();
    for (kind, steps) in [(MatrixKind::Similarity, 32), (MatrixKind::Affinity, 96)] {
        let of = |gram_schmidt| {
            let graph = selector(gram_schmidt).prepare_matrix(kind, 200).unwrap();
            graph.batch().dispatches(200)
        };
        let fewer = of(GramSchmidt::Twice) - of(GramSchmidt::Delayed);
        assert_eq!(fewer, 2 * steps - (steps + 2), "{kind:?}");
    }
}
