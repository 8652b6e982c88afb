//! What a kernel wrote, for tests.

/// Submits the commands, and reads a buffer of f32 once they are done.
pub(crate) fn read_back(
    gpu: &gstds::adapter::Gpu,
    mut encoder: wgpu::CommandEncoder,
    buffer: &wgpu::Buffer,
) -> Vec<f32> {
    let to_host = gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: buffer.size(),
        usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    encoder.copy_buffer_to_buffer(buffer, 0, &to_host, 0, buffer.size());
    gpu.queue.submit([encoder.finish()]);
    to_host.map_async(wgpu::MapMode::Read, .., |mapped| mapped.unwrap());
    let waiting = wgpu::PollType::wait_indefinitely();
    gpu.device.poll(waiting).unwrap();
    let range = to_host.get_mapped_range(..).unwrap();
    bytemuck::cast_slice(&range).to_vec()
}
