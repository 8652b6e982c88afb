//! What every outcome leaves in every buffer that callers read: the same on one batch that has seen
//! all other outcomes as on a fresh one, whatever was in the buffers before.

mod support;

use gstds::{
    Affinity, Batch, Features, Flags, GraphBatch, GraphCall, Keep, Laplacian, Options, Order, Path,
    Rule, Selector, Shape, Solver, Spectrum, Status,
};
use support::{Noise, POISON, gpu, poison, read, upload};

const COLUMNS: usize = 8;

/// A call, and what is to come of it under [`Affinity::Auto`].
struct Call {
    name: &'static str,
    data: Vec<f32>,
    keep: Keep,
    flags: Flags,
    solved: bool,
}

impl Call {
    fn rows(&self) -> usize {
        self.data.len() / COLUMNS
    }
}

fn solved(name: &'static str, data: Vec<f32>, keep: Keep, flags: Flags) -> Call {
    Call {
        name,
        data,
        keep,
        flags,
        solved: true,
    }
}

fn unsolved(name: &'static str, data: Vec<f32>, keep: Keep, flags: Flags) -> Call {
    Call {
        solved: false,
        ..solved(name, data, keep, flags)
    }
}

fn unit_rows() -> Vec<f32> {
    let at = |i: usize| f32::from(u8::from(i / COLUMNS == i % COLUMNS));
    (0..COLUMNS * COLUMNS).map(at).collect()
}

/// Two groups of rows without a column in common.
fn two_components(rows: usize) -> Vec<f32> {
    let mut data = Noise(7).features(rows, COLUMNS);
    for (row, line) in data.chunks_mut(COLUMNS).enumerate() {
        line.iter_mut().for_each(|x| *x += 0.1);
        let from = if row % 3 == 0 { 0 } else { COLUMNS / 2 };
        line[from..from + COLUMNS / 2].fill(0.0);
    }
    data
}

fn dirty(rows: usize) -> Vec<f32> {
    let mut data = Noise(5).features(rows, COLUMNS);
    data[..COLUMNS].fill(0.0);
    data[3 * COLUMNS] = f32::NAN;
    data
}

/// Every outcome of a call of up to `most` rows; calls of other sizes lie between.
fn calls(most: usize) -> Vec<Call> {
    let all = Noise(3).features(most, COLUMNS);
    let none = Flags::default();
    let mut few = vec![0.0; 40 * COLUMNS];
    few[8 * COLUMNS..10 * COLUMNS].fill(1.0);
    vec![
        solved("solved", all.clone(), Keep::Ratio(0.5), none),
        unsolved(
            "all alike",
            vec![0.5; most * COLUMNS],
            Keep::Ratio(0.25),
            Flags::ALL_ALIKE,
        ),
        solved(
            "fewer rows",
            Noise(4).features(70, COLUMNS),
            Keep::Count(9),
            none,
        ),
        unsolved("kept all", all.clone(), Keep::Ratio(1.0), Flags::KEPT_ALL),
        solved("kept one", all, Keep::Count(1), none),
        unsolved(
            "few valid",
            few,
            Keep::Count(5),
            Flags::FEW_VALID | Flags::INVALID_ROWS,
        ),
        solved(
            "dirty rows",
            dirty(most),
            Keep::Ratio(0.3),
            Flags::INVALID_ROWS,
        ),
        unsolved("no edges", unit_rows(), Keep::Count(3), Flags::NO_EDGES),
        solved(
            "disconnected",
            two_components(most),
            Keep::Ratio(0.1),
            Flags::DISCONNECTED,
        ),
        unsolved(
            "nothing usable",
            vec![0.0; 9 * COLUMNS],
            Keep::Count(2),
            Flags::FEW_VALID,
        ),
        unsolved(
            "one row",
            vec![1.0; COLUMNS],
            Keep::Count(1),
            Flags::KEPT_ALL,
        ),
    ]
}

/// Batches of up to `most` rows.
struct Fresh {
    selector: Selector,
    most: usize,
}

impl Fresh {
    fn new(most: usize, options: &Options) -> Self {
        let selector = Selector::new(&gpu().device, &support::on_path(options)).unwrap();
        Self { selector, most }
    }

    fn batch(&self) -> Batch {
        let shape = Shape {
            rows: self.most,
            features: COLUMNS,
        };
        self.selector.prepare(shape).unwrap()
    }
}

/// All words of every buffer that callers read.
#[derive(Debug, PartialEq)]
struct Left {
    scores: Vec<u32>,
    kept: Vec<u32>,
    order: Vec<u32>,
    status: Vec<u32>,
    vectors: Vec<u32>,
    spectrum: Vec<u32>,
}

fn words(buffer: &wgpu::Buffer) -> Vec<u32> {
    read(buffer, buffer.size() as usize / 4)
}

fn left_by(batch: &mut Batch, call: &Call) -> Left {
    let features = upload(bytemuck::cast_slice(&call.data));
    let mut encoder = gpu().device.create_command_encoder(&Default::default());
    let view = Features::new(&features).rows(call.rows());
    batch.encode(&mut encoder, view, call.keep).unwrap();
    gpu().queue.submit([encoder.finish()]);
    Left {
        scores: words(batch.scores()),
        kept: words(batch.kept()),
        order: words(batch.order()),
        status: words(batch.status()),
        vectors: batch.vectors().map(words).unwrap_or_default(),
        spectrum: batch.spectrum().map(words).unwrap_or_default(),
    }
}

fn are_zero(words: &[u32]) -> bool {
    words.iter().all(|word| *word == 0)
}

fn status_of(left: &Left) -> Status {
    bytemuck::cast_slice(&left.status)[0]
}

/// What the table of [`Batch`] says of one call.
fn check(left: &Left, call: &Call, is_solved: bool, label: &str) {
    let status = status_of(left);
    let rows = call.rows();
    let count = status.kept as usize;
    assert_eq!(status.rows as usize, rows, "{label}");
    assert!(
        are_zero(&left.scores[rows..]),
        "{label}: scores past the rows"
    );
    assert!(
        are_zero(&left.order[rows..]),
        "{label}: order past the rows"
    );
    assert!(
        are_zero(&left.kept[count..]),
        "{label}: kept past the count"
    );
    let mut order = left.order[..rows].to_vec();
    order.sort_unstable();
    assert!(
        order.iter().copied().eq(0..rows as u32),
        "{label}: {order:?}"
    );
    let mut kept = left.kept[..count].to_vec();
    kept.sort_unstable();
    kept.dedup();
    assert!(
        kept.len() == count && kept.iter().all(|row| (*row as usize) < rows),
        "{label}"
    );
    assert_eq!(status.steps > 0, is_solved, "{label}: {status:?}");
    if is_solved {
        assert!(!are_zero(&left.scores), "{label}");
        return;
    }
    assert!(are_zero(&left.scores), "{label}: scores");
    assert!(are_zero(&left.vectors), "{label}: vectors");
    assert!(are_zero(&left.spectrum), "{label}: spectrum");
    assert_eq!((status.lambda2, status.residual), (0.0, 0.0), "{label}");
}

/// Goes through all outcomes on one batch, twice: with poisoned results, and with what the call
/// before left.
fn go_through(most: usize, options: &Options) {
    let spectral = options.rule != Rule::Random;
    let fresh = Fresh::new(most, options);
    let mut shared = fresh.batch();
    for poisoned in [true, false] {
        for call in calls(most) {
            let label = format!("{} {} of {most}: {options:?}", shared.path(), call.name);
            if poisoned {
                poison(&shared);
            }
            let left = left_by(&mut shared, &call);
            check(&left, &call, call.solved && spectral, &label);
            let flags = status_of(&left).flags();
            // With too few steps a solve may not see what it would find.
            if spectral && (!call.solved || options.steps.is_none()) {
                assert!(flags.contains(call.flags), "{label}: {flags}");
            }
            assert_eq!(left, left_by(&mut fresh.batch(), &call), "{label}");
        }
    }
}

fn on_path(path: Path) -> Options {
    let mut options = Options::gstds();
    options.path = path;
    options
}

const PATHS: [Path; 3] = [Path::Fused, Path::Dense, Path::LowRank];

#[test]
fn every_outcome_leaves_the_same_on_a_used_batch() {
    for path in PATHS {
        for laplacian in Laplacian::ALL {
            for order in Order::ALL {
                let mut options = on_path(path);
                (options.laplacian, options.order) = (*laplacian, *order);
                go_through(100, &options);
            }
        }
    }
}

#[test]
fn further_vectors_and_spectrum_are_not_left_over() {
    for path in [Path::Dense, Path::LowRank] {
        for laplacian in Laplacian::ALL {
            let mut options = on_path(path);
            (options.laplacian, options.vectors) = (*laplacian, 3);
            let batch = Fresh::new(100, &options).batch();
            assert!(batch.spectrum().unwrap().size() == size_of::<Spectrum>() as u64);
            go_through(100, &options);
        }
    }
}

/// Where rows are sorted instead of compared.
#[test]
fn many_rows_leave_the_same_on_a_used_batch() {
    for order in Order::ALL {
        let mut options = on_path(Path::LowRank);
        options.order = *order;
        go_through(5000, &options);
    }
}

#[test]
fn a_rule_without_a_graph_leaves_no_scores() {
    for path in PATHS {
        let mut options = on_path(path);
        options.rule = Rule::Random;
        go_through(100, &options);
    }
}

/// Power iteration, and a solve that ends before it has converged.
#[test]
fn other_solves_leave_the_same_on_a_used_batch() {
    for path in [Path::Dense, Path::LowRank] {
        let mut options = on_path(path);
        (options.solver, options.steps) = (Solver::Power, Some(40));
        go_through(100, &options);
    }
    for path in PATHS {
        let mut options = on_path(path);
        options.steps = Some(2);
        let call = &calls(100)[0];
        let status = status_of(&left_by(&mut Fresh::new(100, &options).batch(), call));
        assert!(
            status.flags().contains(Flags::UNCONVERGED),
            "{path}: {status:?}"
        );
        go_through(100, &options);
    }
}

#[test]
fn a_degree_that_is_not_positive_leaves_no_scores() {
    let angles = [0.0f32, 3.0, 3.1, 3.2, 3.3, 3.4];
    let row = |angle: f32| [angle.cos(), angle.sin(), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    let data: Vec<f32> = angles.into_iter().flat_map(row).collect();
    let bad = unsolved("bad", data, Keep::Count(2), Flags::NON_POSITIVE_DEGREE);
    for path in PATHS {
        let mut options = on_path(path);
        options.affinity = Affinity::Raw;
        let fresh = Fresh::new(100, &options);
        let mut shared = fresh.batch();
        poison(&shared);
        left_by(&mut shared, &calls(100)[0]);
        let left = left_by(&mut shared, &bad);
        assert!(status_of(&left).flags().contains(bad.flags), "{path}");
        check(&left, &bad, false, path.name());
        assert_eq!(left, left_by(&mut fresh.batch(), &bad), "{path}");
    }
}

/// Scores, kept rows and status of every graph, past those of the call too.
fn left_by_many(many: &mut GraphBatch, calls: &[Call]) -> [Vec<u32>; 3] {
    let data: Vec<f32> = calls.iter().flat_map(|call| call.data.clone()).collect();
    let graph = |call: &Call| GraphCall {
        rows: call.rows(),
        keep: call.keep,
    };
    let graphs: Vec<_> = calls.iter().map(graph).collect();
    let features = upload(bytemuck::cast_slice(&data));
    let mut encoder = gpu().device.create_command_encoder(&Default::default());
    many.encode(&mut encoder, Features::new(&features), &graphs)
        .unwrap();
    gpu().queue.submit([encoder.finish()]);
    [many.scores(), many.kept(), many.status()].map(words)
}

#[test]
fn many_graphs_leave_what_each_leaves_alone_and_zeros_past_them() {
    const GRAPHS: usize = 12;
    let shape = Shape {
        rows: 100,
        features: COLUMNS,
    };
    let options = on_path(Path::Fused);
    let selector = Selector::new(&gpu().device, &options).unwrap();
    let mut many = selector.prepare_many(shape, GRAPHS).unwrap();
    let stride = many.stride();
    let fresh = Fresh::new(100, &options);
    for turn in 0..4 {
        if turn == 0 {
            for (_, buffer) in many.buffers() {
                let poison = vec![POISON; buffer.size() as usize / 4];
                let bytes = bytemuck::cast_slice(&poison);
                gpu().queue.write_buffer(buffer, 0, bytes);
            }
        }
        // Other graphs in every place, and fewer of them each time.
        let mut calls = calls(100);
        calls.rotate_left(3 * turn);
        calls.truncate(GRAPHS - 1 - 3 * turn);
        let [scores, kept, status] = left_by_many(&mut many, &calls);
        for (number, call) in calls.iter().enumerate() {
            let label = format!("turn {turn}: {}", call.name);
            let alone = left_by(&mut fresh.batch(), call);
            let own = |words: &[u32], each: usize| words[number * each..][..each].to_vec();
            assert_eq!(own(&scores, stride), alone.scores, "{label}");
            assert_eq!(own(&kept, stride), alone.kept, "{label}");
            assert_eq!(own(&status, alone.status.len()), alone.status, "{label}");
        }
        let count = calls.len();
        assert!(are_zero(&scores[count * stride..]), "turn {turn}");
        assert!(are_zero(&kept[count * stride..]), "turn {turn}");
        assert!(are_zero(&status[count * 16..]), "turn {turn}");
    }
}
