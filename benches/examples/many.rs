//! Selects in 500 small graphs with one submission, and prints the time.
//!
//! `cargo run --release -p gstds-bench --example many`

use gstds::{Features, GraphCall, Keep, Options, Selector, Shape, adapter};
use std::time::Instant;

const GRAPHS: usize = 500;
const SHAPE: Shape = Shape {
    rows: 100,
    features: 100,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let gpu = adapter::open(&adapter::AdapterRequest::default())?;
    let data = gstds_bench::features(GRAPHS * SHAPE.rows, SHAPE.features);
    let features = gpu.upload("rows of all graphs", &data)?;

    let selector = Selector::new(&gpu.device, &Options::gstds())?;
    let mut many = selector.prepare_many(SHAPE, GRAPHS)?;
    // Graphs may differ in rows and in how many of them are kept.
    let call = GraphCall {
        rows: SHAPE.rows,
        keep: Keep::Ratio(0.25),
    };
    let mut times = Vec::new();
    let mut counts = Vec::new();
    for _ in 0..6 {
        let start = Instant::now();
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        counts = many.encode(&mut encoder, Features::new(&features), &[call; GRAPHS])?;
        gpu.queue.submit([encoder.finish()]);
        gpu.device.poll(wgpu::PollType::wait_indefinitely())?;
        times.push(start.elapsed());
    }
    // The first call warms up.
    times.remove(0);
    times.sort_unstable();
    let kept = many.read_kept(&gpu.queue, &counts)?;
    println!(
        "{GRAPHS} graphs in {:.1?}; graph 0 keeps {:?}",
        times[2], kept[0]
    );
    Ok(())
}
