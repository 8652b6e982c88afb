//! What a selection costs the thread that records it, on each path: microseconds of `encode`, of
//! `finish` and of `submit`, medians over calls with the same features and count.
//!
//! `cargo run --release -p gstds-bench --example host -- [CALLS]`, by default 200.

use gstds::{Batch, Features, GramSchmidt, Keep, Options, Path, Selector, Shape, adapter};
use gstds_bench::Spread;
use std::time::{Duration, Instant};

/// Few, so that the device has little to do.
const FEATURES: usize = 16;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let calls = std::env::args().nth(1).map(|text| text.parse());
    let calls = calls.transpose()?.unwrap_or(200);
    let gpu = adapter::open(&adapter::AdapterRequest::default())?;
    let twice = Options::gstds().gram_schmidt(GramSchmidt::Twice);
    let delayed = Options::gstds().gram_schmidt(GramSchmidt::Delayed);
    println!("rows  path       dispatches  encode  finish  submit");
    for (rows, path, options) in [
        (256, Path::Fused, &twice),
        (512, Path::Dense, &twice),
        (512, Path::Dense, &delayed),
        (1024, Path::LowRank, &twice),
    ] {
        let selector = Selector::new(&gpu.device, &options.clone().path(path))?;
        let shape = Shape {
            rows,
            features: FEATURES,
        };
        let mut batch = selector.prepare(shape)?;
        let features = gpu.upload("features", &gstds_bench::features(rows, FEATURES))?;
        let times = times(&gpu, &mut batch, &features, calls)?;
        let [encode, finish, submit] = times.map(|times| Spread::of(&times).median * 1e3);
        println!(
            "{rows:>4}  {path:<9}  {:>10}  {encode:>6.1}  {finish:>6.1}  {submit:>6.1}",
            batch.dispatches(rows)
        );
    }
    Ok(())
}

/// Times of encoding, finishing and submitting.
fn times(
    gpu: &adapter::Gpu,
    batch: &mut Batch,
    features: &wgpu::Buffer,
    calls: usize,
) -> Result<[Vec<Duration>; 3], Box<dyn std::error::Error>> {
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..calls.max(1) {
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        let start = Instant::now();
        batch.encode(&mut encoder, Features::new(features), Keep::Ratio(0.25))?;
        let encoded = Instant::now();
        let commands = encoder.finish();
        let finished = Instant::now();
        gpu.queue.submit([commands]);
        let submitted = Instant::now();
        times[0].push(encoded - start);
        times[1].push(finished - encoded);
        times[2].push(submitted - finished);
        gpu.device.poll(wgpu::PollType::wait_indefinitely())?;
    }
    Ok(times)
}
