//! The second bind group of every kernel that reads feature rows in place: one chunk of them.

use crate::{
    Dtype,
    features::{Chunk, FeatureBindings},
    kernel::{Pipelines, bind_group},
    low_rank::Tiling,
    params::uniform,
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
    /// By their numbers.
    pub const ALL: [Self; Self::COUNT] = [Self::F32, Self::F16Pairs, Self::F16];

    pub fn of(features: &FeatureBindings<'_>) -> Self {
        let even = features.stride.is_multiple_of(2)
            && features
                .chunks
                .iter()
                .all(|chunk| chunk.offset.is_multiple_of(2));
        match (features.dtype, even) {
            (Dtype::F32, _) => Self::F32,
            (Dtype::F16, true) => Self::F16Pairs,
            (Dtype::F16, false) => Self::F16,
        }
    }
}

/// One chunk of a call's features, bound.
#[derive(Clone, Debug)]
pub(crate) struct BoundChunk {
    pub group: wgpu::BindGroup,
    /// First row of the call in it.
    pub first: u32,
    /// Rows of the call in it.
    pub rows: u32,
}

/// All chunks of a call's features, bound.
#[derive(Clone, Debug)]
pub(crate) struct BoundChunks {
    pub chunks: Vec<BoundChunk>,
    pub kind: ElementKind,
}

impl BoundChunks {
    /// `no_list` is bound where the call has no list of rows.
    pub fn new(
        pipelines: &Pipelines,
        tiling: &Tiling,
        no_list: &wgpu::Buffer,
        features: &FeatureBindings<'_>,
    ) -> Self {
        let device = pipelines.device();
        let layout = pipelines.chunk_layout();
        let list = features.list.clone();
        let list = list.unwrap_or_else(|| no_list.as_entire_buffer_binding());
        let bind = |chunk: &Chunk<'_>| {
            let params = chunk_params(tiling, features, chunk);
            let uniform = uniform(device, bytemuck::bytes_of(&params));
            let buffers = [
                chunk.matrix.clone(),
                list.clone(),
                uniform.as_entire_buffer_binding(),
            ];
            BoundChunk {
                group: bind_group(device, "gstds chunk", layout, &buffers),
                first: params.first,
                rows: params.rows,
            }
        };
        Self {
            chunks: features.chunks.iter().map(bind).collect(),
            kind: ElementKind::of(features),
        }
    }
}

fn chunk_params(tiling: &Tiling, features: &FeatureBindings<'_>, chunk: &Chunk<'_>) -> ChunkParams {
    let group_rows = tiling.group_rows as u32;
    let (sample_stride, sampled) = tiling.sample(features.rows);
    ChunkParams {
        first: chunk.first,
        rows: rows_of(chunk, features),
        offset: chunk.offset,
        group_rows,
        first_group: chunk.first / group_rows,
        span: tiling.span as u32,
        slots: tiling.slots(features.rows as usize) as u32,
        width: tiling.width as u32,
        sample_stride,
        sample_rows: sampled.next_multiple_of(64),
    }
}

/// Rows of the call in a chunk: a list picks them from a bank of another size.
fn rows_of(chunk: &Chunk<'_>, features: &FeatureBindings<'_>) -> u32 {
    match features.list {
        Some(_) => features.rows,
        None => chunk.rows,
    }
}
