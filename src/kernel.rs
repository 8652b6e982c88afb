//! Kernels: a shader's permutation compiled to a pipeline, and bound to buffers.
//!
//! [`table`] lists the kernels. Their bindings and constants are read from the shaders: a binding is
//! the workspace's buffer of the same name, and an override constant that an option sets has the
//! option's value.

pub(crate) mod constants;
pub(crate) mod pieces;
mod pipelines;
pub(crate) mod table;
#[cfg(test)]
mod tests;

pub(crate) use pieces::{Piece, PiecedKernel};
pub(crate) use pipelines::{Binder, Pipelines};
pub(crate) use table::{Grid, KernelSpec};

use crate::recorder::{Dispatch, Recorder};

/// How a kernel uses a binding.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Access {
    Uniform,
    Read,
    Write,
}

/// One permutation of a shader, as build.rs composed it.
#[derive(Debug)]
struct Shader {
    /// `stem+variant+variant`.
    name: &'static str,
    stem: &'static str,
    variants: &'static [&'static str],
    wgsl: &'static str,
    /// Those of group 0, numbered in this order.
    bindings: &'static [(&'static str, Access)],
    /// Whether group 1 is a chunk of feature rows.
    chunked: bool,
    /// Names of override constants.
    constants: &'static [&'static str],
}

const SHADERS: &[Shader] = include!(concat!(env!("OUT_DIR"), "/shaders.rs"));

/// A bind group layout with these bindings, in order.
pub(crate) fn layout(
    device: &wgpu::Device,
    name: &str,
    bindings: impl Iterator<Item = Access>,
) -> wgpu::BindGroupLayout {
    let ty = |access| match access {
        Access::Uniform => wgpu::BufferBindingType::Uniform,
        Access::Read => wgpu::BufferBindingType::Storage { read_only: true },
        Access::Write => wgpu::BufferBindingType::Storage { read_only: false },
    };
    let entries: Vec<_> = (0u32..)
        .zip(bindings)
        .map(|(binding, access)| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer {
                ty: ty(access),
                has_dynamic_offset: false,
                min_binding_size: None,
            },
            count: None,
        })
        .collect();
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some(name),
        entries: &entries,
    })
}

/// A bind group of these buffers, in order.
pub(crate) fn bind_group(
    device: &wgpu::Device,
    name: &str,
    layout: &wgpu::BindGroupLayout,
    buffers: &[wgpu::BufferBinding<'_>],
) -> wgpu::BindGroup {
    let entries: Vec<_> = (0u32..)
        .zip(buffers)
        .map(|(binding, buffer)| wgpu::BindGroupEntry {
            binding,
            resource: wgpu::BindingResource::Buffer(buffer.clone()),
        })
        .collect();
    device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some(name),
        layout,
        entries: &entries,
    })
}

/// A kernel with its buffers.
#[derive(Clone, Debug)]
pub(crate) struct BoundKernel {
    pipeline: wgpu::ComputePipeline,
    group: wgpu::BindGroup,
    grid: Grid,
}

impl BoundKernel {
    /// Records the kernel over the rows of one call.
    pub fn record(&self, pass: &mut Recorder<'_, '_>, rows: u32) {
        self.record_each(pass, rows, 1);
    }

    /// Records the kernel over this many rows of each of many graphs.
    pub fn record_each(&self, pass: &mut Recorder<'_, '_>, rows: u32, graphs: u32) {
        self.record_groups(pass, self.grid.workgroups(rows, graphs));
    }

    /// Records a kernel that reads feature rows, over those of one chunk; its work is as in
    /// [`Self::record_work`].
    pub fn record_chunk(
        &self,
        pass: &mut Recorder<'_, '_>,
        chunk: &wgpu::BindGroup,
        workgroups: [u32; 3],
        work: u64,
    ) {
        self.dispatch(pass, Some(chunk), workgroups, work);
    }

    pub fn record_groups(&self, pass: &mut Recorder<'_, '_>, workgroups: [u32; 3]) {
        self.dispatch(pass, None, workgroups, 0);
    }

    /// Records a kernel whose work, in multiply-adds or as many for the bytes that it reads, counts
    /// for where a part of the recording ends.
    pub fn record_work(&self, pass: &mut Recorder<'_, '_>, workgroups: [u32; 3], work: u64) {
        self.dispatch(pass, None, workgroups, work);
    }

    fn dispatch(
        &self,
        pass: &mut Recorder<'_, '_>,
        chunk: Option<&wgpu::BindGroup>,
        workgroups: [u32; 3],
        work: u64,
    ) {
        pass.dispatch(&Dispatch {
            pipeline: &self.pipeline,
            group: &self.group,
            chunk,
            workgroups,
            work,
        });
    }

    /// The workgroups that take these rows.
    pub fn workgroups(&self, rows: u32) -> [u32; 3] {
        self.grid.workgroups(rows, 1)
    }
}
