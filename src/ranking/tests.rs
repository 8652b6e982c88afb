//! Order and rule alone, on scores that no graph has to be solved for: up to 2^24 rows, every rule
//! and both orders, against the twins. Buffers are poisoned first.

use super::{Ranking, keep, rank};
use crate::recorder::Recorder;
use crate::{
    Options, Order, Rule, Shape, Status,
    adapter::{AdapterRequest, Gpu, open},
    graph::laplacian::Mode,
    kernel::{Binder, Pipelines},
    params::{CallParams, fold_seed},
    transfer::{read_back, wait},
    workspace::{COMPARED_ROWS, Workspace, WorkspaceSizes},
};
use std::sync::OnceLock;

const SEED: u64 = 0x1234_5678_9abc;
/// Around the tiles of 256 threads and 2048 rows, where few rows become many, and around where 32
/// bits no longer hold the product of two row numbers.
const ROWS: [usize; 15] = [
    1, 2, 3, 255, 256, 257, 2047, 2048, 2049, 4095, 4097, 65_535, 65_536, 65_537, 200_003,
];

pub(super) fn gpu() -> &'static Gpu {
    static GPU: OnceLock<Gpu> = OnceLock::new();
    GPU.get_or_init(|| {
        open(&AdapterRequest::default()).expect("tests need a Vulkan, Metal or DX12 adapter")
    })
}

/// Buffers for this many rows and no graph, all poisoned.
pub(super) fn workspace(rows: usize) -> Workspace {
    let gpu = gpu();
    let without_graph = Options::default().rule(Rule::Random);
    let shape = Shape { rows, features: 1 };
    let sizes = WorkspaceSizes::new(shape, &without_graph).unwrap();
    let ws = pollster::block_on(Workspace::new(&gpu.device, sizes)).unwrap();
    for (_, buffer) in ws.written().into_iter().chain([("marks", &ws.marks)]) {
        let poison = vec![0xffff_fff0_u32; buffer.size() as usize / 4];
        write(buffer, &poison);
    }
    ws
}

pub(super) fn write<T: bytemuck::Pod>(buffer: &wgpu::Buffer, data: &[T]) {
    gpu()
        .queue
        .write_buffer(buffer, 0, bytemuck::cast_slice(data));
}

pub(super) fn read<T: bytemuck::Pod>(buffer: &wgpu::Buffer, count: usize) -> Vec<T> {
    let gpu = gpu();
    let what = "a test's buffer";
    let read = read_back(&gpu.device, &gpu.queue, what, buffer, count);
    wait(&gpu.device, what, read).unwrap()
}

/// What earlier stages would have left for order and rule.
pub(super) fn write_call(ws: &Workspace, rows: usize, valid: usize, kept: usize, mode: Mode) {
    let params = CallParams {
        rows: rows as u32,
        leading: ws.sizes.leading as u32,
        kept: kept as u32,
        seed: fold_seed(SEED),
        ..bytemuck::Zeroable::zeroed()
    };
    write(&ws.params, &[params]);
    let mode = match mode {
        Mode::Solve => 0,
        Mode::IndexOrder => 1,
        Mode::EvenStride => 2,
    };
    write(&ws.state, &[mode, 0, valid as u32]);
}

/// Records into one pass, submits, and waits.
pub(super) fn submit(record: impl FnOnce(&mut Recorder<'_, '_>)) {
    let gpu = gpu();
    let mut encoder = gpu.device.create_command_encoder(&Default::default());
    let mut pass = encoder.begin_compute_pass(&Default::default());
    record(&mut Recorder::pass(&mut pass));
    drop(pass);
    gpu.queue.submit([encoder.finish()]);
    let wait = wgpu::PollType::wait_indefinitely();
    gpu.device.poll(wait).unwrap();
}

/// Scores in which most rows tie with many others, both zeros among them; every 11th row or so is
/// invalid, with a score that is no number.
pub(super) fn tied_scores(rows: usize) -> (Vec<f32>, Vec<bool>) {
    let score = |row: usize| {
        let drawn = crate::hash::seeded_hash(row as u32, 7);
        match drawn % 11 {
            0 => f32::NAN,
            1 => 0.0,
            2 => -0.0,
            3 => (drawn >> 8) as f32 / 1e7 - 0.8,
            _ => ((drawn >> 8) % 9) as f32 * 0.125 - 0.5,
        }
    };
    let scores: Vec<f32> = (0..rows).map(score).collect();
    let valid = scores.iter().map(|score| !score.is_nan()).collect();
    (scores, valid)
}

struct RankedRows {
    order: Vec<u32>,
    kept: Vec<u32>,
    status: Status,
}

/// Order and rule over a workspace, by the kernels for many rows or by those for few.
fn ranked(ranking: &Ranking, ws: &Workspace, rows: usize, kept: usize, many: bool) -> RankedRows {
    submit(|pass| {
        if many {
            ranking.record_sorted(ranking.sorted.as_ref().unwrap(), pass, rows as u32);
        } else {
            ranking.record_compared(pass, rows as u32);
        }
    });
    RankedRows {
        order: read(&ws.order, rows),
        kept: read(&ws.kept, kept),
        status: read(&ws.status, 1)[0],
    }
}

fn check(pipelines: &Pipelines, rows: usize, mode: Mode, many: bool) {
    let Options { rule, order, .. } = *pipelines.options();
    let (scores, valid) = tied_scores(rows);
    let present = valid.iter().filter(|v| **v).count();
    // The twin draws from strata that hold a row each.
    let kept = if mode == Mode::IndexOrder {
        rows.div_ceil(3)
    } else {
        present.div_ceil(3)
    };
    if kept == 0 {
        return;
    }
    let ws = workspace(rows.max(COMPARED_ROWS + 1));
    write_call(&ws, rows, present, kept, mode);
    write(&ws.scores, &scores);
    let words: Vec<u32> = valid.iter().map(|v| u32::from(*v)).collect();
    write(&ws.valid, &words);
    let ranking = bind(pipelines, &ws);
    let found = ranked(&ranking, &ws, rows, kept, many);

    let label = format!("{rule}, {order}, {mode:?}, {rows} rows, many: {many}");
    let expected = rank::twin(&scores, &valid, mode, rule, SEED);
    assert!(found.order == expected, "order: {label}");
    let mut chosen = keep::twin(&expected, present, kept, mode, rule, SEED);
    if order == Order::Ascending {
        chosen.sort_unstable();
    }
    assert!(found.kept == chosen, "kept: {label}");
    let Status {
        rows: reported,
        valid,
        ..
    } = found.status;
    let reported = (
        reported as usize,
        valid as usize,
        found.status.kept as usize,
    );
    assert_eq!(reported, (rows, present, kept), "status: {label}");

    let again = ranked(&ranking, &ws, rows, kept, many);
    assert!(again.order == found.order, "order on a second run: {label}");
    assert!(again.kept == found.kept, "kept on a second run: {label}");
}

fn pipelines(rule: Rule, order: Order) -> Pipelines {
    let options = Options::default().rule(rule).order(order);
    Pipelines::new(&gpu().device, &options, None)
}

fn bind(pipelines: &Pipelines, workspace: &Workspace) -> Ranking {
    let binder = Binder {
        pipelines,
        workspace,
    };
    Ranking::new(&binder, false)
}

#[test]
fn order_and_kept_are_the_twins_around_every_edge() {
    for (rule, order) in [
        (Rule::Stratified, Order::Ascending),
        (Rule::Random, Order::Rank),
    ] {
        let pipelines = pipelines(rule, order);
        for rows in ROWS {
            check(&pipelines, rows, Mode::Solve, true);
            if rows <= 4097 {
                check(&pipelines, rows, Mode::Solve, false);
            }
        }
    }
}

#[test]
fn order_and_kept_are_the_twins_for_every_rule_and_mode() {
    for rule in Rule::ALL {
        for order in Order::ALL {
            let pipelines = pipelines(*rule, *order);
            for mode in [Mode::Solve, Mode::IndexOrder, Mode::EvenStride] {
                check(&pipelines, 70_001, mode, true);
                check(&pipelines, 2049, mode, false);
            }
        }
    }
}

/// Ranks around and beyond where the product of two row numbers leaves 32 bits, through both
/// kernels that choose them, against 64-bit arithmetic.
#[test]
fn ranks_are_exact_beyond_32_bits() {
    const MAX: usize = crate::MAX_ROWS;
    // One workgroup lists them all; llvmpipe ends a thread after 65,535 iterations.
    const KEPT_BY_ONE: usize = 70_000;
    let pairs = [
        (MAX, MAX - 1),
        (MAX - 1, MAX / 2 + 1),
        (MAX, 3),
        (MAX - 3, 65_537),
        (MAX - 1, 524_287),
        (65_537, 65_536),
        (46_341, 46_340),
        (92_683, 46_341),
        (32_768, 32_767),
        (32_767, 16_384),
        (3, 2),
        (3, 1),
    ];
    let ws = workspace(MAX);
    let identity: Vec<u32> = (0..MAX as u32).collect();
    write(&ws.order, &identity);
    let rules = [Rule::Quantile, Rule::Stratified, Rule::Balanced];
    for (rule, mode) in rules
        .map(|rule| (rule, Mode::Solve))
        .into_iter()
        .chain([(Rule::Signed, Mode::EvenStride)])
    {
        let pipelines = pipelines(rule, Order::Rank);
        let ranking = bind(&pipelines, &ws);
        for (valid, kept) in pairs {
            write_call(&ws, MAX, valid, kept, mode);
            let expected = keep::twin(&identity, valid, kept, mode, rule, SEED);
            let sorted = ranking.sorted.as_ref().unwrap();
            submit(|pass| sorted.mark_kept.record(pass, kept as u32));
            let found: Vec<u32> = read(&ws.kept, kept);
            assert!(
                found == expected,
                "mark_kept: {rule}, {mode:?}, {kept} of {valid}"
            );
            if kept <= KEPT_BY_ONE {
                write(&ws.kept, &vec![u32::MAX; kept]);
                submit(|pass| ranking.keep.record(pass, kept as u32));
                let found: Vec<u32> = read(&ws.kept, kept);
                assert!(
                    found == expected,
                    "keep: {rule}, {mode:?}, {kept} of {valid}"
                );
            }
        }
    }
}

/// What a call says it costs is what it records: the few-rows kernels up to the bound, those for
/// many beyond it.
#[test]
fn dispatches_follow_the_rows_of_the_call() {
    let few = COMPARED_ROWS as u32;
    for (order, many) in [(Order::Ascending, 17), (Order::Rank, 14)] {
        let pipelines = pipelines(Rule::Quantile, order);
        let ranking = bind(&pipelines, &workspace(1));
        assert_eq!(ranking.dispatches(few), 2);
        assert_eq!(ranking.dispatches(few + 1), many);
    }
}
