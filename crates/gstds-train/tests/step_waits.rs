//! No host round trip in the trainer's own steps: wgpu's own log of maps and polls over them.
//!
//! Burn waits for one submission each time it has queued 512 kernels; its polls name that
//! submission, so they can be told apart from all others and are held to that number.

use burn::tensor::{Tensor, TensorData};
use gstds::adapter::AdapterRequest;
use gstds_burn::GpuDevice;
use gstds_data::{Dataset, ImageShape, Split};
use gstds_models::learner::LearnerConfig;
use gstds_train::{
    images::Residence,
    method::MethodName,
    run::{Clip, RunProgress, StepReport, TrainConfig, train_with},
};
use log::{LevelFilter, Log, Metadata, Record};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Kernels after which Burn waits (cubecl-wgpu 0.11.3, `MAX_TOTAL_TASKS`).
const KERNELS_A_WAIT: usize = 512;
const STEPS: usize = 8;
const BATCH: usize = 16;
const FEATURES: usize = 6;

/// The calls that wgpu-core logs.
const CALLS: [&str; 5] = [
    "Buffer::map_async",
    "Device::poll Wait { submission_index: Some",
    "Device::poll",
    "Queue::submit",
    "ComputePass::dispatch",
];

/// How often, in the order of [`CALLS`]; a call counts under the first that fits.
static COUNTS: [AtomicUsize; 5] = [const { AtomicUsize::new(0) }; 5];

struct Counter;

impl Log for Counter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("wgpu_core")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let text = record.args().to_string();
            if let Some(place) = CALLS.iter().position(|call| text.starts_with(call)) {
                COUNTS[place].fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn flush(&self) {}
}

#[derive(Clone, Copy, Debug)]
struct Calls {
    maps: usize,
    bounding: usize,
    polls: usize,
    submissions: usize,
    kernels: usize,
}

impl Calls {
    fn so_far() -> Self {
        let [maps, bounding, polls, submissions, kernels] =
            [0, 1, 2, 3, 4].map(|place: usize| COUNTS[place].load(Ordering::Relaxed));
        Self {
            maps,
            bounding,
            polls,
            submissions,
            kernels,
        }
    }

    fn since(self, earlier: Self) -> Self {
        Self {
            maps: self.maps - earlier.maps,
            bounding: self.bounding - earlier.bounding,
            polls: self.polls - earlier.polls,
            submissions: self.submissions - earlier.submissions,
            kernels: self.kernels - earlier.kernels,
        }
    }
}

/// The calls after each step.
#[derive(Default)]
struct Watch(Vec<Calls>);

impl gstds_data::Progress for Watch {}

impl RunProgress for Watch {
    fn step(&mut self, _: &StepReport) {
        self.0.push(Calls::so_far());
    }
}

fn dataset() -> Dataset {
    let shape = ImageShape {
        height: 4,
        width: 4,
        channels: 1,
    };
    let split = |name, images: usize| {
        let labels = (0..images).map(|i| (i % 2) as u16).collect();
        let pixels = (0..images * 16).map(|i| (i * i % 251) as u8).collect();
        Split::new(name, shape, pixels, labels, 2).expect("a sound split")
    };
    Dataset {
        name: "noise".into(),
        classes: vec!["even".into(), "odd".into()],
        train: split("train", STEPS * BATCH),
        test: split("test", 8),
    }
}

/// One epoch: the calls after each step, and those of the whole run.
fn run(
    device: &GpuDevice,
    (method, images): (MethodName, Residence),
    log_every: usize,
    steps: usize,
) -> (Watch, Calls) {
    let mut config = TrainConfig::new(method, true);
    config.residence = images;
    config.reweight = method == MethodName::Jest;
    config.augment = "flip,crop:1".parse().unwrap();
    config.batch = BATCH;
    config.epochs = 1;
    config.max_steps = Some(steps);
    config.image_side = 4;
    config.log_every = log_every;
    // Its norm is computed and used on the device.
    config.optimiser.clip = Clip::Norm(1.0);
    config.learner = LearnerConfig::Cifar {
        width: 2,
        blocks: 1,
    };
    let rows = STEPS * BATCH;
    let values = (0..rows * FEATURES).map(|i| ((i * i + 3 * i) % 101) as f32);
    let values = TensorData::new(values.collect::<Vec<_>>(), [rows, FEATURES]);
    let bank = Tensor::<2>::from_data(values, &device.burn);
    let mut watch = Watch::default();
    let before = Calls::so_far();
    train_with(device, &config, &dataset(), Some(bank), &mut watch).unwrap();
    (watch, Calls::so_far().since(before))
}

#[test]
fn steps_map_nothing_and_poll_no_more_than_burn_does_to_bound_its_queue() {
    log::set_logger(&Counter).unwrap();
    log::set_max_level(LevelFilter::Trace);
    let device = GpuDevice::open(&AdapterRequest::default()).unwrap();
    // Of the guided methods those that between them do what all do: graphs of several vectors, and
    // weights.
    let guided = [MethodName::SpectralGuided, MethodName::Jest];
    let tried = |method: &MethodName| guided.contains(method) || !method.spec().needs_losses();
    let resident = MethodName::ALL.iter().copied().filter(tried);
    let resident = resident.map(|method| (method, Residence::Device));
    let streamed = (MethodName::Gstds, Residence::Stream);
    for case in resident.chain([streamed]) {
        let (_, few) = run(&device, case, 100, 2);
        let (watch, many) = run(&device, case, 100, STEPS);
        assert_eq!(
            few.maps, many.maps,
            "{case:?}: maps of runs, {few:?} {many:?}"
        );
        assert!(many.kernels > few.kernels, "{case:?}: {few:?} {many:?}");
        // What follows the first step and precedes the last, whose loss is read.
        let steps = watch.0[STEPS - 2].since(watch.0[0]);
        assert_eq!([steps.maps, steps.polls], [0, 0], "{case:?}: {steps:?}");
        // One for the pictures of each step, and what Burn makes before it.
        assert!(steps.submissions >= STEPS - 2, "{case:?}: {steps:?}");
        assert!(
            steps.bounding <= 1 + steps.kernels / KERNELS_A_WAIT,
            "{case:?}: {steps:?}"
        );

        // The counter sees readings where there are some: after each step, and at the end.
        let (watch, _) = run(&device, case, 1, STEPS);
        let read = watch.0[STEPS - 2].since(watch.0[0]);
        assert!(read.maps > 0 && read.polls > 0, "{case:?}: {read:?}");
        assert!(many.maps > 0 && many.polls > 0, "{case:?}: {many:?}");
    }
}
