//! Selection inside an application that has its own device, queue and encoder.
//!
//! `cargo run --release -p gstds --example embed`

use gstds::{Features, Keep, Options, Selector, Shape, adapter};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The application's own device; here opened for the example.
    let gpu = adapter::open(&adapter::Wanted::default())?;
    let (rows, columns) = (512, 128);
    let features = application_features(&gpu, rows, columns);

    let selector = Selector::new(&gpu.device, &Options::gstds())?;
    let shape = Shape {
        rows,
        features: columns,
    };
    let mut batch = selector.prepare(shape)?;

    let mut encoder = gpu.device.create_command_encoder(&Default::default());
    let kept = batch.encode(&mut encoder, Features::new(&features), Keep::Ratio(0.25))?;
    // More of the application's passes would follow here and read `batch.kept()` on the GPU.
    gpu.queue.submit([encoder.finish()]);

    // Only to show it: reading back waits.
    let status = batch.read_status(&gpu.queue)?;
    let rows_kept = batch.read_kept(&gpu.queue, kept)?;
    println!(
        "kept {kept} of {rows}, lambda2 {:.4}, residual {:.1e}, flags {}",
        status.lambda2,
        status.residual,
        status.flags()
    );
    println!("first kept rows: {:?}", &rows_kept[..8]);
    Ok(())
}

fn application_features(gpu: &adapter::Gpu, rows: usize, columns: usize) -> wgpu::Buffer {
    let value = |at: usize| ((at * 7919 % 1009) as f32 / 1009.0 + (at / columns % 3) as f32).sin();
    let data: Vec<f32> = (0..rows * columns).map(value).collect();
    let buffer = gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("the application's features"),
        size: size_of_val(data.as_slice()) as u64,
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    gpu.queue
        .write_buffer(&buffer, 0, bytemuck::cast_slice(&data));
    buffer
}
