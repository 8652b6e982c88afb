//! The buffers of a search, and what is recorded over them.

use super::{
    Neighbours,
    division::{Part, RowRange, Sizes},
};
use crate::{
    features::FeatureBindings,
    kernel::{BoundKernel, KernelSpec, pieces::WORK_OF_A_BYTE, table},
    params::{CallParams, uniform},
    paths::chunks::{BoundChunk, BoundChunks},
    recorder::Recorder,
    workspace::{STATE_BYTES, make},
};

#[derive(Debug)]
pub(super) struct SearchBuffers {
    pub params: wgpu::Buffer,
    pub neighbour: wgpu::Buffer,
    pub neighbour_similarity: wgpu::Buffer,
    factors: wgpu::Buffer,
    valid: wgpu::Buffer,
    pub sign_flags: wgpu::Buffer,
    /// Read by kernels that a solver shares; zero.
    state: wgpu::Buffer,
    group_sums: wgpu::Buffer,
    column_sums: wgpu::Buffer,
    block_unit: wgpu::Buffer,
    span_unit: wgpu::Buffer,
    similarity: wgpu::Buffer,
}

impl SearchBuffers {
    pub fn allocate(device: &wgpu::Device, sizes: &Sizes) -> Self {
        let storage = |label, size| make(device, label, size, wgpu::BufferUsages::STORAGE);
        Self {
            params: make(
                device,
                "params",
                CallParams::BYTES,
                wgpu::BufferUsages::UNIFORM,
            ),
            neighbour: storage("neighbours", sizes.neighbour),
            neighbour_similarity: storage("similarities of neighbours", sizes.neighbour),
            factors: storage("row factors", sizes.factors),
            valid: storage("valid", sizes.valid),
            sign_flags: storage("signs of the features", 16),
            state: storage("state", STATE_BYTES),
            group_sums: storage("partial sums", sizes.group_sums),
            column_sums: storage("column sums", sizes.column_sums),
            block_unit: storage("unit rows of a block", sizes.block_unit),
            span_unit: storage("unit rows of a span", sizes.span_unit),
            similarity: storage("similarities of a block", sizes.similarity),
        }
    }

    /// The buffer that a shader's binding of this name is.
    fn named(&self, name: &str) -> &wgpu::Buffer {
        match name {
            "params" => &self.params,
            "neighbour" => &self.neighbour,
            "neighbour_similarity" => &self.neighbour_similarity,
            "factors" => &self.factors,
            // Sums of all rows have validity in the place of weights, which they do not read.
            "valid" | "source" | "row_weights" => &self.valid,
            "sign_flags" => &self.sign_flags,
            "state" => &self.state,
            "group_sums" => &self.group_sums,
            "column_sums" | "collected" => &self.column_sums,
            "block_unit" => &self.block_unit,
            "span_unit" => &self.span_unit,
            "similarity" => &self.similarity,
            _ => panic!("a search has no buffer {name}"),
        }
    }
}

/// Records one search.
pub(super) struct SearchRecording<'a> {
    search: &'a Neighbours,
    chunks: BoundChunks,
    rows: u32,
}

impl<'a> SearchRecording<'a> {
    pub fn new(search: &'a Neighbours, features: &FeatureBindings<'_>) -> Self {
        let tiling = &search.division.tiling;
        // Where there is no list nothing is read of what is bound in its place.
        let no_list = &search.buffers.state;
        Self {
            search,
            chunks: BoundChunks::new(&search.pipelines, tiling, no_list, features),
            rows: features.rows,
        }
    }

    fn bind(
        &self,
        spec: &KernelSpec,
        constants: &[(&'static str, f64)],
        given: &[(&str, &wgpu::Buffer)],
    ) -> BoundKernel {
        self.search.pipelines.bind(spec, constants, |name| {
            let given = given.iter().find(|(of, _)| *of == name);
            let buffer = given.map_or_else(|| self.search.buffers.named(name), |(_, b)| b);
            buffer.as_entire_buffer_binding()
        })
    }

    fn kind(&self) -> (&'static str, f64) {
        ("element_kind", f64::from(self.chunks.kind as u32))
    }

    fn centred(&self) -> (&'static str, f64) {
        ("centred", f64::from(u8::from(self.search.options.centred)))
    }

    /// What is known of every row before its similarities: validity, scale and the mean.
    pub fn rows(&self, pass: &mut Recorder<'_, '_>) {
        let centred = self.search.options.centred;
        let norms = if centred {
            &table::RAW_ROW_NORMS
        } else {
            &table::ROW_NORMS
        };
        let norms = self.bind(norms, &[self.kind()], &[]);
        for chunk in &self.chunks.chunks {
            let groups = norms.workgroups(chunk.rows);
            norms.record_chunk(pass, &chunk.group, groups, self.work(chunk));
        }
        if centred {
            self.column_sums(pass);
        }
    }

    /// Work of reading the rows of a chunk.
    fn work(&self, chunk: &BoundChunk) -> u64 {
        let elements = u64::from(chunk.rows) * self.search.shape.features as u64;
        4 * elements * WORK_OF_A_BYTE
    }

    fn column_sums(&self, pass: &mut Recorder<'_, '_>) {
        let tiling = &self.search.division.tiling;
        let sums = self.bind(&table::SUM_ROWS, &[self.kind()], &[]);
        for chunk in &self.chunks.chunks {
            let groups = chunk.rows.div_ceil(tiling.group_rows as u32);
            sums.record_chunk(pass, &chunk.group, [groups, 1, 1], self.work(chunk));
        }
        let total = self.bind(&table::COLUMN_SUMS, &[], &[]);
        let groups = (tiling.width / 64) as u32;
        total.record_chunk(pass, &self.chunks.chunks[0].group, [groups, 1, 1], 0);
    }

    /// One block of rows against one span of candidates.
    pub fn part(&self, encoder: &mut wgpu::CommandEncoder, part: &Part) {
        let device = self.search.device();
        let block = uniform(device, bytemuck::bytes_of(&part.block));
        let given = [("block", &block)];
        let length = f64::from(self.search.options.neighbours);
        let similarity = self.bind(&table::BLOCK_SIMILARITY, &[], &given);
        let nearest = self.bind(&table::NEAREST, &[("list_length", length)], &given);
        let mut pass = begin(encoder);
        let mut pass = Recorder::pass(&mut pass);
        let buffers = &self.search.buffers;
        if part.opens_span {
            self.unit_rows(&mut pass, part.span_range(), &buffers.span_unit);
        }
        self.unit_rows(&mut pass, part.block_range(), &buffers.block_unit);
        let tiles = [part.block_range().rows / 64, part.block.span_stride / 64, 1];
        similarity.record_groups(&mut pass, tiles);
        nearest.record(&mut pass, part.block.rows);
    }

    fn unit_rows(&self, pass: &mut Recorder<'_, '_>, range: RowRange, unit: &wgpu::Buffer) {
        let uniform = uniform(self.search.device(), bytemuck::bytes_of(&range));
        let given = [("range", &uniform), ("unit", unit)];
        let kernel = self.bind(&table::UNIT_ROWS, &[self.kind(), self.centred()], &given);
        let reaches = |chunk: &&BoundChunk| {
            let end = chunk.first + chunk.rows;
            // The last chunk also writes the padding behind it.
            let past = end == self.rows && range.first + range.rows > end;
            past || chunk.first < range.first + range.rows && range.first < end
        };
        for chunk in self.chunks.chunks.iter().filter(reaches) {
            kernel.record_chunk(pass, &chunk.group, kernel.workgroups(range.rows), 0);
        }
    }
}

pub(super) fn begin(encoder: &mut wgpu::CommandEncoder) -> wgpu::ComputePass<'_> {
    encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
        label: Some("gstds neighbours"),
        timestamp_writes: None,
    })
}
