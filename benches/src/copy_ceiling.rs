//! The bandwidth of the device's memory: one buffer copied to another. One dispatch; reads and
//! writes its size.

use crate::{
    ceiling_kernel::{CeilingKernel, KernelSource},
    data::noise,
};
use gstds::{Result, adapter::Gpu, profile::Timing};

/// Quads that a workgroup copies.
const QUADS: u64 = 256 * 4;
/// Numbers uploaded at once.
const CHUNK: u64 = 1 << 20;

/// A copy between two buffers of one size.
#[derive(Debug)]
pub struct CopyCeiling {
    kernel: CeilingKernel,
    original: wgpu::Buffer,
    duplicate: wgpu::Buffer,
}

impl CopyCeiling {
    /// Two buffers of `bytes` bytes, a multiple of 16; the first is filled with random numbers.
    ///
    /// # Errors
    /// [`Error::DeviceLimit`](gstds::Error::DeviceLimit) and
    /// [`Error::OutOfMemory`](gstds::Error::OutOfMemory).
    pub fn new(gpu: &Gpu, bytes: u64) -> Result<Self> {
        let original = gpu.storage_buffer("gstds copy original", bytes)?;
        let duplicate = gpu.storage_buffer("gstds copy duplicate", bytes)?;
        for first in (0..bytes / 4).step_by(CHUNK as usize) {
            let last = (first + CHUNK).min(bytes / 4);
            let numbers: Vec<f32> = (first..last).map(|at| noise(at as u32)).collect();
            gpu.queue
                .write_buffer(&original, first * 4, bytemuck::cast_slice(&numbers));
        }
        let source = KernelSource {
            name: "gstds copy ceiling",
            wgsl: include_str!("../shaders/copy_ceiling.wgsl"),
            constants: &[],
        };
        let workgroups = (bytes / 16).div_ceil(QUADS) as u32;
        let buffers = [&original, &duplicate];
        Ok(Self {
            kernel: CeilingKernel::new(&gpu.device, &source, buffers, workgroups),
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
    /// [`Error::ReadBack`](gstds::Error::ReadBack).
    pub fn run(&self, queue: &wgpu::Queue) -> Result<Timing> {
        self.kernel.run(queue)
    }

    /// The buffer copied to.
    #[must_use]
    pub fn duplicate(&self) -> &wgpu::Buffer {
        &self.duplicate
    }

    /// What a copy of `bytes` bytes must hold.
    #[must_use]
    pub fn twin(bytes: u64) -> Vec<f32> {
        (0..bytes as u32 / 4).map(noise).collect()
    }
}
