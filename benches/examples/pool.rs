//! Selects a tenth of a pool of f16 features in one call, with memory that grows with its rows.
//!
//! `cargo run --release -p gstds-bench --example pool -- [ROWS] [FEATURES]`, by default 50,000 x
//! 512; 1,000,000 x 512 take 1.1 GB.

use gstds::{Dtype, Features, Keep, Options, Selector, Shape, adapter};
use std::time::Instant;

/// Rows converted and uploaded at once.
const CHUNK: usize = 8192;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse());
    let shape = Shape {
        rows: numbers.next().transpose()?.unwrap_or(50_000),
        features: numbers.next().transpose()?.unwrap_or(512),
    };
    let gpu = adapter::open(&adapter::AdapterRequest::default())?;
    let row_bytes = 2 * shape.features.next_multiple_of(2);
    let features = gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("pool"),
        size: (shape.rows * row_bytes) as u64,
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    upload(&gpu, &features, shape, row_bytes)?;

    let selector = Selector::new(&gpu.device, &Options::gstds())?;
    println!("{} bytes beside the pool", selector.workspace_bytes(shape)?);
    let mut batch = selector.prepare(shape)?;
    let start = Instant::now();
    let mut encoder = gpu.device.create_command_encoder(&Default::default());
    let view = Features::new(&features)
        .dtype(Dtype::F16)
        .stride(row_bytes / 2);
    let kept = batch.encode(&mut encoder, view, Keep::Ratio(0.1))?;
    gpu.queue.submit([encoder.finish()]);
    gpu.device.poll(wgpu::PollType::wait_indefinitely())?;
    let status = batch.read_status(&gpu.queue)?;
    println!(
        "{kept} of {} rows by path {} in {:.2?}: {} steps, residual {:.1e}",
        shape.rows,
        batch.path(),
        start.elapsed(),
        status.steps,
        status.residual
    );
    Ok(())
}

/// The benchmark's features again and again, each time with other noise.
fn upload(
    gpu: &adapter::Gpu,
    buffer: &wgpu::Buffer,
    shape: Shape,
    row_bytes: usize,
) -> Result<(), Box<dyn std::error::Error>> {
    let chunk = gstds_bench::features(CHUNK, shape.features);
    for first in (0..shape.rows).step_by(CHUNK) {
        let mut bytes = vec![0; CHUNK.min(shape.rows - first) * row_bytes];
        for (row, to) in bytes.chunks_mut(row_bytes).enumerate() {
            for column in 0..shape.features {
                let at = row * shape.features + column;
                let other = gstds_bench::noise((first * shape.features + at) as u32);
                let value = half::f16::from_f32(chunk[at] + 0.25 * other);
                to[2 * column..2 * column + 2].copy_from_slice(&value.to_le_bytes());
            }
        }
        gpu.queue
            .write_buffer(buffer, (first * row_bytes) as u64, &bytes);
        // Uploads wait in host memory until they are submitted and done.
        gpu.queue.submit([]);
        gpu.device.poll(wgpu::PollType::wait_indefinitely())?;
    }
    Ok(())
}
