//! Facility location and k-center: a greedy choice, one row after the other, without the host.
//!
//! Coverage and gains are counted in units of 2^-24, in whole numbers, so that sums do not depend on
//! their order, and what a choice changes can be taken off the gains of before exactly.

mod buffers;
mod recording;

use super::{Call, CoverageSelection, flags_of};
use crate::{
    Features, Flags, Result, Shape, Status,
    error_scope::checked,
    features::FeatureBindings,
    kernel::{BoundKernel, KernelSpec, Pipelines, pieces::WORK_OF_A_BYTE},
    params::{CallParams, write_staged},
    recorder::{Parts, Recorder},
    transfer::read_back,
    workspace::words,
};
use buffers::{GreedyBuffers, GreedyDivision};
use bytemuck::{Pod, Zeroable};
use recording::GreedyRecording;
use std::num::NonZeroU32;

/// `Greedy` of `shaders/shared/greedy.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub(super) struct GreedyState {
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

#[derive(Debug)]
pub(super) struct Greedy {
    pipelines: Pipelines,
    division: GreedyDivision,
    buffers: GreedyBuffers,
    by_gain: bool,
}

impl Greedy {
    pub fn new(device: &wgpu::Device, shape: Shape, most: usize, by_gain: bool) -> Result<Self> {
        let division = GreedyDivision::new(shape, most, by_gain, &device.limits());
        Self::divided(device, division, by_gain)
    }

    fn divided(device: &wgpu::Device, division: GreedyDivision, by_gain: bool) -> Result<Self> {
        division.check(&device.limits())?;
        let made = || GreedyBuffers::allocate(device, &division);
        let buffers = checked(device, Some(division.total()), made)?;
        Ok(Self {
            pipelines: Pipelines::new(device, &crate::Options::default(), None),
            division,
            buffers,
            by_gain,
        })
    }

    /// With dispatches of at most so much work, for a device of these limits.
    #[cfg(all(test, feature = "twin"))]
    pub fn of_work(
        work: u64,
        (device, limits): (&wgpu::Device, &wgpu::Limits),
        shape: Shape,
        most: usize,
        by_gain: bool,
    ) -> Result<Self> {
        let division = GreedyDivision::of_work(work, shape, most, by_gain, limits);
        Self::divided(device, division, by_gain)
    }

    /// Bytes that [`Self::new`] would allocate.
    pub fn bytes(limits: &wgpu::Limits, shape: Shape, most: usize, by_gain: bool) -> Result<u64> {
        let division = GreedyDivision::new(shape, most, by_gain, limits);
        division.check(limits)?;
        Ok(division.total())
    }

    /// Whether all similarities would be stored.
    pub fn is_stored(limits: &wgpu::Limits, shape: Shape, most: usize, by_gain: bool) -> bool {
        GreedyDivision::new(shape, most, by_gain, limits).stored
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
        checked(device, None, || {
            let mut encoder = Parts::encoder(device);
            self.params(&features, call)
                .write(device, &mut encoder, &self.buffers.params)?;
            let given = [&[already.len() as u32], already].concat();
            let bytes = bytemuck::cast_slice(&given);
            write_staged(device, &mut encoder, &self.buffers.already, bytes)?;
            encoder.clear_buffer(&self.buffers.sign_flags, 0, None);
            encoder.clear_buffer(&self.buffers.kept, 0, None);
            let mut parts = Parts::new(
                device,
                encoder,
                self.dispatches_at_once(),
                self.division.work,
            );
            let mut pass = Recorder::Parts(&mut parts);
            let recording = GreedyRecording::new(self, &features, call);
            recording.begin(&mut pass);
            recording.steps(&mut pass);
            Ok(parts.finish())
        })?
    }

    /// Of the dispatches whose work is not counted the longest go through the features, or through
    /// stored similarities at their most.
    fn dispatches_at_once(&self) -> NonZeroU32 {
        let Shape { rows, features } = self.division.shape;
        let columns = match self.division.stored {
            true => rows.max(features),
            false => features,
        };
        let read = words(rows).saturating_mul(columns as u64);
        let most = self.division.work / read.saturating_mul(WORK_OF_A_BYTE).max(1);
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
        let state = read_back::<GreedyState>(device, queue, "coverage", &self.buffers.state, 1);
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
            let distinguished = flags.difference(Flags::INVALID_ROWS).is_empty();
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
