//! Where the dispatches of a call go: into one compute pass, or into command buffers of so many
//! each, and of so much work.

use std::num::NonZeroU32;

/// A kernel with all it needs to run.
pub(crate) struct Dispatch<'a> {
    pub pipeline: &'a wgpu::ComputePipeline,
    pub group: &'a wgpu::BindGroup,
    /// The second bind group, of kernels that read feature rows.
    pub chunk: Option<&'a wgpu::BindGroup>,
    pub workgroups: [u32; 3],
    /// As in [`BoundKernel::record_work`](crate::kernel::BoundKernel::record_work); 0 of all that
    /// is short.
    pub work: u64,
}

impl Dispatch<'_> {
    /// Sets the pipeline unless it is the one in place.
    fn record(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        in_place: &mut Option<wgpu::ComputePipeline>,
    ) {
        if in_place.as_ref() != Some(self.pipeline) {
            pass.set_pipeline(self.pipeline);
            *in_place = Some(self.pipeline.clone());
        }
        pass.set_bind_group(0, self.group, &[]);
        if let Some(chunk) = self.chunk {
            pass.set_bind_group(1, chunk, &[]);
        }
        let [x, y, z] = self.workgroups;
        pass.dispatch_workgroups(x, y, z);
    }
}

pub(crate) enum Recorder<'p, 'e> {
    /// All of them into this pass, and the pipeline set last.
    Pass(&'p mut wgpu::ComputePass<'e>, Option<wgpu::ComputePipeline>),
    /// Into command buffers of their own.
    Parts(&'p mut Parts),
}

impl<'p, 'e> Recorder<'p, 'e> {
    /// All dispatches into this pass.
    pub fn pass(pass: &'p mut wgpu::ComputePass<'e>) -> Self {
        Self::Pass(pass, None)
    }

    pub fn dispatch(&mut self, dispatch: &Dispatch<'_>) {
        match self {
            Self::Pass(pass, in_place) => dispatch.record(pass, in_place),
            Self::Parts(parts) => {
                let part = parts.next_pass(dispatch.work);
                dispatch.record(&mut part.pass, &mut part.in_place);
            }
        }
    }
}

/// Command buffers of at most `most` dispatches, and of at most so much work unless one dispatch has
/// more.
pub(crate) struct Parts {
    device: wgpu::Device,
    most: u32,
    most_work: u64,
    finished: Vec<wgpu::CommandBuffer>,
    /// The pass under way. It ends before its encoder does.
    pass: Option<PartPass>,
    encoder: wgpu::CommandEncoder,
}

/// The one compute pass of a part.
struct PartPass {
    pass: wgpu::ComputePass<'static>,
    /// The pipeline set last.
    in_place: Option<wgpu::ComputePipeline>,
    /// Dispatches that it still takes.
    left: u32,
    /// Work recorded so far.
    work: u64,
}

impl PartPass {
    fn is_full(&self, next: u64, most: u64) -> bool {
        let beyond = self.work.saturating_add(next) > most;
        self.left == 0 || self.work > 0 && next > 0 && beyond
    }
}

impl Parts {
    /// Behind what was already recorded into `encoder`.
    pub fn new(
        device: &wgpu::Device,
        encoder: wgpu::CommandEncoder,
        most: NonZeroU32,
        most_work: u64,
    ) -> Self {
        Self {
            device: device.clone(),
            most: most.get(),
            most_work,
            finished: Vec::new(),
            encoder,
            pass: None,
        }
    }

    pub fn encoder(device: &wgpu::Device) -> wgpu::CommandEncoder {
        let label = Some("gstds part of a selection");
        device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label })
    }

    fn next_pass(&mut self, work: u64) -> &mut PartPass {
        let is_full = |pass: &PartPass| pass.is_full(work, self.most_work);
        if self.pass.as_ref().is_some_and(is_full) {
            self.pass = None;
            let next = Self::encoder(&self.device);
            let full = std::mem::replace(&mut self.encoder, next);
            self.finished.push(full.finish());
        }
        let current = self.pass.get_or_insert_with(|| {
            let descriptor = wgpu::ComputePassDescriptor {
                label: Some("gstds selection"),
                timestamp_writes: None,
            };
            let pass = self.encoder.begin_compute_pass(&descriptor);
            PartPass {
                pass: pass.forget_lifetime(),
                in_place: None,
                left: self.most,
                work: 0,
            }
        });
        current.left -= 1;
        current.work = current.work.saturating_add(work);
        current
    }

    pub fn finish(self) -> Vec<wgpu::CommandBuffer> {
        let (mut finished, last) = self.finish_open();
        finished.push(last.finish());
        finished
    }

    /// The full command buffers, and the encoder of the last one.
    pub fn finish_open(mut self) -> (Vec<wgpu::CommandBuffer>, wgpu::CommandEncoder) {
        self.pass = None;
        (self.finished, self.encoder)
    }
}
