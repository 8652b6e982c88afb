//! Tensors of Burn's wgpu backend as the buffers under them, for custom operations.

use burn::backend::wgpu::{AutoCompiler, CubeTensor};
use burn::tensor::{DType, Shape};
use cubecl::wgpu::{WgpuResource, WgpuServer};
use std::sync::{Arc, Mutex, PoisonError};

/// A failure for the next caller to report: Burn may run an operation long after the call returned.
pub(crate) type FailureSlot = Arc<Mutex<Option<String>>>;

/// Keeps the first failure.
pub(crate) fn note_failure(slot: &FailureSlot, result: Result<(), String>) {
    if let Err(reason) = result {
        let mut failure = slot.lock().unwrap_or_else(PoisonError::into_inner);
        failure.get_or_insert(reason);
    }
}

/// Takes the failure that was kept.
pub(crate) fn take_failure(slot: &FailureSlot) -> Option<String> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// The buffer of a tensor. Queues, in order, what produces it; a flush then submits that.
pub(crate) fn resource(tensor: &CubeTensor) -> Result<WgpuResource, String> {
    let handle = tensor.handle.clone();
    let managed = tensor
        .client
        .get_resource::<WgpuServer<AutoCompiler>>(handle);
    managed
        .map(|m| m.resource().clone())
        .map_err(|e| e.to_string())
}

/// A tensor of 4-byte values on the device of another; what it holds is undefined.
pub(crate) fn empty(like: &CubeTensor, shape: Shape, dtype: DType) -> CubeTensor {
    let (client, device) = (like.client.clone(), like.device.clone());
    let handle = client.empty(shape.num_elements() * 4);
    CubeTensor::new_contiguous(client, device, shape, handle, dtype)
}

/// The bytes of a tensor of `values` 4-byte values.
pub(crate) fn binding(resource: &WgpuResource, values: usize) -> wgpu::BufferBinding<'_> {
    wgpu::BufferBinding {
        buffer: &resource.buffer,
        offset: resource.offset,
        size: wgpu::BufferSize::new(4 * values as u64),
    }
}

/// Submits the commands, and reads a buffer of f32 once they are done.
#[cfg(test)]
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
