//! No host round trip: wgpu's own log of maps and polls over training steps with selection.
//!
//! Burn waits for an earlier submission once in 512 queued kernels, to bound its queue; ten steps
//! of this network stay below that, and the count shows it.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig, loss::CrossEntropyLossConfig};
use burn::optim::{GradientsParams, SgdConfig};
use burn::tensor::{Int, Tensor, TensorData, activation::relu};
use gstds::{Keep, Options, adapter::AdapterRequest};
use gstds_burn::{FiedlerSelector, GpuDevice};
use log::{LevelFilter, Log, Metadata, Record};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the calls that wgpu-core logs.
struct Counter {
    maps: AtomicUsize,
    polls: AtomicUsize,
    submissions: AtomicUsize,
}

static COUNTER: Counter = Counter {
    maps: AtomicUsize::new(0),
    polls: AtomicUsize::new(0),
    submissions: AtomicUsize::new(0),
};

impl Log for Counter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("wgpu_core")
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let text = record.args().to_string();
        let count = match () {
            () if text.starts_with("Buffer::map_async") => &self.maps,
            () if text.starts_with("Device::poll") => &self.polls,
            () if text == "Queue::submit" => &self.submissions,
            () => return,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    fn flush(&self) {}
}

impl Counter {
    /// Maps, polls and submissions so far.
    fn read(&self) -> [usize; 3] {
        [&self.maps, &self.polls, &self.submissions].map(|c| c.load(Ordering::Relaxed))
    }
}

#[derive(Module, Debug)]
struct Network {
    hidden: Linear,
    output: Linear,
}

const ROWS: usize = 320;
const WIDTH: usize = 12;
const BATCH: usize = 32;

#[test]
fn ten_steps_of_selection_and_training_map_nothing_and_poll_nothing() {
    log::set_logger(&COUNTER).unwrap();
    log::set_max_level(LevelFilter::Trace);
    let device = GpuDevice::open(&AdapterRequest::default()).unwrap();
    let gradients = device.burn.clone().autodiff();
    let selector = FiedlerSelector::new(&device, &Options::gstds()).unwrap();
    let mut network = Network {
        hidden: LinearConfig::new(WIDTH, 16).init(&gradients),
        output: LinearConfig::new(16, 3).init(&gradients),
    };
    let mut optimiser = SgdConfig::new().init();
    let criterion = CrossEntropyLossConfig::new().init(&gradients);
    let values: Vec<f32> = (0..ROWS * WIDTH)
        .map(|i| ((i * i + 7 * i) % 97) as f32 / 97.0)
        .collect();
    let bank = Tensor::<2>::from_data(TensorData::new(values, [ROWS, WIDTH]), &device.burn);
    let labels: Vec<i32> = (0..ROWS as i32).map(|i| i % 3).collect();
    let labels = Tensor::<1, Int>::from_data(TensorData::new(labels, [ROWS]), &device.burn);
    let order = Tensor::<1, Int>::arange(0..ROWS as i64, &device.burn);
    device.burn.sync().unwrap();

    let before = COUNTER.read();
    let mut last = None;
    for step in 0..10 {
        let rows = order.clone().slice_dim(0, step * BATCH..(step + 1) * BATCH);
        let kept = selector
            .select_rows(&bank, &rows, Keep::Ratio(0.25), step as u64)
            .unwrap();
        let rows = rows.select(0, kept);
        let inputs = bank.clone().select(0, rows.clone()).autodiff();
        let targets = labels.clone().select(0, rows).autodiff();
        let logits = network.output.forward(relu(network.hidden.forward(inputs)));
        let loss = criterion.forward(logits, targets);
        let grads = GradientsParams::from_grads(loss.backward(), &network);
        network = optimiser.step(0.1, network, grads);
        last = Some(loss);
    }
    let after = COUNTER.read();
    assert_eq!(after[0] - before[0], 0, "maps over ten steps");
    assert_eq!(after[1] - before[1], 0, "polls over ten steps");
    assert!(after[2] - before[2] >= 10, "every selection is submitted");

    let loss = last.unwrap().into_scalar::<f32>();
    assert!(loss.is_finite());
    let read = COUNTER.read();
    assert!(
        read[0] > after[0],
        "reading a tensor maps, and the counter sees it"
    );
    assert!(
        read[1] > after[1],
        "reading a tensor polls, and the counter sees it"
    );
}
