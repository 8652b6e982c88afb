//! A kernel that reads one buffer and writes another, with which both ceilings are measured.

use gstds::{
    Result,
    profile::{Timing, timed_blocking},
};

/// A ceiling's shader and its constants.
pub(crate) struct KernelSource<'a> {
    pub name: &'static str,
    pub wgsl: &'static str,
    pub constants: &'a [(&'a str, f64)],
}

#[derive(Debug)]
pub(crate) struct CeilingKernel {
    device: wgpu::Device,
    name: &'static str,
    pipeline: wgpu::ComputePipeline,
    bound: wgpu::BindGroup,
    workgroups: u32,
}

impl CeilingKernel {
    /// Reads the first buffer and writes the second, in this many workgroups.
    pub fn new(
        device: &wgpu::Device,
        source: &KernelSource<'_>,
        buffers: [&wgpu::Buffer; 2],
        workgroups: u32,
    ) -> Self {
        let label = Some(source.name);
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label,
            source: wgpu::ShaderSource::Wgsl(source.wgsl.into()),
        });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label,
            layout: None,
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions {
                constants: source.constants,
                ..Default::default()
            },
            cache: None,
        });
        let bound = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label,
            layout: &pipeline.get_bind_group_layout(0),
            entries: &[0, 1].map(|binding| wgpu::BindGroupEntry {
                binding,
                resource: buffers[binding as usize].as_entire_binding(),
            }),
        });
        Self {
            device: device.clone(),
            name: source.name,
            pipeline,
            bound,
            workgroups,
        }
    }

    /// Runs once and waits.
    pub fn run(&self, queue: &wgpu::Queue) -> Result<Timing> {
        timed_blocking(&self.device, queue, |encoder, timestamp_writes| {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                label: Some(self.name),
                timestamp_writes,
            });
            pass.set_pipeline(&self.pipeline);
            pass.set_bind_group(0, &self.bound, &[]);
            pass.dispatch_workgroups(self.workgroups, 1, 1);
            Ok(())
        })
    }
}
