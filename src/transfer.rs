//! Buffers filled from the host, and read back to it.

#[cfg(not(target_family = "wasm"))]
use crate::error_scope::at_once;
use crate::{
    Error, Result,
    error_scope::{Watch, checked},
    oneshot,
};
use bytemuck::Pod;

/// A storage buffer that holds these values once the queue's next submission runs.
pub(crate) fn upload(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    label: &'static str,
    values: &[f32],
) -> Result<wgpu::Buffer> {
    let buffer = storage_buffer(device, label, size_of_val(values) as u64)?;
    queue.write_buffer(&buffer, 0, bytemuck::cast_slice(values));
    Ok(buffer)
}

/// A storage buffer that can be copied from and to.
pub(crate) fn storage_buffer(
    device: &wgpu::Device,
    label: &'static str,
    size: u64,
) -> Result<wgpu::Buffer> {
    check_size(label, size, &device.limits())?;
    checked(device, Some(size), || {
        device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size,
            usage: wgpu::BufferUsages::STORAGE
                | wgpu::BufferUsages::COPY_DST
                | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        })
    })
}

/// That one buffer can hold so many bytes under these limits.
pub(crate) fn check_size(what: &'static str, needed: u64, limits: &wgpu::Limits) -> Result<()> {
    let allowed = limits.max_buffer_size;
    if needed > allowed {
        return Err(Error::DeviceLimit {
            what,
            needed,
            limit: "max_buffer_size",
            allowed,
        });
    }
    Ok(())
}

/// Copies the first `count` elements of a buffer to the host. The copy is submitted here; the
/// future has them once the device has been polled after that. It borrows nothing.
pub(crate) fn read_back<T: Pod>(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    what: &'static str,
    buffer: &wgpu::Buffer,
    count: usize,
) -> impl Future<Output = Result<Vec<T>>> + use<T> {
    let size = (count * size_of::<T>()) as u64;
    let (sender, mapped) = oneshot::channel();
    let watch = Watch::start(device);
    let staging = staging(device, queue, buffer, size);
    staging.map_async(wgpu::MapMode::Read, .., move |result| sender.send(result));
    let created = watch.end(Some(size));
    async move {
        created.await?;
        let failed = |reason: String| Error::ReadBack { what, reason };
        let Some(mapped) = mapped.await else {
            return Err(failed("the device went away".into()));
        };
        mapped.map_err(|e| failed(e.to_string()))?;
        let view = staging.get_mapped_range(..);
        let view = view.map_err(|e| failed(e.to_string()))?;
        Ok(bytemuck::pod_collect_to_vec(&view))
    }
}

/// Polls the device until the future is ready, on this thread.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn wait<T>(
    device: &wgpu::Device,
    what: &'static str,
    future: impl Future<Output = Result<T>>,
) -> Result<T> {
    let mut future = std::pin::pin!(future);
    loop {
        if let Some(result) = at_once(future.as_mut()) {
            return result;
        }
        let polled = device.poll(wgpu::PollType::wait_indefinitely());
        polled.map_err(|e| Error::ReadBack {
            what,
            reason: e.to_string(),
        })?;
    }
}

/// Copies the start of a buffer to one that the host can map.
fn staging(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    buffer: &wgpu::Buffer,
    size: u64,
) -> wgpu::Buffer {
    let staging = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("gstds read-back"),
        size,
        usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    encoder.copy_buffer_to_buffer(buffer, 0, &staging, 0, size);
    queue.submit([encoder.finish()]);
    staging
}
