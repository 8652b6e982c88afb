//! Facility location and k-center: a greedy choice, one row after the other, without the host.
//!
//! Coverage and gains are counted in units of 2^-24, in whole numbers, so that sums do not depend on
//! their order, and what a choice changes can be taken off the gains of before exactly.

mod buffers;

use super::{Call, CoverageSelection, flags_of};
use crate::{
    Error, Features, Result, Shape, Status,
    error_scope::checked,
    features::FeatureBindings,
    kernel::{BoundKernel, KernelSpec, Pipelines, table},
    params::{CallParams, write_staged},
    paths::chunks::{BoundChunks, uniform},
    recorder::{Parts, Recorder},
    transfer::read_back,
};
use buffers::{Buffers, Division, Round};
use bytemuck::{Pod, Zeroable};
use std::num::NonZeroU32;

/// `Greedy` of `shaders/shared/greedy.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub(super) struct State {
    mode: u32,
    valid: u32,
    step: u32,
    row: u32,
    changed: u32,
    unlike: u32,
    edges: u32,
    radius: u32,
    objective: [u32; 2],
    reserved: [u32; 2],
}

/// Units of a similarity or distance of 1.
const UNIT: f64 = (1 << 24) as f64;
/// Multiply-adds of a command buffer, about.
const WORK_AT_ONCE: u64 = 1 << 36;

#[derive(Debug)]
pub(super) struct Greedy {
    pipelines: Pipelines,
    division: Division,
    buffers: Buffers,
    by_gain: bool,
}

impl Greedy {
    pub fn new(device: &wgpu::Device, shape: Shape, most: usize, by_gain: bool) -> Result<Self> {
        let limits = device.limits();
        let division = Division::new(shape, most, by_gain, &limits);
        division.check(&limits)?;
        let made = || Buffers::allocate(device, &division);
        let buffers = checked(device, division.total(), made)?;
        Ok(Self {
            pipelines: Pipelines::new(device, &crate::Options::default(), None),
            division,
            buffers,
            by_gain,
        })
    }

    /// Bytes that [`Self::new`] would allocate.
    pub fn bytes(limits: &wgpu::Limits, shape: Shape, most: usize, by_gain: bool) -> Result<u64> {
        let division = Division::new(shape, most, by_gain, limits);
        division.check(limits)?;
        Ok(division.total())
    }

    /// Whether all similarities would be stored.
    pub fn is_stored(limits: &wgpu::Limits, shape: Shape, most: usize, by_gain: bool) -> bool {
        Division::new(shape, most, by_gain, limits).stored
    }

    pub fn kept(&self) -> &wgpu::Buffer {
        &self.buffers.kept
    }

    /// Every buffer that kernels write, for tests to poison.
    #[cfg(all(test, feature = "twin"))]
    pub fn written(&self) -> Vec<&wgpu::Buffer> {
        self.buffers.written().to_vec()
    }

    pub fn record(
        &self,
        features: Features<'_>,
        call: Call,
        already: &[u32],
    ) -> Result<Vec<wgpu::CommandBuffer>> {
        let device = self.pipelines.device();
        let chunk_rows = self.division.tiling.chunk_rows();
        let shape = self.division.shape;
        let features = features.bindings(shape, &device.limits(), chunk_rows)?;
        let recorded = checked(device, self.buffers.already.size(), || {
            let mut encoder = Parts::encoder(device);
            self.params(&features, call)
                .write(device, &mut encoder, &self.buffers.params)?;
            let given = [&[already.len() as u32], already].concat();
            let bytes = bytemuck::cast_slice(&given);
            write_staged(device, &mut encoder, &self.buffers.already, bytes)?;
            encoder.clear_buffer(&self.buffers.sign_flags, 0, None);
            encoder.clear_buffer(&self.buffers.kept, 0, None);
            let parts = Parts::new(device, encoder, self.dispatches_at_once());
            let mut pass = Recorder::Parts(Box::new(parts));
            let recording = Recording::new(self, &features, call);
            recording.begin(&mut pass);
            recording.steps(&mut pass);
            let Recorder::Parts(parts) = pass else {
                unreachable!("made so above");
            };
            Ok(parts.finish())
        })?;
        recorded.map_err(|e: wgpu::MapRangeError| Error::Device {
            reason: e.to_string(),
        })
    }

    /// A pass over features, or over stored similarities at their most, is the longest of the
    /// dispatches of a step.
    fn dispatches_at_once(&self) -> NonZeroU32 {
        let Shape { rows, features } = self.division.shape;
        let columns = match self.division.stored {
            true => rows.max(features),
            false => features,
        };
        let most = WORK_AT_ONCE / (rows as u64).saturating_mul(columns as u64).max(1);
        NonZeroU32::new(most.clamp(1, 4096) as u32).unwrap_or(NonZeroU32::MIN)
    }

    fn params(&self, features: &FeatureBindings<'_>, call: Call) -> CallParams {
        CallParams {
            rows: features.rows,
            features: self.division.shape.features as u32,
            padded: self.division.padded as u32,
            leading: self.division.leading as u32,
            stride: features.stride,
            offset: features.chunks[0].offset,
            half: (features.dtype == crate::Dtype::F16).into(),
            listed: features.list.is_some().into(),
            list_offset: features.list_offset,
            bank_rows: features.bank_rows,
            kept: call.kept + call.already,
            seed: 0,
        }
    }

    pub fn read_async(
        &self,
        queue: &wgpu::Queue,
        call: Call,
    ) -> impl Future<Output = Result<CoverageSelection>> + use<> {
        let device = self.pipelines.device();
        let count = call.kept as usize;
        let kept = read_back::<u32>(device, queue, "chosen rows", &self.buffers.kept, count);
        let state = read_back::<State>(device, queue, "coverage", &self.buffers.state, 1);
        let by_gain = self.by_gain;
        async move {
            let kept = kept.await?;
            let state = state.await?[0];
            let flags = flags_of(
                call,
                state.valid,
                state.unlike == 0,
                by_gain && state.edges == 0,
            );
            let [low, high] = state.objective.map(f64::from);
            let units = match by_gain {
                true => high * 4_294_967_296.0 + low,
                false => f64::from(state.radius),
            };
            let distinguished = flags.0 & !crate::Flags::INVALID_ROWS.0 == 0;
            Ok(CoverageSelection {
                kept,
                status: Status::without_graph(call.rows, state.valid, call.kept, flags),
                objective: distinguished.then_some(units / UNIT),
                spectrum: None,
                scores: None,
            })
        }
    }
}

/// Kernels of one call that read its features.
struct Recording<'a> {
    greedy: &'a Greedy,
    chunks: BoundChunks,
    rows: u32,
    wanted: u32,
    candidates: BoundKernel,
    choose: BoundKernel,
    centre: BoundKernel,
    cover: Cover,
}

/// How a choice changes coverage.
enum Cover {
    /// By a row of stored similarities.
    Stored(BoundKernel),
    /// By all rows' features.
    Rows(BoundKernel),
}

impl<'a> Recording<'a> {
    fn new(greedy: &'a Greedy, features: &FeatureBindings<'_>, call: Call) -> Self {
        // Read-only wherever features are read.
        let no_list = &greedy.buffers.already;
        let chunks = BoundChunks::new(
            &greedy.pipelines,
            &greedy.division.tiling,
            no_list,
            features,
        );
        let kind = ("element_kind", f64::from(chunks.kind as u32));
        let by_gain = greedy.constant();
        let runs = ("runs", f64::from(greedy.division.runs));
        Self {
            candidates: greedy.bind(&table::GREEDY_CANDIDATES, &[], &[]),
            choose: greedy.bind(&table::GREEDY_CHOOSE, &[by_gain, runs], &[]),
            centre: greedy.bind(&table::CENTRE_ROW, &[kind], &[]),
            cover: match (greedy.by_gain, greedy.division.stored) {
                (true, true) => Cover::Stored(greedy.bind(&table::STORED_COVER, &[by_gain], &[])),
                (true, false) => {
                    Cover::Rows(greedy.bind(&table::CENTRE_SIMILARITY, &[by_gain, kind], &[]))
                }
                (false, _) => {
                    Cover::Rows(greedy.bind(&table::CENTRE_DISTANCE, &[by_gain, kind], &[]))
                }
            },
            rows: features.rows,
            wanted: call.kept + call.already,
            greedy,
            chunks,
        }
    }

    fn kind(&self) -> (&'static str, f64) {
        ("element_kind", f64::from(self.chunks.kind as u32))
    }

    /// What is known before anything is chosen.
    fn begin(&self, pass: &mut Recorder<'_, '_>) {
        let (greedy, rows) = (self.greedy, self.rows);
        let by_gain = greedy.constant();
        let norms = greedy.bind(&table::ROW_NORMS, &[self.kind()], &[]);
        self.by_chunk(pass, &norms);
        for spec in [&table::GREEDY_ORDER, &table::GREEDY_START] {
            greedy.bind(spec, &[by_gain], &[]).record(pass, rows);
        }
        if greedy.by_gain {
            self.store_similarities(pass);
            self.gains(pass, true);
        }
        self.record_centre(pass);
        let probing = [by_gain, self.kind(), ("probing", 1.0)];
        let probe = greedy.bind(&table::CENTRE_DISTANCE, &probing, &[]);
        self.by_chunk(pass, &probe);
        greedy
            .bind(&table::GREEDY_MODE, &[by_gain], &[])
            .record(pass, rows);
    }

    fn steps(&self, pass: &mut Recorder<'_, '_>) {
        let greedy = self.greedy;
        let gains = greedy.by_gain.then(|| self.bound_gains(false));
        for _ in 0..self.wanted {
            self.candidates
                .record_groups(pass, [greedy.division.runs, 1, 1]);
            self.choose.record(pass, self.rows);
            match &self.cover {
                Cover::Stored(cover) => cover.record(pass, self.rows),
                Cover::Rows(cover) => {
                    self.record_centre(pass);
                    self.by_chunk(pass, cover);
                }
            }
            if let Some(gains) = &gains {
                self.record_gains(pass, gains);
            }
        }
        // What is left after the last choice.
        self.candidates
            .record_groups(pass, [greedy.division.runs, 1, 1]);
        self.choose.record(pass, self.rows);
    }

    fn record_centre(&self, pass: &mut Recorder<'_, '_>) {
        for chunk in &self.chunks.chunks {
            self.centre.record_chunk(pass, &chunk.group, [1, 1, 1]);
        }
    }

    fn by_chunk(&self, pass: &mut Recorder<'_, '_>, kernel: &BoundKernel) {
        for chunk in &self.chunks.chunks {
            kernel.record_chunk(pass, &chunk.group, kernel.workgroups(chunk.rows));
        }
    }

    /// The matrix of similarities, where it is stored, a block of rows a dispatch.
    fn store_similarities(&self, pass: &mut Recorder<'_, '_>) {
        let (greedy, division) = (self.greedy, &self.greedy.division);
        if !division.stored {
            return;
        }
        let device = greedy.pipelines.device();
        let all = self.rows.next_multiple_of(64);
        let range = uniform(device, bytemuck::bytes_of(&[0, all]));
        let given = [("range", range.as_entire_buffer_binding())];
        let unit_rows = greedy.bind(&table::UNIT_ROWS, &[self.kind()], &given);
        for chunk in &self.chunks.chunks {
            unit_rows.record_chunk(pass, &chunk.group, unit_rows.workgroups(all));
        }
        for (first, rows) in division.blocks(all) {
            let block = uniform(device, bytemuck::bytes_of(&division.block(rows)));
            let from = |buffer: &'a wgpu::Buffer, stride: usize| wgpu::BufferBinding {
                buffer,
                offset: first as u64 * stride as u64 * 4,
                size: None,
            };
            let given = [
                ("block", block.as_entire_buffer_binding()),
                ("block_unit", from(&greedy.buffers.unit, division.padded)),
                (
                    "similarity",
                    from(&greedy.buffers.similarity, division.leading),
                ),
            ];
            let kernel = greedy.bind(&table::BLOCK_SIMILARITY, &[], &given);
            kernel.record_groups(pass, [rows / 64, all / 64, 1]);
        }
    }

    fn gains(&self, pass: &mut Recorder<'_, '_>, opening: bool) {
        let bound = self.bound_gains(opening);
        self.record_gains(pass, &bound);
    }

    fn bound_gains(&self, opening: bool) -> Gains {
        let greedy = self.greedy;
        let opening = ("opening", f64::from(u8::from(opening)));
        let by_gain = greedy.constant();
        if greedy.division.stored {
            let kernel = greedy.bind(&table::STORED_GAINS, &[by_gain, opening], &[]);
            return Gains::Stored(kernel);
        }
        let device = greedy.pipelines.device();
        let round = |round: Round| {
            let buffer = uniform(device, bytemuck::bytes_of(&round));
            let given = [("window", buffer.as_entire_buffer_binding())];
            let rows = greedy.bind(&table::CHANGE_ROWS, &[by_gain, self.kind()], &given);
            let constants = [by_gain, self.kind(), opening];
            let gains = greedy.bind(&table::TILE_GAINS, &constants, &given);
            (rows, gains)
        };
        Gains::Tiled(greedy.division.rounds(self.rows).map(round).collect())
    }

    fn record_gains(&self, pass: &mut Recorder<'_, '_>, gains: &Gains) {
        match gains {
            Gains::Stored(kernel) => kernel.record(pass, self.rows),
            Gains::Tiled(rounds) => {
                let most = self.greedy.division.round_rows as u32;
                for (rows, gains) in rounds {
                    for chunk in &self.chunks.chunks {
                        rows.record_chunk(pass, &chunk.group, rows.workgroups(most));
                    }
                    for chunk in &self.chunks.chunks {
                        let groups = [chunk.rows.div_ceil(64), 1, 1];
                        gains.record_chunk(pass, &chunk.group, groups);
                    }
                }
            }
        }
    }
}

/// How gains follow changes of coverage.
enum Gains {
    Stored(BoundKernel),
    /// A round after the other: unit rows of its changes, and what they take off.
    Tiled(Vec<(BoundKernel, BoundKernel)>),
}

impl Greedy {
    fn constant(&self) -> (&'static str, f64) {
        ("by_gain", f64::from(u8::from(self.by_gain)))
    }

    /// A kernel with those of these constants that its shader has.
    fn bind(
        &self,
        spec: &KernelSpec,
        constants: &[(&'static str, f64)],
        given: &[(&str, wgpu::BufferBinding<'_>)],
    ) -> BoundKernel {
        self.pipelines.bind(spec, constants, |name| {
            let given = given.iter().find(|(of, _)| *of == name);
            given.map_or_else(
                || self.buffers.named(name).as_entire_buffer_binding(),
                |(_, binding)| binding.clone(),
            )
        })
    }
}
