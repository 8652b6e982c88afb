//! How fast the device's f32 arithmetic is: chains of multiply-adds from registers. One dispatch;
//! 192 multiply-adds a lane for each sixteen turns.

use super::data::noise;
use crate::{
    Result,
    guard::guarded,
    kernel::{Access, Kernel, Source, shader},
    profile::{Timing, timed},
};

/// Lanes of a workgroup.
const THREADS: u32 = 256;
/// Chains of a lane.
const CHAINS: u64 = 12;

/// Chains of multiply-adds in many lanes.
#[derive(Debug)]
pub struct FmaCeiling {
    device: wgpu::Device,
    kernel: Kernel,
    bound: wgpu::BindGroup,
    groups: u32,
    sixteens: u32,
    outcome: wgpu::Buffer,
}

impl FmaCeiling {
    /// `groups` workgroups of 256 lanes that start from random numbers and make 16 · `sixteens`
    /// turns.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn new(
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        groups: u32,
        sixteens: u32,
    ) -> Result<Self> {
        let numbers = start(groups);
        let size = size_of_val(numbers.as_slice()) as u64;
        let make = |label| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size,
                usage: wgpu::BufferUsages::STORAGE
                    | wgpu::BufferUsages::COPY_DST
                    | wgpu::BufferUsages::COPY_SRC,
                mapped_at_creation: false,
            })
        };
        let (start, outcome) = guarded(device, 2 * size, || {
            (make("gstds chains"), make("gstds ends of chains"))
        })?;
        queue.write_buffer(&start, 0, bytemuck::cast_slice(&numbers));
        let kernel = Kernel::new(
            device,
            &Source {
                name: "gstds fma ceiling",
                wgsl: shader("fma_ceiling", &[]),
                bindings: &[Access::Read, Access::Write],
                constants: &[("sixteens", f64::from(sixteens))],
            },
        );
        Ok(Self {
            device: device.clone(),
            bound: kernel.bind_all(device, &[&start, &outcome]),
            kernel,
            groups,
            sixteens,
            outcome,
        })
    }

    /// Multiply-adds of one run.
    #[must_use]
    pub fn multiply_adds(&self) -> u64 {
        let turns = 16 * u64::from(self.sixteens);
        u64::from(self.groups * THREADS) * CHAINS * turns
    }

    /// Runs all chains once and waits.
    ///
    /// # Errors
    /// [`Error::ReadBack`](crate::Error::ReadBack).
    pub fn run(&self, queue: &wgpu::Queue) -> Result<Timing> {
        timed(&self.device, queue, |encoder, timestamp_writes| {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                label: Some("gstds fma ceiling"),
                timestamp_writes,
            });
            self.kernel.record(&mut pass, &self.bound, [self.groups, 1]);
            Ok(())
        })
    }

    /// Where the ends of the chains lie: four sums of three chains for each lane.
    #[must_use]
    pub fn outcome(&self) -> &wgpu::Buffer {
        &self.outcome
    }
}

/// Four numbers for each lane.
fn start(groups: u32) -> Vec<f32> {
    (0..groups * THREADS * 4).map(noise).collect()
}

/// The twin in f64.
pub fn twin(groups: u32, sixteens: u32) -> Vec<f64> {
    let lane = |given: &[f32]| {
        let a = f64::from(given[0] / 4096.0 - 1.0);
        let b = f64::from(given[1]);
        let end = |from: usize| {
            let start = f64::from(given[from % 4]);
            (0..16 * sixteens).fold(start, |x, _| x.mul_add(a, b))
        };
        // The third chain of a component starts two components on.
        [0, 1, 2, 3].map(|at| end(at) + end(at + 1) + end(at + 2))
    };
    start(groups).chunks(4).flat_map(lane).collect()
}
