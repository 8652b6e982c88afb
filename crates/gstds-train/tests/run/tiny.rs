//! A data set that a tiny network learns in a few steps, and runs on it.

use burn::tensor::{Tensor, TensorData};
use gstds::adapter::AdapterRequest;
use gstds_burn::GpuDevice;
use gstds_data::{Dataset, ImageShape, Split};
use gstds_models::learner::LearnerConfig;
use gstds_train::{
    Result,
    method::MethodName,
    run::{RunProgress, StepReport, Summary, TrainConfig, train_with},
};
use std::sync::OnceLock;

pub(crate) const TRAIN: usize = 80;
pub(crate) const BATCH: usize = 32;

/// One device for all tests of this binary.
pub(crate) fn device() -> &'static GpuDevice {
    static DEVICE: OnceLock<GpuDevice> = OnceLock::new();
    DEVICE.get_or_init(|| {
        GpuDevice::open(&AdapterRequest::default()).expect("the tests need an adapter")
    })
}

/// Images whose upper or lower half is bright, by class, with some noise.
pub(crate) fn dataset() -> Dataset {
    let shape = ImageShape {
        height: 8,
        width: 8,
        channels: 1,
    };
    let split = |name, images: usize| {
        let labels: Vec<u16> = (0..images).map(|i| (i % 2) as u16).collect();
        let pixel = |i: usize, p: usize| {
            let bright = (p < 32) == i.is_multiple_of(2);
            let noise = ((i * 131 + p * 71) % 89) as u8;
            if bright { 160 + noise } else { noise }
        };
        let pixels = (0..images)
            .flat_map(|i| (0..64).map(move |p| pixel(i, p)))
            .collect();
        Split::new(name, shape, pixels, labels, 2).expect("a sound split")
    };
    Dataset {
        name: "halves".into(),
        classes: vec!["upper".into(), "lower".into()],
        train: split("train", TRAIN),
        test: split("test", 20),
    }
}

pub(crate) fn config(method: MethodName) -> TrainConfig {
    let mut config = TrainConfig::new(method, true);
    config.batch = BATCH;
    config.epochs = 2;
    config.image_side = 4;
    config.log_every = 1;
    config.learner = LearnerConfig::Cifar {
        width: 2,
        blocks: 1,
    };
    config
}

/// Feature rows that differ by image.
pub(crate) fn bank() -> Tensor<2> {
    let values: Vec<f32> = (0..TRAIN * 6)
        .map(|i| ((i * i + 3 * i) % 101) as f32 / 101.0)
        .collect();
    Tensor::from_data(TensorData::new(values, [TRAIN, 6]), &device().burn)
}

/// Every step's report.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    pub steps: Vec<StepReport>,
}

impl gstds_data::Progress for Watch {}

impl RunProgress for Watch {
    fn step(&mut self, report: &StepReport) {
        self.steps.push(report.clone());
    }
}

/// The loss of every step read, as the run's folder has them.
pub(crate) fn losses(config: &TrainConfig) -> Result<(Summary, Vec<f64>)> {
    let root = tempfile::tempdir().expect("a temporary folder");
    let mut config = config.clone();
    config.out = Some(root.path().join("run"));
    let (summary, _) = run(&config)?;
    let text = std::fs::read_to_string(root.path().join("run/metrics.jsonl"))
        .expect("a run writes its metrics");
    let losses = text.lines().map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
        line["loss"].as_f64()
    });
    Ok((summary, losses.flatten().collect()))
}

pub(crate) fn run(config: &TrainConfig) -> Result<(Summary, Watch)> {
    let mut watch = Watch::default();
    let summary = train_with(device(), config, &dataset(), Some(bank()), &mut watch)?;
    Ok((summary, watch))
}
