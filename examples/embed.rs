//! Selection inside an application that has its own wgpu device, queue and encoder: a pass of the
//! application's draws the kept rows' scores as bars, into a buffer of pixels and nowhere else.
//!
//! `cargo run --release -p gstds --example embed`

use gstds::{Batch, Features, Keep, Options, Order, Selector, Shape, adapter};

/// Samples and the width of their features.
pub const SHAPE: Shape = Shape {
    rows: 512,
    features: 128,
};
/// Pixels of a bar from bottom to top; a score of 0 reaches the middle.
pub const HEIGHT: usize = 64;
/// Pixels a unit of score.
pub const SCALE: f32 = 300.0;

/// The application's shader: a thread a pixel, a column a kept row.
const BARS: &str = "
@group(0) @binding(0) var<storage, read> kept: array<u32>;
@group(0) @binding(1) var<storage, read> scores: array<f32>;
@group(0) @binding(2) var<storage, read_write> pixels: array<u32>;
override scale: f32;

@compute @workgroup_size(1, 64)
fn main(@builtin(global_invocation_id) at: vec3<u32>, @builtin(num_workgroups) size: vec3<u32>) {
    let level = 32.0 + scale * scores[kept[at.x]];
    pixels[at.y * size.x + at.x] = select(0xff000000u, 0xffffffffu, f32(at.y) < level);
}";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Stands for the application's own device.
    let gpu = adapter::open(&adapter::AdapterRequest::default())?;
    let (width, pixels) = draw(&gpu.device, &gpu.queue, &features())?;
    for line in pixels.chunks(width).rev().step_by(8) {
        let glyph = |pixel: &u32| if *pixel == u32::MAX { '#' } else { ' ' };
        println!("{}", line.iter().map(glyph).collect::<String>());
    }
    Ok(())
}

/// Selects and draws in one submission. Returns columns and pixels, the lowest line first.
pub fn draw(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    features: &[f32],
) -> Result<(usize, Vec<u32>), Box<dyn std::error::Error>> {
    let bank = storage(device, size_of_val(features) as u64);
    queue.write_buffer(&bank, 0, bytemuck::cast_slice(features));
    // In the order of the scores, so that the bars fall from left to right.
    let options = Options::gstds().order(Order::Rank);
    let selector = Selector::new(device, &options)?;
    let mut batch = selector.prepare(SHAPE)?;

    let mut encoder = device.create_command_encoder(&Default::default());
    let columns = batch.encode(&mut encoder, Features::new(&bank), Keep::Ratio(0.25))?;
    // How many rows are kept is known here; which ones this pass reads on the GPU.
    let pixels = storage(device, (columns * HEIGHT * 4) as u64);
    record_bars(device, &mut encoder, &batch, &pixels, columns as u32);
    queue.submit([encoder.finish()]);
    Ok((columns, read(device, queue, &pixels)?))
}

fn record_bars(
    device: &wgpu::Device,
    encoder: &mut wgpu::CommandEncoder,
    batch: &Batch,
    pixels: &wgpu::Buffer,
    columns: u32,
) {
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("bars"),
        source: wgpu::ShaderSource::Wgsl(BARS.into()),
    });
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some("bars"),
        layout: None,
        module: &module,
        entry_point: Some("main"),
        compilation_options: wgpu::PipelineCompilationOptions {
            constants: &[("scale", f64::from(SCALE))],
            ..Default::default()
        },
        cache: None,
    });
    let buffers = [batch.kept(), batch.scores(), pixels];
    let entries = [0, 1, 2].map(|binding| wgpu::BindGroupEntry {
        binding,
        resource: buffers[binding as usize].as_entire_binding(),
    });
    let bound = device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("bars"),
        layout: &pipeline.get_bind_group_layout(0),
        entries: &entries,
    });
    let mut pass = encoder.begin_compute_pass(&Default::default());
    pass.set_pipeline(&pipeline);
    pass.set_bind_group(0, &bound, &[]);
    pass.dispatch_workgroups(columns, 1, 1);
}

fn storage(device: &wgpu::Device, size: u64) -> wgpu::Buffer {
    use wgpu::BufferUsages as Usage;
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("the application's"),
        size,
        usage: Usage::STORAGE | Usage::COPY_DST | Usage::COPY_SRC,
        mapped_at_creation: false,
    })
}

/// Only to show the picture: reading back waits.
fn read(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    pixels: &wgpu::Buffer,
) -> Result<Vec<u32>, Box<dyn std::error::Error>> {
    let staging = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("picture"),
        size: pixels.size(),
        usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    let mut encoder = device.create_command_encoder(&Default::default());
    encoder.copy_buffer_to_buffer(pixels, 0, &staging, 0, pixels.size());
    queue.submit([encoder.finish()]);
    let (sender, receiver) = std::sync::mpsc::channel();
    staging.map_async(wgpu::MapMode::Read, .., move |result| {
        let _ = sender.send(result);
    });
    device.poll(wgpu::PollType::wait_indefinitely())?;
    receiver.recv()??;
    Ok(bytemuck::pod_collect_to_vec(&staging.get_mapped_range(..)?))
}

/// Rows of three kinds with noise, SHAPE in row-major order.
pub fn features() -> Vec<f32> {
    let value = |at: usize| {
        let kind = at / SHAPE.features % 3;
        ((at * 7919 % 1009) as f32 / 1009.0 + kind as f32).sin()
    };
    (0..SHAPE.rows * SHAPE.features).map(value).collect()
}
