//! Where the dispatches of a call go: into one compute pass, or into command buffers of so many
//! each.

use std::num::NonZeroU32;

/// A kernel with all it needs to run.
pub(crate) struct Dispatch<'a> {
    pub pipeline: &'a wgpu::ComputePipeline,
    pub group: &'a wgpu::BindGroup,
    /// The second bind group, of kernels that read feature rows.
    pub chunk: Option<&'a wgpu::BindGroup>,
    pub workgroups: [u32; 3],
}

impl Dispatch<'_> {
    fn record(&self, pass: &mut wgpu::ComputePass<'_>) {
        pass.set_pipeline(self.pipeline);
        pass.set_bind_group(0, self.group, &[]);
        if let Some(chunk) = self.chunk {
            pass.set_bind_group(1, chunk, &[]);
        }
        let [x, y, z] = self.workgroups;
        pass.dispatch_workgroups(x, y, z);
    }
}

pub(crate) enum Recorder<'p, 'e> {
    /// All of them into this pass.
    Pass(&'p mut wgpu::ComputePass<'e>),
    /// Into command buffers of their own.
    Parts(Box<Parts>),
}

impl Recorder<'_, '_> {
    pub fn dispatch(&mut self, dispatch: &Dispatch<'_>) {
        match self {
            Self::Pass(pass) => dispatch.record(pass),
            Self::Parts(parts) => dispatch.record(parts.next_pass()),
        }
    }
}

/// Command buffers of at most `most` dispatches.
pub(crate) struct Parts {
    device: wgpu::Device,
    most: u32,
    finished: Vec<wgpu::CommandBuffer>,
    /// The pass under way, and how many dispatches it still takes. It ends before its encoder does.
    pass: Option<(wgpu::ComputePass<'static>, u32)>,
    encoder: wgpu::CommandEncoder,
}

impl Parts {
    /// Behind what was already recorded into `encoder`.
    pub fn new(device: &wgpu::Device, encoder: wgpu::CommandEncoder, most: NonZeroU32) -> Self {
        Self {
            device: device.clone(),
            most: most.get(),
            finished: Vec::new(),
            encoder,
            pass: None,
        }
    }

    pub fn encoder(device: &wgpu::Device) -> wgpu::CommandEncoder {
        let label = Some("gstds part of a selection");
        device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label })
    }

    fn next_pass(&mut self) -> &mut wgpu::ComputePass<'static> {
        if matches!(self.pass, Some((_, 0))) {
            self.pass = None;
            let next = Self::encoder(&self.device);
            let full = std::mem::replace(&mut self.encoder, next);
            self.finished.push(full.finish());
        }
        let (pass, left) = self.pass.get_or_insert_with(|| {
            let descriptor = wgpu::ComputePassDescriptor {
                label: Some("gstds selection"),
                timestamp_writes: None,
            };
            let pass = self.encoder.begin_compute_pass(&descriptor);
            (pass.forget_lifetime(), self.most)
        });
        *left -= 1;
        pass
    }

    pub fn finish(mut self) -> Vec<wgpu::CommandBuffer> {
        self.pass = None;
        self.finished.push(self.encoder.finish());
        self.finished
    }
}
