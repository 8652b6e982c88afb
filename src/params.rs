//! What kernels read of a call, and how it is written inside an encoder.

use crate::error_scope::CallWatch;
use bytemuck::{Pod, Zeroable};

/// What one call fixes, as `shaders/shared/params.wgsl` reads it.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub(crate) struct CallParams {
    pub rows: u32,
    pub features: u32,
    pub padded: u32,
    pub leading: u32,
    pub stride: u32,
    pub offset: u32,
    pub half: u32,
    pub listed: u32,
    pub list_offset: u32,
    pub bank_rows: u32,
    pub kept: u32,
    pub seed: u32,
}

impl CallParams {
    pub const BYTES: u64 = size_of::<Self>() as u64;

    /// Writes the parameters inside the encoder.
    pub fn write(
        &self,
        device: &wgpu::Device,
        encoder: &mut wgpu::CommandEncoder,
        uniform: &wgpu::Buffer,
    ) -> Result<(), wgpu::MapRangeError> {
        write_staged(device, encoder, uniform, bytemuck::bytes_of(self))
    }
}

/// The rows of one graph, as `shaders/shared/graphs.wgsl` reads them.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub(crate) struct GraphRange {
    pub first: u32,
    pub rows: u32,
    pub kept: u32,
    pub reserved: u32,
}

impl GraphRange {
    pub const BYTES: u64 = size_of::<Self>() as u64;
}

/// Writes bytes to a buffer inside the encoder, so that calls recorded into one encoder each see
/// their own.
pub(crate) fn write_staged(
    device: &wgpu::Device,
    encoder: &mut wgpu::CommandEncoder,
    target: &wgpu::Buffer,
    bytes: &[u8],
) -> Result<(), wgpu::MapRangeError> {
    let staged = staged(device, bytes)?;
    encoder.copy_buffer_to_buffer(&staged, 0, target, 0, staged.size());
    Ok(())
}

/// A buffer of these bytes, to be copied from.
fn staged(device: &wgpu::Device, bytes: &[u8]) -> Result<wgpu::Buffer, wgpu::MapRangeError> {
    let staged = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("gstds parameters of one call"),
        size: bytes.len() as u64,
        usage: wgpu::BufferUsages::MAP_WRITE | wgpu::BufferUsages::COPY_SRC,
        mapped_at_creation: true,
    });
    staged.get_mapped_range_mut(..)?.copy_from_slice(bytes);
    staged.unmap();
    Ok(staged)
}

/// What calls write to one buffer inside their encoders. The bytes staged last stay, for the next
/// call that writes the same.
#[derive(Debug, Default)]
pub(crate) struct StagedWrite {
    last: Option<(Vec<u8>, wgpu::Buffer)>,
}

impl StagedWrite {
    /// As [`write_staged`].
    pub fn record(
        &mut self,
        watch: &mut CallWatch<'_>,
        encoder: &mut wgpu::CommandEncoder,
        target: &wgpu::Buffer,
        bytes: &[u8],
    ) -> Result<(), wgpu::MapRangeError> {
        let last = match self.last.take() {
            Some(last) if last.0 == bytes => last,
            _ => (bytes.to_vec(), staged(watch.device(), bytes)?),
        };
        encoder.copy_buffer_to_buffer(&last.1, 0, target, 0, last.1.size());
        self.last = Some(last);
        Ok(())
    }
}

/// A uniform buffer that is written before it is first seen.
pub(crate) fn uniform(device: &wgpu::Device, bytes: &[u8]) -> wgpu::Buffer {
    let buffer = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("gstds uniform"),
        size: bytes.len() as u64,
        usage: wgpu::BufferUsages::UNIFORM,
        mapped_at_creation: true,
    });
    if let Ok(mut mapped) = buffer.get_mapped_range_mut(..) {
        mapped.copy_from_slice(bytes);
    }
    buffer.unmap();
    buffer
}

/// A 64-bit seed as the 32 bits that the shaders mix.
pub(crate) fn fold_seed(seed: u64) -> u32 {
    (seed ^ (seed >> 32)) as u32
}
