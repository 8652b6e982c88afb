//! Recording a selection touches the host's side of the queue not at all: no submission, map,
//! poll or write; and a call like the one before creates nothing. Counted from wgpu's own API log;
//! alone in its binary, since the log is global.

mod support;

use gstds::{Features, GraphCall, Keep, Matrix, MatrixKind, Options, Path, Selector, Shape};
use std::sync::atomic::{AtomicUsize, Ordering};
use support::{Noise, gpu, upload};

struct Counter {
    submits: AtomicUsize,
    waits: AtomicUsize,
    writes: AtomicUsize,
    creations: AtomicUsize,
}

static COUNTER: Counter = Counter {
    submits: AtomicUsize::new(0),
    waits: AtomicUsize::new(0),
    writes: AtomicUsize::new(0),
    creations: AtomicUsize::new(0),
};

impl log::Log for Counter {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target().starts_with("wgpu_core")
    }

    fn log(&self, record: &log::Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let message = record.args().to_string();
        let counted = [
            ("Queue::submit returned", &self.submits),
            ("Buffer::map_async", &self.waits),
            ("Device::poll", &self.waits),
            ("Queue::write_buffer", &self.writes),
            ("Device::create_buffer", &self.creations),
            ("Device::create_bind_group ", &self.creations),
        ];
        for (call, count) in counted {
            if message.starts_with(call) {
                count.fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    fn flush(&self) {}
}

fn counts() -> [usize; 3] {
    [&COUNTER.submits, &COUNTER.waits, &COUNTER.writes].map(|c| c.load(Ordering::SeqCst))
}

fn creations() -> usize {
    COUNTER.creations.load(Ordering::SeqCst)
}

/// One test, since the log is every test's.
#[test]
fn encoding_records_only() {
    log::set_logger(&COUNTER).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    nothing_reaches_the_queue();
    a_repeated_call_creates_nothing();
}

fn a_repeated_call_creates_nothing() {
    let gpu = gpu();
    let features = upload(bytemuck::cast_slice(&Noise(22).features(100, 32)));
    let weights = upload(bytemuck::cast_slice(&[1.0f32; 50 * 50]));
    let shape = Shape {
        rows: 100,
        features: 32,
    };
    let mut encoder = gpu.device.create_command_encoder(&Default::default());
    for path in Path::ALL {
        let selector = Selector::new(&gpu.device, &Options::gstds().path(*path)).unwrap();
        let mut batch = selector.prepare(shape).unwrap();
        let mut many = selector.prepare_many(shape, 1).unwrap();
        let mut graph = selector.prepare_matrix(MatrixKind::Affinity, 50).unwrap();
        let mut creations_of = |count, seed| {
            let (view, keep) = (Features::new(&features), Keep::Count(count));
            let before = creations();
            batch.reseed(seed);
            batch.encode(&mut encoder, view, keep).unwrap();
            let of_batch = creations() - before;
            many.reseed(seed);
            many.encode(&mut encoder, view, &[GraphCall { rows: 100, keep }])
                .unwrap();
            let of_many = creations() - before - of_batch;
            let matrix = Matrix::new(&weights).rows(50);
            graph.reseed(seed);
            graph.encode(&mut encoder, matrix, keep).unwrap();
            let of_matrix = creations() - before - of_batch - of_many;
            [of_batch, of_many, of_matrix]
        };
        let first = creations_of(20, 1);
        assert!(first[0] >= 2 && first[1] >= 3, "{path} {first:?}");
        assert!(first[2] >= 3, "{path} {first:?}");
        assert_eq!(creations_of(20, 1), [0; 3], "{path}");
        let with_other_seed = creations_of(20, 2);
        assert!(with_other_seed[0] >= 1, "{path} {with_other_seed:?}");
        let with_other_count = creations_of(21, 2);
        assert!(with_other_count[0] >= 1, "{path} {with_other_count:?}");
        let before = creations();
        let (view, keep) = (Features::new(&features), Keep::Count(21));
        let most = std::num::NonZeroU32::new(3).unwrap();
        batch.encode_parts(view, keep, most).unwrap();
        assert_eq!(creations(), before, "{path}");
    }
}

fn nothing_reaches_the_queue() {
    let gpu = gpu();
    let features = upload(bytemuck::cast_slice(&Noise(21).features(200, 32)));
    let selector = Selector::new(&gpu.device, &Options::default()).unwrap();
    let mut batch = selector
        .prepare(Shape {
            rows: 200,
            features: 32,
        })
        .unwrap();
    let shape = Shape {
        rows: 50,
        features: 32,
    };
    let mut many = selector.prepare_many(shape, 4).unwrap();
    let calls = [GraphCall {
        rows: 50,
        keep: Keep::Count(10),
    }; 4];

    let before = counts();
    assert!(before[2] > 0, "the counter sees the upload above");
    let mut encoder = gpu.device.create_command_encoder(&Default::default());
    for step in 0..10 {
        batch.reseed(step);
        let keep = Keep::Count(20 + step as usize);
        batch
            .encode(&mut encoder, Features::new(&features), keep)
            .unwrap();
    }
    many.encode(&mut encoder, Features::new(&features), &calls)
        .unwrap();
    let commands = encoder.finish();
    assert_eq!(counts(), before, "[submits, waits, writes] while recording");

    gpu.queue.submit([commands]);
    assert_eq!(
        counts()[0],
        before[0] + 1,
        "the counter sees the caller's own submission"
    );
    assert_eq!(batch.read_kept(&gpu.queue, 29).unwrap().len(), 29);
    let kept = many.read_kept(&gpu.queue, &[10; 4]).unwrap();
    assert!(kept.iter().all(|rows| rows.len() == 10 && rows[9] < 50));
    assert!(
        counts()[1] > before[1],
        "the counter sees a wait when there is one"
    );
}
