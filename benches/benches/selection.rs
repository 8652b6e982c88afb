//! Time of one selection in one submission, by criterion: device timestamps, or the wall clock
//! where the device has none; the benchmark's name contains which. Throughput counts rows.
//!
//! `cargo bench -p gstds-bench --bench selection`, with criterion's own flags. `GSTDS_BENCH_ROWS`
//! and `GSTDS_BENCH_FEATURES` set the grid, as numbers separated by commas. Stages, rates and
//! ceilings, in interleaved rounds, are what `gstds bench` shows.

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use gstds::{
    Batch, Features, Keep, Options, Selector, Shape,
    adapter::{AdapterRequest, Gpu, open},
    profile::{Timing, selection_blocking},
};
use gstds_bench::features;
use std::time::Duration;

fn main() {
    let gpu = open(&AdapterRequest::default()).unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(3)
    });
    let info = gpu.adapter.get_info();
    println!(
        "adapter: {} ({}, {} {})",
        info.name, info.backend, info.driver, info.driver_info
    );
    // Two minutes in all on a software adapter; flags take precedence.
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(5))
        .configure_from_args();
    for columns in numbers("GSTDS_BENCH_FEATURES", &[512]) {
        for rows in numbers("GSTDS_BENCH_ROWS", &[128, 256, 512, 1024]) {
            let shape = Shape {
                rows,
                features: columns,
            };
            measure(&mut criterion, &gpu, shape);
        }
    }
    criterion.final_summary();
}

/// The numbers that a variable lists.
fn numbers(variable: &str, otherwise: &[usize]) -> Vec<usize> {
    let Ok(text) = std::env::var(variable) else {
        return otherwise.to_vec();
    };
    let numbers: Result<Vec<usize>, _> = text.split(',').map(str::parse).collect();
    numbers.unwrap_or_else(|_| {
        eprintln!("{variable} is '{text}'; expected numbers separated by commas");
        std::process::exit(2)
    })
}

fn measure(criterion: &mut Criterion, gpu: &Gpu, shape: Shape) {
    let selector = Selector::new(&gpu.device, &Options::gstds()).expect("default options");
    let mut batch = selector.prepare(shape).unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(1)
    });
    let data = features(shape.rows, shape.features);
    let buffer = gpu.upload("bench features", &data).unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(1)
    });
    let clock = select(gpu, &mut batch, &buffer).clock().name();
    let mut group = criterion.benchmark_group("selection");
    group
        .sampling_mode(SamplingMode::Flat)
        .throughput(Throughput::Elements(shape.rows as u64));
    let size = format!("{} x {}, {}", shape.rows, shape.features, batch.path());
    group.bench_function(BenchmarkId::new(clock, size), |bencher| {
        bencher.iter_custom(|iterations| {
            let times = (0..iterations).map(|_| select(gpu, &mut batch, &buffer).best());
            times.sum()
        });
    });
    group.finish();
}

fn select(gpu: &Gpu, batch: &mut Batch, buffer: &wgpu::Buffer) -> Timing {
    let view = Features::new(buffer);
    selection_blocking(batch, &gpu.queue, view, Keep::Ratio(0.25)).expect("a selection")
}
