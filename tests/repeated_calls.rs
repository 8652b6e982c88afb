//! Calls on one batch keep what they bound and staged for the next one: nothing of an earlier call
//! may show in a later one, whatever of it changed.

mod support;

use gstds::{
    Affinity, Dtype, Error, Features, GraphCall, Keep, Matrix, MatrixKind, Options, Order, Path,
    Rule, Selector, Shape,
};
use half::f16;
use support::{Noise, gpu, read, upload};

const SHAPE: Shape = Shape {
    rows: 90,
    features: 24,
};
const BANK_ROWS: usize = 150;

/// Everything that a caller may change from one call to the next.
struct Caller {
    noise: Noise,
    /// A bank of f32 and another one, of f16.
    banks: [wgpu::Buffer; 2],
    lists: [wgpu::Buffer; 2],
}

impl Caller {
    fn new(seed: u64) -> Self {
        let mut noise = Noise(seed);
        let wide = noise.features(BANK_ROWS, SHAPE.features);
        let narrow: Vec<f16> = noise
            .features(BANK_ROWS, SHAPE.features)
            .into_iter()
            .map(f16::from_f32)
            .collect();
        let mut list = || -> Vec<u32> {
            let number = |_| (noise.next() * BANK_ROWS as f32) as u32;
            (0..BANK_ROWS).map(number).collect()
        };
        let lists = [list(), list()].map(|list| upload(bytemuck::cast_slice(&list)));
        Self {
            banks: [
                upload(bytemuck::cast_slice(&wide)),
                upload(bytemuck::cast_slice(&narrow)),
            ],
            lists,
            noise,
        }
    }

    fn below(&mut self, count: usize) -> usize {
        (self.noise.next() * count as f32) as usize
    }

    /// One of few views and counts, so that calls like an earlier one come up too.
    fn call(&mut self) -> (Features<'_>, Keep, u64) {
        let [bank, list, offset, rows, kept, seed] = [2, 3, 2, 2, 2, 2].map(|n| self.below(n));
        let dtype = [Dtype::F32, Dtype::F16][bank];
        let view = Features::new(&self.banks[bank])
            .dtype(dtype)
            .rows([SHAPE.rows, 70][rows]);
        let view = match list {
            2 => view.offset((offset * SHAPE.features) as u64 * dtype.bytes()),
            _ => view.picked_by(&self.lists[list], 4 * offset as u64, BANK_ROWS),
        };
        (view, Keep::Count([20, 31][kept]), seed as u64)
    }
}

fn options(path: Path) -> Options {
    let affinity = match path {
        Path::LowRank => Affinity::Shift,
        _ => Affinity::Auto,
    };
    let options = Options::gstds().path(path).affinity(affinity);
    options.rule(Rule::Stratified).order(Order::Rank)
}

#[test]
fn a_batch_gives_what_a_new_one_would() {
    let gpu = gpu();
    for path in [Path::Fused, Path::Dense, Path::LowRank] {
        let mut caller = Caller::new(5);
        let selector = Selector::new(&gpu.device, &options(path)).unwrap();
        let mut used = selector.prepare(SHAPE).unwrap();
        for number in 0..40 {
            let (view, keep, seed) = caller.call();
            let mut fresh = selector.prepare(SHAPE).unwrap();
            let [found, expected] = [&mut used, &mut fresh].map(|batch| {
                batch.reseed(seed);
                let mut encoder = gpu.device.create_command_encoder(&Default::default());
                let kept = batch.encode(&mut encoder, view, keep).unwrap();
                gpu.queue.submit([encoder.finish()]);
                let kept = batch.read_kept(&gpu.queue, kept).unwrap();
                (kept, read::<u32>(batch.scores(), SHAPE.rows))
            });
            assert_eq!(found, expected, "{path} call {number}");
        }
    }
}

#[test]
fn calls_in_one_encoder_have_their_own_parameters() {
    let gpu = gpu();
    for path in [Path::Fused, Path::Dense, Path::LowRank] {
        let caller = Caller::new(6);
        let selector = Selector::new(&gpu.device, &options(path)).unwrap();
        let mut batch = selector.prepare(SHAPE).unwrap();
        let view = Features::new(&caller.banks[0]);
        let counts = [20, 31, 20, 20];
        let lasting = upload(&[0xff; 4 * 4 * SHAPE.rows]);
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        for (call, count) in counts.into_iter().enumerate() {
            batch
                .encode(&mut encoder, view, Keep::Count(count))
                .unwrap();
            let bytes = 4 * SHAPE.rows as u64;
            let place = call as u64 * bytes;
            encoder.copy_buffer_to_buffer(batch.kept(), 0, &lasting, place, bytes);
        }
        gpu.queue.submit([encoder.finish()]);
        let kept: Vec<u32> = read(&lasting, 4 * SHAPE.rows);
        let lines: Vec<&[u32]> = kept.chunks(SHAPE.rows).collect();
        assert_eq!(lines[0], lines[2], "{path}");
        assert_eq!(lines[0], lines[3], "{path}");
        assert_ne!(lines[0], lines[1], "{path}");
        assert!(lines[0][20..].iter().all(|row| *row == 0), "{path}");
        assert!(lines[1][30] < SHAPE.rows as u32 && lines[1][31..].iter().all(|row| *row == 0));
    }
}

/// What is bound is a buffer, not what it holds.
#[test]
fn features_may_be_overwritten_between_calls() {
    let gpu = gpu();
    let mut noise = Noise(7);
    let bank = upload(&[0; 4 * SHAPE.rows * SHAPE.features]);
    let selector = Selector::new(&gpu.device, &Options::gstds()).unwrap();
    let mut batch = selector.prepare(SHAPE).unwrap();
    let mut selections = Vec::new();
    for _ in 0..3 {
        let data = noise.features(SHAPE.rows, SHAPE.features);
        gpu.queue
            .write_buffer(&bank, 0, bytemuck::cast_slice(&data));
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        let keep = Keep::Count(20);
        let kept = batch.encode(&mut encoder, Features::new(&bank), keep);
        gpu.queue.submit([encoder.finish()]);
        let kept = batch.read_kept(&gpu.queue, kept.unwrap()).unwrap();
        let alone = support::run(&data, SHAPE.features, &Options::gstds(), keep);
        assert_eq!(kept, alone.kept);
        selections.push(kept);
    }
    assert!(selections[0] != selections[1] && selections[1] != selections[2]);
}

#[test]
fn many_graphs_may_change_from_call_to_call() {
    let gpu = gpu();
    let mut caller = Caller::new(8);
    let selector = Selector::new(&gpu.device, &options(Path::Fused)).unwrap();
    let shape = Shape { rows: 40, ..SHAPE };
    let mut used = selector.prepare_many(shape, 3).unwrap();
    for number in 0..20 {
        let graphs = 1 + caller.below(3);
        let calls: Vec<GraphCall> = (0..graphs)
            .map(|_| GraphCall {
                rows: [40, 25][caller.below(2)],
                keep: Keep::Count([5, 9][caller.below(2)]),
            })
            .collect();
        let [bank, listed, seed] = [0; 3].map(|_| caller.below(2));
        let view = Features::new(&caller.banks[bank]).dtype([Dtype::F32, Dtype::F16][bank]);
        let view = match listed {
            0 => view,
            _ => view.picked_by(&caller.lists[0], 0, BANK_ROWS),
        };
        let mut fresh = selector.prepare_many(shape, 3).unwrap();
        let [found, expected] = [&mut used, &mut fresh].map(|many| {
            many.reseed(seed as u64);
            let mut encoder = gpu.device.create_command_encoder(&Default::default());
            let kept = many.encode(&mut encoder, view, &calls);
            gpu.queue.submit([encoder.finish()]);
            many.read_kept(&gpu.queue, &kept.unwrap()).unwrap()
        });
        assert_eq!(found, expected, "call {number}");
    }
}

#[test]
fn matrices_may_change_from_call_to_call() {
    let gpu = gpu();
    let rows = 30;
    let mut noise = Noise(9);
    let mut matrix = || {
        let mut entries = vec![1.0f32; rows * rows];
        for i in 0..rows {
            for j in 0..i {
                let entry = noise.next();
                entries[i * rows + j] = entry;
                entries[j * rows + i] = entry;
            }
        }
        upload(bytemuck::cast_slice(&entries))
    };
    let matrices = [matrix(), matrix()];
    let selector = Selector::new(&gpu.device, &Options::gstds()).unwrap();
    let kind = MatrixKind::Similarity;
    let mut used = selector.prepare_matrix(kind, rows).unwrap();
    let mut selections = Vec::new();
    for at in [0, 0, 1, 0] {
        let mut fresh = selector.prepare_matrix(kind, rows).unwrap();
        let [found, expected] = [&mut used, &mut fresh].map(|graph| {
            let mut encoder = gpu.device.create_command_encoder(&Default::default());
            let view = Matrix::new(&matrices[at]);
            let kept = graph.encode(&mut encoder, view, Keep::Count(8)).unwrap();
            gpu.queue.submit([encoder.finish()]);
            graph.batch().read_kept(&gpu.queue, kept).unwrap()
        });
        assert_eq!(found, expected);
        selections.push(found);
    }
    assert_eq!(selections[0], selections[3]);
    assert_ne!(selections[0], selections[2]);
}

/// What the device refused to bind is refused again.
#[test]
fn a_binding_that_failed_is_not_kept() {
    let gpu = gpu();
    for path in Path::ALL {
        let selector = Selector::new(&gpu.device, &Options::gstds().path(*path)).unwrap();
        let mut batch = selector.prepare(SHAPE).unwrap();
        let caller = Caller::new(10);
        let destroyed = upload(&[0; 4 * SHAPE.rows * SHAPE.features]);
        destroyed.destroy();
        let mut encode = |buffer| {
            let mut encoder = gpu.device.create_command_encoder(&Default::default());
            let kept = batch.encode(&mut encoder, Features::new(buffer), Keep::Count(9));
            kept.map(|_| encoder.finish())
        };
        for call in 0..3 {
            let refused = encode(&destroyed);
            assert!(
                matches!(refused, Err(Error::Device { .. })),
                "{path} call {call}: {refused:?}"
            );
        }
        gpu.queue.submit([encode(&caller.banks[0]).unwrap()]);
    }
}

/// A call that creates nothing does not look at the features again; wgpu refuses its commands.
#[test]
fn features_destroyed_between_calls_are_found_at_submission() {
    let gpu = gpu();
    for path in Path::ALL {
        let selector = Selector::new(&gpu.device, &Options::gstds().path(*path)).unwrap();
        let mut batch = selector.prepare(SHAPE).unwrap();
        let caller = Caller::new(11);
        let soon_destroyed = upload(&[0; 4 * SHAPE.rows * SHAPE.features]);
        let mut submit = |buffer| {
            let scope = gpu.device.push_error_scope(wgpu::ErrorFilter::Validation);
            let mut encoder = gpu.device.create_command_encoder(&Default::default());
            let kept = batch.encode(&mut encoder, Features::new(buffer), Keep::Count(9));
            gpu.queue.submit([encoder.finish()]);
            (kept.map_err(drop), pollster::block_on(scope.pop()))
        };
        assert!(matches!(submit(&soon_destroyed), (Ok(9), None)), "{path}");
        soon_destroyed.destroy();
        assert!(
            matches!(submit(&soon_destroyed), (Ok(9), Some(_))),
            "{path}"
        );
        assert!(matches!(submit(&caller.banks[0]), (Ok(9), None)), "{path}");
    }
}
