//! Similarities by teams that share the features of a tile, which software adapters do not take by
//! themselves, against their twin in f64.

use crate::{
    Affinity, Batch, Features, Keep, Options, Path, Shape, Storage,
    adapter::{AdapterRequest, Gpu, open},
    kernel::Pipelines,
    path_choice::Processor,
    transfer, twin,
    workspace::WorkspaceSizes,
};
use std::sync::{Arc, OnceLock};

fn gpu() -> &'static Gpu {
    static GPU: OnceLock<Gpu> = OnceLock::new();
    GPU.get_or_init(|| {
        open(&AdapterRequest::default()).expect("tests need a Vulkan, Metal or DX12 adapter")
    })
}

/// Entries of both signs, two rows alike, and one of zeros.
fn data(shape: Shape) -> Vec<f32> {
    let Shape { rows, features } = shape;
    let entry = |at: usize| {
        let (row, column) = (at / features, at % features);
        let row = if row == rows / 2 { 0 } else { row };
        let mixed = row * 7919 + column * 104_729 + row * column * 31;
        (mixed % 997) as f32 / 997.0 - 0.4
    };
    let mut data: Vec<f32> = (0..rows * features).map(entry).collect();
    if rows > 4 {
        data[features..2 * features].fill(0.0);
    }
    data
}

/// What a selection leaves in poisoned buffers.
struct Left {
    batch: Batch,
}

impl Left {
    fn by(options: &Options, shape: Shape, split: bool) -> Self {
        let Gpu { device, queue, .. } = gpu();
        let mut sizes = WorkspaceSizes::on(Processor::Software, shape, options).unwrap();
        sizes.splits_features = split;
        let pipelines = Arc::new(Pipelines::new(device, options, None));
        let mut batch = pollster::block_on(Batch::new(pipelines, sizes)).unwrap();
        for (_, buffer) in batch.buffers() {
            let words = vec![0xffff_fff0_u32; buffer.size() as usize / 4];
            queue.write_buffer(buffer, 0, bytemuck::cast_slice(&words));
        }
        let features = transfer::upload(device, queue, "features", &data(shape)).unwrap();
        let mut encoder = device.create_command_encoder(&Default::default());
        let keep = Keep::Count(shape.rows / 3);
        batch
            .encode(&mut encoder, Features::new(&features), keep)
            .unwrap();
        queue.submit([encoder.finish()]);
        Self { batch }
    }

    fn words(&self, name: &'static str) -> Vec<u32> {
        let buffers = self.batch.buffers();
        let (_, buffer) = buffers.iter().find(|(of, _)| *of == name).unwrap();
        let Gpu { device, queue, .. } = gpu();
        let count = buffer.size() as usize / 4;
        let read = transfer::read_back(device, queue, name, buffer, count);
        transfer::wait(device, name, read).unwrap()
    }

    fn floats(&self, name: &'static str) -> Vec<f32> {
        self.words(name).into_iter().map(f32::from_bits).collect()
    }
}

fn dense() -> Options {
    Options::default().path(Path::Dense)
}

#[test]
fn teams_compute_the_similarities_of_the_twin() {
    for (rows, features) in [(3, 1), (63, 15), (64, 16), (65, 17), (130, 33), (257, 70)] {
        let shape = Shape { rows, features };
        let left = Left::by(&dense(), shape, true);
        let found = left.floats("similarity");
        let (unit, _) = twin::normalize(&data(shape), features);
        let expected = twin::similarity(&unit, features);
        let leading = rows.next_multiple_of(64);
        for (at, &value) in found.iter().enumerate() {
            let (i, j) = (at / leading, at % leading);
            let inside = i < rows && j < rows;
            let expected = if inside { expected[i * rows + j] } else { 0.0 };
            let error = (f64::from(value) - expected).abs();
            assert!(error <= 2e-6, "{shape:?} S[{i}][{j}]: {value}, {expected}");
            let mirrored = found[j * leading + i];
            assert_eq!(value.to_bits(), mirrored.to_bits(), "{shape:?}");
        }
        let alike = |name| {
            let words = left.words(name);
            assert_eq!(words[0], words[rows / 2], "{shape:?}: {name}");
        };
        alike("row_sum");
        alike("row_minimum");
        alike("scores");
    }
}

/// Sums and minima of rows, and what follows from them.
#[test]
fn teams_leave_what_one_does() {
    let shape = Shape {
        rows: 150,
        features: 40,
    };
    for options in [
        dense(),
        dense().affinity(Affinity::Clamp),
        dense().affinity(Affinity::Exp),
        dense().storage(Storage::Half),
    ] {
        let [one, teams] = [false, true].map(|split| Left::by(&options, shape, split));
        // f16 steps by 5e-4 below 1.
        let step = match options.storage {
            Storage::Full => 1e-6,
            Storage::Half => 5e-4,
        };
        for (name, most) in [("row_sum", 150.0), ("row_minimum", 1.0), ("diagonal", 1.0)] {
            let pairs = one.floats(name).into_iter().zip(teams.floats(name));
            for (row, (one, teams)) in pairs.take(shape.rows).enumerate() {
                let error = (one - teams).abs();
                let within = error <= most * step;
                assert!(within, "{options:?} {name} {row}: {teams}, {one}");
            }
        }
    }
}
