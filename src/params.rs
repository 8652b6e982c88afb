use bytemuck::{Pod, Zeroable};

/// What one call fixes, as `shaders/shared/params.wgsl` reads it.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub(crate) struct Params {
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

impl Params {
    pub const BYTES: u64 = size_of::<Self>() as u64;

    /// Hands the parameters over inside the encoder, so that calls recorded into one encoder each
    /// see their own.
    pub fn write(
        &self,
        device: &wgpu::Device,
        encoder: &mut wgpu::CommandEncoder,
        uniform: &wgpu::Buffer,
    ) -> Result<(), wgpu::MapRangeError> {
        let staged = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("gstds params of one call"),
            size: Self::BYTES,
            usage: wgpu::BufferUsages::MAP_WRITE | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: true,
        });
        staged
            .get_mapped_range_mut(..)?
            .copy_from_slice(bytemuck::bytes_of(self));
        staged.unmap();
        encoder.copy_buffer_to_buffer(&staged, 0, uniform, 0, Self::BYTES);
        Ok(())
    }
}

/// A 64-bit seed as the 32 bits that the shaders mix.
pub(crate) fn fold_seed(seed: u64) -> u32 {
    (seed ^ (seed >> 32)) as u32
}
