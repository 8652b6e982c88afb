//! What kernels read of a call, and how it is written inside an encoder.

use crate::{Error, Result};
use bytemuck::{Pod, Zeroable};

/// What one call fixes, as `shaders/shared/params.wgsl` reads it.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
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
    ) -> Result<()> {
        write_staged(device, encoder, uniform, bytemuck::bytes_of(self))
    }
}

/// The rows of one graph, as `shaders/shared/graphs.wgsl` reads them.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
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
) -> Result<()> {
    let staged = staged(device, bytes)?;
    copy_whole(encoder, &staged, target);
    Ok(())
}

/// A buffer of these bytes, to be copied from.
pub(crate) fn staged(device: &wgpu::Device, bytes: &[u8]) -> Result<wgpu::Buffer> {
    let staged = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("gstds parameters of one call"),
        size: bytes.len() as u64,
        usage: wgpu::BufferUsages::MAP_WRITE | wgpu::BufferUsages::COPY_SRC,
        mapped_at_creation: true,
    });
    let mapped = staged.get_mapped_range_mut(..);
    mapped
        .map_err(|error| Error::Device {
            reason: error.to_string(),
        })?
        .copy_from_slice(bytes);
    staged.unmap();
    Ok(staged)
}

/// Copies a whole buffer to the start of another one inside the encoder.
pub(crate) fn copy_whole(
    encoder: &mut wgpu::CommandEncoder,
    from: &wgpu::Buffer,
    to: &wgpu::Buffer,
) {
    encoder.copy_buffer_to_buffer(from, 0, to, 0, from.size());
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
