//! Choices by dispatches of little work leave what those by whole ones do.

use super::*;
use crate::{
    Batch, Options, Path,
    coverage::{Call, greedy::Greedy, medoids::Medoids},
    kernel::{Pipelines, pieces::PIECE_WORK},
    path_choice::Processor,
    workspace::WorkspaceSizes,
};
use std::sync::Arc;

const COLUMNS: usize = 20;
const COUNT: usize = 12;

fn pool() -> (Vec<f32>, Shape) {
    let (mut data, _) = Noise(5).groups(&[90, 70, 30, 20], COLUMNS, 1.5);
    data[7 * COLUMNS..8 * COLUMNS].fill(0.0);
    let rows = data.len() / COLUMNS;
    let shape = Shape {
        rows,
        features: COLUMNS,
    };
    (data, shape)
}

fn coverage(engine: Engine, rule: CoverageRule, shape: Shape) -> Coverage {
    Coverage {
        engine,
        device: gpu().device.clone(),
        shape,
        options: by(rule),
        most: COUNT,
        call: Call::default(),
    }
}

/// What a choice finds on poisoned buffers, and its command buffers.
fn chosen(coverage: &mut Coverage, data: &[f32]) -> (CoverageSelection, usize) {
    let Gpu { device, queue, .. } = gpu();
    poison(queue, coverage);
    let features = upload(device, queue, data);
    let view = Features::new(&features);
    let commands = coverage.record(view, COUNT - 1, &[3]).unwrap();
    let count = commands.len();
    for commands in commands {
        queue.submit([commands]);
    }
    (coverage.read(queue).unwrap(), count)
}

#[test]
fn cut_greedy_choices_are_those_of_whole_dispatches() {
    let (data, shape) = pool();
    let device = &gpu().device;
    // Too little for all similarities.
    let narrow = wgpu::Limits {
        max_storage_buffer_binding_size: 200_000,
        ..device.limits()
    };
    for (rule, limits) in [
        (CoverageRule::FacilityLocation, &device.limits()),
        (CoverageRule::FacilityLocation, &narrow),
        (CoverageRule::KCenter, &narrow),
    ] {
        let by_gain = rule == CoverageRule::FacilityLocation;
        let of_work = |work| {
            let made = Greedy::of_work(work, (device, limits), shape, COUNT, by_gain);
            let engine = Engine::Greedy(Box::new(made.unwrap()));
            chosen(&mut coverage(engine, rule, shape), &data)
        };
        let (whole, few) = of_work(PIECE_WORK);
        let (cut, many) = of_work(1);
        assert!(many > few, "{rule}: {many} for {few}");
        assert_eq!(cut.kept, whole.kept, "{rule}");
        let bits = |found: &CoverageSelection| found.objective.map(f64::to_bits);
        assert_eq!(bits(&cut), bits(&whole), "{rule}");
    }
}

fn words(medoids: &Medoids) -> Vec<Vec<u32>> {
    let Gpu { device, queue, .. } = gpu();
    let read = |buffer: &wgpu::Buffer| {
        let count = buffer.size() as usize / 4;
        let read = crate::transfer::read_back(device, queue, "buffer", buffer, count);
        crate::transfer::wait(device, "buffer", read).unwrap()
    };
    medoids.written().into_iter().map(read).collect()
}

#[test]
fn cut_medoids_leave_what_whole_dispatches_do() {
    let (data, shape) = pool();
    let device = &gpu().device;
    let options = by(CoverageRule::Medoids).vectors(6).spectral(COUNT);
    let options: Options = options.path(Path::Dense);
    let of_work = |work| {
        let processor = Processor::of(device);
        let mut sizes = WorkspaceSizes::on(processor, shape, &options).unwrap();
        sizes.piece_work = work;
        let pipelines = Arc::new(Pipelines::new(device, &options, None));
        let batch = pollster::block_on(Batch::new(pipelines, sizes)).unwrap();
        let medoids = pollster::block_on(Medoids::over(batch, COUNT)).unwrap();
        let engine = Engine::Medoids(Box::new(medoids));
        let mut coverage = coverage(engine, CoverageRule::Medoids, shape);
        let (found, count) = chosen(&mut coverage, &data);
        let Engine::Medoids(medoids) = &coverage.engine else {
            unreachable!("made so above");
        };
        (found.kept, count, words(medoids))
    };
    let (whole, few, expected) = of_work(PIECE_WORK);
    let (cut, many, left) = of_work(1);
    assert!(many > few, "{many} for {few}");
    assert_eq!(cut, whole);
    assert!(left == expected, "buffers differ");
}
