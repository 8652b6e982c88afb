//! Without waiting: readers whose future is ready once the caller has polled the device, and
//! preparation and adapters as futures.

mod support;

use gstds::{
    Batch, Coverage, CoverageOptions, CoverageRule, Error, Features, GraphCall, Keep,
    NeighbourOptions, Neighbours, Options, Path, Selector, Shape,
    adapter::{AdapterRequest, Gpu, NATIVE, list, list_async, open, open_async},
};
use std::{
    pin::{Pin, pin},
    sync::{Arc, Condvar, Mutex},
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};
use support::{Noise, gpu};

const SHAPE: Shape = Shape {
    rows: 96,
    features: 8,
};
const KEEP: Keep = Keep::Count(20);

/// Wakes a thread that waits for a future.
#[derive(Default)]
struct Signal {
    woken: Mutex<bool>,
    condition: Condvar,
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        *self.woken.lock().unwrap() = true;
        self.condition.notify_one();
    }
}

/// Runs a future to its end on this thread, which never polls the device.
fn run<T>(future: impl Future<Output = T>) -> T {
    let signal = Arc::<Signal>::default();
    let waker = signal.clone().into();
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        let woken = signal.woken.lock().unwrap();
        let limit = Duration::from_secs(30);
        let waited = signal.condition.wait_timeout_while(woken, limit, |w| !*w);
        let (mut woken, time) = waited.unwrap();
        assert!(!time.timed_out(), "nothing woke the future");
        *woken = false;
    }
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn at_once<F: Future>(future: F) -> F::Output {
    match poll_once(pin!(future)) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a native device had to be waited for"),
    }
}

fn sent<T: Send + 'static>(value: T) -> T {
    value
}

fn data(seed: u64) -> Vec<f32> {
    Noise(seed).features(SHAPE.rows, SHAPE.features)
}

fn submit(gpu: &Gpu, batch: &mut Batch, data: &[f32]) -> usize {
    let buffer = gpu.upload("features", data).unwrap();
    let mut encoder = gpu.device.create_command_encoder(&Default::default());
    let kept = batch.encode(&mut encoder, Features::new(&buffer), KEEP);
    gpu.queue.submit([encoder.finish()]);
    kept.unwrap()
}

#[test]
fn nothing_is_read_before_the_caller_polls_the_device() {
    // No other test polls this device.
    let gpu = open(&AdapterRequest::default()).unwrap();
    let selector = Selector::new(&gpu.device, &Options::default()).unwrap();
    let mut batch = selector.prepare(SHAPE).unwrap();
    let kept = submit(&gpu, &mut batch, &data(1));
    let mut read = pin!(batch.read_kept_async(&gpu.queue, kept));
    for _ in 0..20 {
        assert!(poll_once(read.as_mut()).is_pending());
        std::thread::sleep(Duration::from_millis(5));
    }
    gpu.device
        .poll(wgpu::PollType::wait_indefinitely())
        .unwrap();
    let Poll::Ready(rows) = poll_once(read) else {
        panic!("the device is done");
    };
    assert_eq!(rows.unwrap(), batch.read_kept(&gpu.queue, kept).unwrap());
}

#[test]
fn another_thread_may_poll_for_the_one_that_reads() {
    let gpu = gpu();
    let options = Options::default().path(Path::Dense).vectors(2);
    let selector = Selector::new(&gpu.device, &options).unwrap();
    let mut batch = selector.prepare(SHAPE).unwrap();
    let kept = submit(gpu, &mut batch, &data(2));
    let queue = &gpu.queue;
    let read = (
        sent(batch.read_status_async(queue)),
        sent(batch.read_kept_async(queue, kept)),
        sent(batch.read_scores_async(queue, SHAPE.rows)),
        sent(batch.read_vectors_async(queue, SHAPE.rows)),
        sent(batch.read_spectrum_async(queue)),
    );
    let device = gpu.device.clone();
    let polling = std::thread::spawn(move || device.poll(wgpu::PollType::wait_indefinitely()));
    assert_eq!(
        run(read.0).unwrap(),
        batch.read_status(queue).unwrap(),
        "status"
    );
    polling.join().unwrap().unwrap();
    assert_eq!(run(read.1).unwrap(), batch.read_kept(queue, kept).unwrap());
    let scores = run(read.2).unwrap();
    assert_eq!(scores, batch.read_scores(queue, SHAPE.rows).unwrap());
    let vectors = run(read.3).unwrap();
    assert_eq!(vectors, batch.read_vectors(queue, SHAPE.rows).unwrap());
    assert_eq!((vectors.len(), &vectors[0]), (2, &scores));
    let spectrum = run(read.4).unwrap();
    assert_eq!(spectrum, batch.read_spectrum(queue).unwrap());
    assert_eq!(spectrum.unwrap().vectors, 2);
}

#[test]
fn a_read_has_what_was_there_when_it_was_asked_for() {
    let gpu = gpu();
    let selector = Selector::new(&gpu.device, &Options::default()).unwrap();
    let mut batch = selector.prepare(SHAPE).unwrap();
    let kept = submit(gpu, &mut batch, &data(3));
    let first = batch.read_kept_async(&gpu.queue, kept);
    submit(gpu, &mut batch, &data(4));
    let second = batch.read_kept(&gpu.queue, kept).unwrap();
    let first = run(first).unwrap();
    assert_ne!(first, second);
    submit(gpu, &mut batch, &data(3));
    assert_eq!(first, batch.read_kept(&gpu.queue, kept).unwrap());
}

#[test]
fn many_graphs_are_read_without_waiting_too() {
    let gpu = gpu();
    let selector = Selector::new(&gpu.device, &Options::default()).unwrap();
    let mut many = at_once(selector.prepare_many_async(SHAPE, 2)).unwrap();
    let rows = [60, 36];
    let calls = rows.map(|rows| GraphCall { rows, keep: KEEP });
    let buffer = gpu.upload("features", &data(5)).unwrap();
    let mut encoder = gpu.device.create_command_encoder(&Default::default());
    let view = Features::new(&buffer);
    let counts = many.encode(&mut encoder, view, &calls).unwrap();
    let queue = &gpu.queue;
    queue.submit([encoder.finish()]);
    let read = (
        sent(many.read_status_async(queue, 2)),
        sent(many.read_kept_async(queue, &counts)),
        sent(many.read_scores_async(queue, &rows)),
    );
    let kept = many.read_kept(queue, &counts).unwrap();
    assert_eq!(run(read.1).unwrap(), kept);
    assert_eq!(kept.lengths(), counts);
    let scores = run(read.2).unwrap();
    assert_eq!(scores, many.read_scores(queue, &rows).unwrap());
    assert_eq!(scores.lengths(), rows);
    let statuses = run(read.0).unwrap().into_iter().map(Result::unwrap);
    assert!(statuses.zip(rows).all(|(s, rows)| s.rows as usize == rows));
}

trait Lengths {
    fn lengths(&self) -> Vec<usize>;
}

impl<T> Lengths for Vec<Vec<T>> {
    fn lengths(&self) -> Vec<usize> {
        self.iter().map(Vec::len).collect()
    }
}

#[test]
fn native_adapters_and_workspaces_are_there_at_once() {
    let names = |infos: Vec<wgpu::AdapterInfo>| infos.into_iter().map(|info| info.name);
    let listed: Vec<_> = names(list(NATIVE)).collect();
    assert!(names(at_once(list_async(NATIVE))).eq(listed));
    let gpu = at_once(open_async(&AdapterRequest::default())).unwrap();
    let missing = AdapterRequest::default().name("no such adapter");
    let refused = at_once(open_async(&missing)).unwrap_err();
    assert!(matches!(refused, Error::UnknownAdapter { .. }), "{refused}");

    let selector = Selector::new(&gpu.device, &Options::default()).unwrap();
    let batch = at_once(sent(selector.prepare_async(SHAPE))).unwrap();
    assert_eq!(batch.shape(), SHAPE);
    let nothing = Shape { rows: 0, ..SHAPE };
    let refused = at_once(selector.prepare_async(nothing)).unwrap_err();
    assert!(matches!(refused, Error::EmptyShape { .. }), "{refused}");
}

#[test]
fn pools_are_prepared_and_read_without_waiting() {
    let gpu = gpu();
    let device = &gpu.device;
    let data = Noise(4).features(SHAPE.rows, SHAPE.features);
    let features = gpu.upload("features", &data).unwrap();
    let poll = || device.poll(wgpu::PollType::wait_indefinitely()).unwrap();

    let options = NeighbourOptions::default();
    let search = at_once(Neighbours::prepare_async(device, SHAPE, &options)).unwrap();
    gpu.queue
        .submit(search.record(Features::new(&features)).unwrap());
    let lists = search.read_async(&gpu.queue, SHAPE.rows);
    poll();
    assert_eq!(at_once(lists).unwrap().rows.len(), 15 * SHAPE.rows);
    let none = Shape { rows: 0, ..SHAPE };
    assert!(at_once(Neighbours::prepare_async(device, none, &options)).is_err());

    for rule in CoverageRule::ALL {
        let options = CoverageOptions::new(*rule);
        let mut coverage = at_once(Coverage::prepare_async(device, SHAPE, 5, &options)).unwrap();
        let commands = coverage.record(Features::new(&features), 5, &[]).unwrap();
        gpu.queue.submit(commands);
        let clusters = coverage.read_clusters_async(&gpu.queue);
        poll();
        let clusters = at_once(clusters).unwrap();
        assert_eq!(clusters, coverage.read_clusters(&gpu.queue).unwrap());
        let of_medoids = *rule == CoverageRule::Medoids;
        assert_eq!(clusters.map(|c| c.len()), of_medoids.then_some(SHAPE.rows));
    }
}

#[test]
fn a_lost_device_ends_every_future() {
    let gpu = open(&AdapterRequest::default()).unwrap();
    let selector = Selector::new(&gpu.device, &Options::default()).unwrap();
    let batch = selector.prepare(SHAPE).unwrap();
    gpu.device.destroy();
    let lost = [
        at_once(selector.prepare_async(SHAPE)).map(drop),
        at_once(selector.prepare_many_async(SHAPE, 2)).map(drop),
        at_once(batch.read_status_async(&gpu.queue)).map(drop),
        at_once(batch.read_scores_async(&gpu.queue, 5)).map(drop),
    ];
    for result in lost {
        assert!(matches!(result, Err(Error::DeviceLost)), "{result:?}");
    }
}

#[test]
fn a_selector_keeps_its_kernels_between_blocking_selections() {
    let gpu = gpu();
    let options = Options::default();
    let selector = Selector::new(&gpu.device, &options).unwrap();
    for seed in 6..8 {
        let data = data(seed);
        let kept = selector.select_blocking(&gpu.queue, &data, SHAPE, KEEP);
        let anew =
            gstds::select_blocking(&gpu.device, &gpu.queue, &options, &data, SHAPE, KEEP).unwrap();
        let kept = kept.unwrap();
        assert_eq!((kept.kept, kept.scores), (anew.kept, anew.scores));
    }
    let refused = selector.select_blocking(&gpu.queue, &[1.0; 7], SHAPE, KEEP);
    assert!(matches!(refused, Err(Error::DataLength { found: 7, .. })));
}
