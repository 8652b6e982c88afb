//! The second bind group of every kernel that reads feature rows in place: one chunk of them.

use super::{Plan, TEAMS};
use crate::{
    Dtype,
    features::{Chunk, Placed},
    kernel::{Access, bind_group, grid, layout},
};
use bytemuck::{Pod, Zeroable};

/// `Chunk` of `shaders/shared/chunk.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct ChunkParams {
    first: u32,
    rows: u32,
    offset: u32,
    group_rows: u32,
    first_group: u32,
    span: u32,
    slots: u32,
    width: u32,
    sample_stride: u32,
    sample_rows: u32,
}

/// How elements lie in memory, as the override `element_kind` numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ElementKind {
    F32 = 0,
    /// f16, every row starting at a whole word.
    F16Pairs = 1,
    /// f16 anywhere.
    F16 = 2,
}

impl ElementKind {
    pub const COUNT: usize = 3;

    pub fn of(placed: &Placed<'_>) -> Self {
        let even = placed.stride.is_multiple_of(2)
            && placed
                .chunks
                .iter()
                .all(|chunk| chunk.offset.is_multiple_of(2));
        match (placed.dtype, even) {
            (Dtype::F32, _) => Self::F32,
            (Dtype::F16, true) => Self::F16Pairs,
            (Dtype::F16, false) => Self::F16,
        }
    }
}

pub(crate) fn rows_layout(device: &wgpu::Device) -> wgpu::BindGroupLayout {
    layout(
        device,
        "gstds rows",
        &[Access::Read, Access::Read, Access::Uniform],
    )
}

/// Binds every chunk of a call's features.
pub(crate) fn bind_chunks(
    device: &wgpu::Device,
    layout: &wgpu::BindGroupLayout,
    no_list: &wgpu::Buffer,
    placed: &Placed<'_>,
    plan: &Plan,
) -> Vec<wgpu::BindGroup> {
    let group_rows = plan.group_rows as u32;
    let (sample_stride, sampled) = plan.sample(placed.rows);
    let bind = |chunk: &Chunk<'_>| {
        let params = ChunkParams {
            first: chunk.first,
            rows: rows_of(chunk, placed),
            offset: chunk.offset,
            group_rows,
            first_group: chunk.first / group_rows,
            span: plan.span as u32,
            slots: plan.slots(placed.rows as usize) as u32,
            width: plan.width as u32,
            sample_stride,
            sample_rows: sampled.next_multiple_of(64),
        };
        let uniform = uniform(device, bytemuck::bytes_of(&params));
        let list = placed.list.clone();
        let buffers = [
            chunk.matrix.clone(),
            list.unwrap_or(no_list.as_entire_buffer_binding()),
            uniform.as_entire_buffer_binding(),
        ];
        bind_group(device, "gstds rows", layout, &buffers)
    };
    placed.chunks.iter().map(bind).collect()
}

/// Rows of the call in a chunk: a list picks them from a bank of another size.
fn rows_of(chunk: &Chunk<'_>, placed: &Placed<'_>) -> u32 {
    match placed.list {
        Some(_) => placed.rows,
        None => chunk.rows,
    }
}

/// Rows of the call in each chunk.
pub(crate) fn chunk_rows(placed: &Placed<'_>) -> Vec<u32> {
    let rows = placed.chunks.iter().map(|chunk| rows_of(chunk, placed));
    rows.collect()
}

/// A uniform buffer that is written before it is first seen.
pub(crate) fn uniform(device: &wgpu::Device, bytes: &[u8]) -> wgpu::Buffer {
    let buffer = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("gstds chunk"),
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

/// Workgroups for teams over all rows of a chunk, padded to 64.
pub(crate) fn team_groups(rows: u32) -> [u32; 2] {
    grid(rows.next_multiple_of(64) / TEAMS as u32)
}
