//! How fast the device's memory is: one buffer copied to another. One dispatch; reads and writes
//! its size.

use super::data::noise;
use crate::{
    Result,
    guard::guarded,
    kernel::{Access, Kernel, Source, shader},
    profile::{Timing, timed},
};

/// Quads that a workgroup copies.
const QUADS: u64 = 256 * 4;
/// Numbers uploaded at once.
const CHUNK: u64 = 1 << 20;

/// A copy between two buffers of one size.
#[derive(Debug)]
pub struct CopyCeiling {
    device: wgpu::Device,
    kernel: Kernel,
    bound: wgpu::BindGroup,
    original: wgpu::Buffer,
    duplicate: wgpu::Buffer,
}

impl CopyCeiling {
    /// Two buffers of `bytes` bytes, a multiple of 16; the first is filled with random numbers.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue, bytes: u64) -> Result<Self> {
        let make = |label| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size: bytes,
                usage: wgpu::BufferUsages::STORAGE
                    | wgpu::BufferUsages::COPY_DST
                    | wgpu::BufferUsages::COPY_SRC,
                mapped_at_creation: false,
            })
        };
        let (original, duplicate) = guarded(device, 2 * bytes, || {
            (make("gstds copy original"), make("gstds copy duplicate"))
        })?;
        for first in (0..bytes / 4).step_by(CHUNK as usize) {
            let last = (first + CHUNK).min(bytes / 4);
            let numbers: Vec<f32> = (first..last).map(|at| noise(at as u32)).collect();
            queue.write_buffer(&original, first * 4, bytemuck::cast_slice(&numbers));
        }
        let kernel = Kernel::new(
            device,
            &Source {
                name: "gstds copy ceiling",
                wgsl: shader("copy_ceiling", &[]),
                bindings: &[Access::Read, Access::Write],
                constants: &[],
            },
        );
        Ok(Self {
            device: device.clone(),
            bound: kernel.bind_all(device, &[&original, &duplicate]),
            kernel,
            original,
            duplicate,
        })
    }

    /// Bytes that one run reads and writes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        2 * self.original.size()
    }

    /// Copies once and waits.
    ///
    /// # Errors
    /// [`Error::ReadBack`](crate::Error::ReadBack).
    pub fn run(&self, queue: &wgpu::Queue) -> Result<Timing> {
        let groups = (self.original.size() / 16).div_ceil(QUADS) as u32;
        timed(&self.device, queue, |encoder, timestamp_writes| {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                label: Some("gstds copy ceiling"),
                timestamp_writes,
            });
            self.kernel.record(&mut pass, &self.bound, [groups, 1]);
            Ok(())
        })
    }

    /// Where the copy lies.
    #[must_use]
    pub fn duplicate(&self) -> &wgpu::Buffer {
        &self.duplicate
    }
}

/// The twin: what the copy must hold.
pub fn twin(bytes: u64) -> Vec<f32> {
    (0..bytes as u32 / 4).map(noise).collect()
}
